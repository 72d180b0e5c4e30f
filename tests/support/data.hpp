// SPDX-License-Identifier: MIT
//
// The golden data and the input generator that belongs to it.
#ifndef DETENT_TESTS_SUPPORT_DATA_HPP
#define DETENT_TESTS_SUPPORT_DATA_HPP

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

inline std::string read_file(const std::string& name) {
  const std::string path = std::string(DETENT_TEST_DATA) + "/" + name;
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

using csv_row = std::vector<std::string>;

/// Rows of a file without its heading.
inline std::vector<csv_row> read_csv(const std::string& name) {
  std::istringstream in(read_file(name));
  std::vector<csv_row> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    csv_row row{""};
    for (const char c : line) {
      if (c == ',')
        row.emplace_back();
      else
        row.back() += c;
    }
    rows.push_back(row);
  }
  if (rows.empty()) throw std::runtime_error(name + " is empty");
  return rows;
}

inline std::uint32_t hex(const std::string& text) { return static_cast<std::uint32_t>(std::stoul(text, nullptr, 16)); }

inline std::vector<std::uint8_t> hex_bytes(const std::string& text) {
  std::vector<std::uint8_t> values;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    values.push_back(static_cast<std::uint8_t>(hex(text.substr(i, 2))));
  }
  return values;
}

inline float as_float(std::uint32_t bits) {
  float x = 0;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

inline std::uint32_t as_bits(float x) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

/// Big-endian words of fp32 numbers.
inline std::vector<float> hex_floats(const std::string& text) {
  std::vector<float> x;
  for (std::size_t i = 0; i + 7 < text.size(); i += 8) x.push_back(as_float(hex(text.substr(i, 8))));
  return x;
}

/// The generator of the golden data: sums of four draws of a linear congruential generator, nearly normal.
inline std::vector<float> vec(std::uint32_t seed, std::size_t n, float scale) {
  std::vector<float> x(n);
  std::uint32_t state = seed;
  for (float& element : x) {
    std::int64_t sum = 0;
    for (int draw = 0; draw < 4; ++draw) {
      state = 1664525u * state + 1013904223u;
      sum += state >> 12;
    }
    element = static_cast<float>(sum - 2097152) / 1048576.0f * scale;
  }
  return x;
}

/// "vec(7,32,1)" as the golden data name their input.
inline std::vector<float> vec_of_name(const std::string& name) {
  unsigned seed = 0;
  unsigned long n = 0;
  double scale = 0;
  if (std::sscanf(name.c_str(), "vec(%u,%lu,%lf)", &seed, &n, &scale) != 3) throw std::runtime_error(name);
  return vec(seed, n, static_cast<float>(scale));
}

/// Uniform 32-bit words, for random bit patterns.
class words {
 public:
  explicit words(std::uint64_t seed) : state_(seed) {}
  std::uint32_t operator()() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    const std::uint64_t x = state_ ^ (state_ >> 29);
    return static_cast<std::uint32_t>(x * 0x9E3779B97F4A7C15u >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace test

#endif
