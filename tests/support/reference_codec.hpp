// SPDX-License-Identifier: MIT
//
// Encoders and decoders written a second time, in another way: values in double precision by ldexp, codes by looking
// for the neighbours of x in a sorted list. Slow, and independent of the library's.
#ifndef DETENT_TESTS_SUPPORT_REFERENCE_CODEC_HPP
#define DETENT_TESTS_SUPPORT_REFERENCE_CODEC_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/data.hpp"

namespace test {

/// Codes in ascending order of value, and the middle between each and the next: exact in double.
struct ladder {
  std::vector<double> middle;
  std::vector<bool> tie_goes_up;
  std::vector<std::uint32_t> code;

  void add(double value, std::uint32_t c) {
    value_.push_back(value);
    code.push_back(c);
  }

  /// `up(k)` says whether the tie between entries k and k + 1 takes the upper one.
  template <class Up>
  void finish(Up&& up) {
    for (std::size_t k = 0; k + 1 < code.size(); ++k) {
      middle.push_back((value_[k] + value_[k + 1]) / 2);
      tie_goes_up.push_back(up(k));
    }
  }

  const std::vector<double>& values() const { return value_; }

  bool passes(std::size_t k, double x) const { return x > middle[k] || (x == middle[k] && tie_goes_up[k]); }

  /// `hint` is the last answer: neighbouring questions have neighbouring answers.
  std::size_t rank(double x, std::size_t& hint) const {
    if (hint + 32 < middle.size() && passes(hint + 32, x)) hint = search(x);
    if (hint > 32 && !passes(hint - 32, x)) hint = search(x);
    while (hint < middle.size() && passes(hint, x)) ++hint;
    while (hint > 0 && !passes(hint - 1, x)) --hint;
    return hint;
  }

 private:
  std::size_t search(double x) const {
    return static_cast<std::size_t>(std::lower_bound(middle.begin(), middle.end(), x) - middle.begin());
  }

  std::vector<double> value_;
};

enum class special { ieee, fn, fnuz, none };

/// A small float of `e` exponent bits and `m` mantissa bits.
class reference_minifloat {
 public:
  reference_minifloat(int e, int m, int bias, special kind, bool saturate)
      : e_(e), m_(m), bias_(bias), kind_(kind), saturate_(saturate), sign_(1u << (e + m)) {
    for (std::uint32_t code = 0; code < sign_ && std::isfinite(decode(code)); ++code) {
      grid_.add(decode(code), code);
      greatest_ = code;
    }
    const std::vector<double>& v = grid_.values();
    const double step = v[greatest_] - v[greatest_ - 1];
    grid_.add(v[greatest_] + step, greatest_ + 1);  // the grid goes on above
    grid_.finish([&](std::size_t k) { return (grid_.code[k] & 1) != 0; });
  }

  int bits() const { return 1 + e_ + m_; }

  double decode(std::uint32_t code) const {
    const bool negative = (code & sign_) != 0;
    const std::uint32_t rest = code & (sign_ - 1);
    const std::uint32_t mantissa = rest & mantissa_mask();
    const int exponent = static_cast<int>(rest >> m_);
    const int all_ones = (1 << e_) - 1;
    if (kind_ == special::fnuz && negative && rest == 0) return std::numeric_limits<double>::quiet_NaN();
    if (kind_ == special::fn && rest == sign_ - 1) return std::numeric_limits<double>::quiet_NaN();
    if (kind_ == special::ieee && exponent == all_ones) {
      if (mantissa != 0) return std::numeric_limits<double>::quiet_NaN();
      return negative ? -HUGE_VAL : HUGE_VAL;
    }
    const double magnitude =
        exponent == 0 ? std::ldexp(mantissa, 1 - bias_ - m_) : std::ldexp(mantissa + (1u << m_), exponent - bias_ - m_);
    return negative ? -magnitude : magnitude;
  }

  std::uint32_t encode(float x, std::size_t& hint) const {
    const std::uint32_t negative = std::signbit(x) ? sign_ : 0;
    if (std::isnan(x)) {
      switch (kind_) {
        case special::ieee: {
          const std::uint32_t quiet = ((1u << e_) - 1) << m_ | 1u << (m_ - 1);
          const std::uint32_t payload = e_ == 8 ? (as_bits(x) & 0x7FFFFF) >> (23 - m_) : 0;
          return negative | quiet | payload;
        }
        case special::fn:
          return negative | (sign_ - 1);
        case special::fnuz:
          return sign_;
        case special::none:
          return 0;
      }
    }
    if (std::isinf(x) && kind_ == special::fnuz) return sign_;
    const std::uint32_t code = grid_.code[grid_.rank(std::fabs(static_cast<double>(x)), hint)];
    if (code == 0 && kind_ == special::fnuz) return 0;
    if (code <= greatest_) return negative | code;
    if (saturate_) return negative | greatest_;
    if (kind_ == special::fnuz) return sign_;
    return negative | (kind_ == special::ieee ? greatest_ + 1 : sign_ - 1);
  }

  std::uint32_t encode(float x) const {
    std::size_t hint = 0;
    return encode(x, hint);
  }

  const ladder& grid() const { return grid_; }

