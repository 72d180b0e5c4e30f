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

std::string printable(const std::string& name) {
  std::string shown;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    const auto next = static_cast<unsigned char>(i + 1 < name.size() ? name[i + 1] : 0);
    const bool escaped = c == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 ... U+009F
    shown += c < 0x20 || c == 0x7F || escaped ? '?' : name[i];
    if (escaped) ++i;
  }
  return shown;
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

void progress::end_part() {
  part_begin_ = part_end_;
  done_ = part_end_;
  show(part_end_);
}

void progress::add(std::uint64_t done) {
  const std::uint64_t now = done_ += done;
  show(now < part_end_ ? now : part_end_);
}

void progress::show(std::uint64_t now) {
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

// What the signal handler reads: a fixed buffer and flags, nothing that allocates.
char file_to_remove[4096];
volatile std::sig_atomic_t has_file_to_remove = 0;
volatile std::sig_atomic_t holding = 0;
volatile std::sig_atomic_t held_signal = 0;

extern "C" void interrupted(int signal) {
  if (holding != 0) {
    held_signal = signal;
    return;
  }
  if (has_file_to_remove != 0) unlink(file_to_remove);
  _exit(128 + signal);
}

}  // namespace

void hold_interruptions() {
  holding = 1;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(signal, interrupted) == SIG_IGN) std::signal(signal, SIG_IGN);  // as under nohup
  }
  std::signal(SIGXFSZ, SIG_IGN);
}

void remove_when_interrupted(const std::string& path) {
  if (path.size() >= sizeof file_to_remove) detent::fail("the path of the temporary file is too long: ", path.size());
  has_file_to_remove = 0;
  std::memcpy(file_to_remove, path.c_str(), path.size() + 1);
  has_file_to_remove = path.empty() ? 0 : 1;
  holding = 0;
  if (held_signal != 0) interrupted(held_signal);
}

}  // namespace program
