// SPDX-License-Identifier: MIT
#include "terminal.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

#include "detent/core/error.hpp"

namespace program {

std::uint64_t anonymous_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::strtoull(line.c_str() + 8, nullptr, 10) * 1024;
  }
  return 0;
}

std::string human_bytes(std::uint64_t bytes) {
  char text[32];
  if (bytes < 1000) {
    std::snprintf(text, sizeof text, "%llu B", static_cast<unsigned long long>(bytes));
  } else if (bytes < 1000 * 1000) {
    std::snprintf(text, sizeof text, "%.1f kB", static_cast<double>(bytes) / 1e3);
  } else if (bytes < 1000 * 1000 * 1000) {
    std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  } else {
    std::snprintf(text, sizeof text, "%.2f GB", static_cast<double>(bytes) / 1e9);
  }
  return text;
}

progress::progress(std::string title, std::uint64_t total)
    : title_(std::move(title)), total_(total), terminal_(isatty(STDERR_FILENO) == 1) {
  peak_ = anonymous_bytes();
}

progress::~progress() {
  if (terminal_) std::fprintf(stderr, "\r\033[K");
}

void progress::add(std::uint64_t done) {
  const std::uint64_t now = done_ += done;
  const unsigned percent = total_ == 0 ? 100 : static_cast<unsigned>(100 * (now < total_ ? now : total_) / total_);
  unsigned before = percent_.load();
  if (percent <= before || !percent_.compare_exchange_strong(before, percent)) return;
  const std::uint64_t held = anonymous_bytes();
  for (std::uint64_t peak = peak_; held > peak && !peak_.compare_exchange_weak(peak, held);) continue;
  if (terminal_) draw(percent);
}

void progress::draw(unsigned percent) const {
  constexpr unsigned width = 40;
  const std::string bar = std::string(percent * width / 100, '=') + std::string(width - percent * width / 100, ' ');
  std::fprintf(stderr, "\r%s [%s] %3u %%", title_.c_str(), bar.c_str(), percent);
}

namespace {

// What the signal handler reads: a fixed buffer and a flag, nothing that allocates.
char file_to_remove[4096];
volatile std::sig_atomic_t has_file_to_remove = 0;

extern "C" void interrupted(int signal) {
  if (has_file_to_remove != 0) unlink(file_to_remove);
  _exit(128 + signal);
}

}  // namespace

void remove_when_interrupted(const std::string& path) {
  has_file_to_remove = 0;
  if (path.empty()) return;
  if (path.size() >= sizeof file_to_remove) detent::fail("the path of the temporary file is too long: ", path.size());
  std::memcpy(file_to_remove, path.c_str(), path.size() + 1);
  has_file_to_remove = 1;
  std::signal(SIGINT, interrupted);
  std::signal(SIGTERM, interrupted);
}

}  // namespace program