 private:
  std::uint32_t mantissa_mask() const { return (1u << m_) - 1; }

  int e_, m_, bias_;
  special kind_;
  bool saturate_;
  std::uint32_t sign_;
  std::uint32_t greatest_ = 0;
  ladder grid_;
};

enum class tie { even, away };

/// Whole numbers least … greatest, stored as number + offset in `bits` bits.
class reference_integer {
 public:
  reference_integer(int bits, int least, int greatest, int offset, tie ties) : bits_(bits), offset_(offset) {
    for (int n = least; n <= greatest; ++n) grid_.add(n, code_of(n));
    grid_.finish([&](std::size_t k) {
      const int lower = least + static_cast<int>(k);
      return ties == tie::even ? lower % 2 != 0 : lower >= 0;
    });
  }

  std::uint32_t encode(float x, std::size_t& hint) const {
    if (std::isnan(x)) return code_of(0);
    return grid_.code[grid_.rank(static_cast<double>(x), hint)];
  }
  std::uint32_t encode(float x) const {
    std::size_t hint = 0;
    return encode(x, hint);
  }

  const ladder& grid() const { return grid_; }

 private:
  std::uint32_t code_of(int n) const { return static_cast<std::uint32_t>(n + offset_) & ((1u << bits_) - 1); }

  int bits_;
  int offset_;
  ladder grid_;
};

/// A codebook whose ties take the lower value, with midpoints rounded to fp32. NaN has the lowest.
class reference_table {
 public:
  explicit reference_table(const std::vector<float>& values) {
    std::vector<std::uint32_t> order(values.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
    for (const std::uint32_t c : order) grid_.add(static_cast<double>(values[c]), c);
    grid_.finish([](std::size_t) { return false; });
    for (double& m : grid_.middle) m = static_cast<double>(static_cast<float>(m));
  }

  std::uint32_t encode(float x, std::size_t& hint) const {
    if (std::isnan(x)) return grid_.code[0];
    return grid_.code[grid_.rank(static_cast<double>(x), hint)];
  }
  std::uint32_t encode(float x) const {
    std::size_t hint = 0;
    return encode(x, hint);
  }

  const ladder& grid() const { return grid_; }

 private:
  ladder grid_;
};

enum class power { up, down, nearest };

/// 2^(code - 127) for positive numbers.
class reference_e8m0 {
 public:
  explicit reference_e8m0(power toward) {
    for (std::uint32_t code = 0; code < 255; ++code) grid_.add(std::ldexp(1.0, static_cast<int>(code) - 127), code);
    grid_.finish([&](std::size_t) { return toward != power::up; });
    for (std::size_t k = 0; k + 1 < 255; ++k) {
      if (toward == power::up) grid_.middle[k] = grid_.values()[k];
      if (toward == power::down) grid_.middle[k] = grid_.values()[k + 1];
    }
  }

  std::uint32_t encode(float x, std::size_t& hint) const {
    if (std::isnan(x) || x < 0) return 255;
    return grid_.code[grid_.rank(static_cast<double>(x), hint)];
  }
  std::uint32_t encode(float x) const {
    std::size_t hint = 0;
    return encode(x, hint);
  }

  const ladder& grid() const { return grid_; }

 private:
  ladder grid_;
};

/// Around every middle, value and end of a ladder, the numbers where encoders go wrong, and random bit patterns.
inline std::vector<float> trials(const ladder& grid, std::size_t random) {
  std::vector<float> x;
  const auto around = [&](double at) {
    const auto nearest = static_cast<float>(at);
    const float below = std::nextafterf(nearest, -HUGE_VALF);
    const float above = std::nextafterf(nearest, HUGE_VALF);
    for (const float y : {below, nearest, above, -below, -nearest, -above}) x.push_back(y);
  };
  for (const double m : grid.middle) around(m);
  for (const double v : grid.values()) around(v);
  for (const double power : {-149, -148, -140, -130, -127, -126, -125, -24, 24, 30, 31, 32, 63, 64, 126, 127}) {
    around(std::ldexp(1.0, static_cast<int>(power)));
  }
  around(static_cast<double>(std::numeric_limits<float>::max()));
  for (const std::uint32_t bits :
       {0u,          0x80000000u, 1u,          0x80000001u, 0x007FFFFFu, 0x807FFFFFu, 0x00800000u,
        0x80800000u, 0x7F7FFFFFu, 0xFF7FFFFFu, 0x7F800000u, 0xFF800000u, 0x7FC00000u, 0xFFC00000u,
        0x7F800001u, 0xFF800001u, 0x7FFFFFFFu, 0xFFFFFFFFu, 0x3F000000u, 0xBF000000u}) {
    x.push_back(as_float(bits));
  }
  words next(2024);
  for (std::size_t i = 0; i < random; ++i) x.push_back(as_float(next()));
  // Most random patterns are far from the codes: the same again, within their range.
  const double greatest = grid.values().back();
  for (std::size_t i = 0; i < random / 2; ++i) {
    x.push_back(static_cast<float>((static_cast<double>(next()) / 2147483648.0 - 1) * greatest * 1.1));
  }
  return x;
}

}  // namespace test

#endif
