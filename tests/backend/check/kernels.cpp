// SPDX-License-Identifier: MIT
//
// Every backend's encoder and decoder of every format against the scalar ones, bit for bit.
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "backend/check/each.hpp"
#include "backend/check/inputs.hpp"

namespace checks {
namespace {

/// Parameters of up to 1025 groups.
struct parameters {
  std::vector<float> factor = std::vector<float>(1025);
  std::vector<float> shift = std::vector<float>(1025);
  std::vector<std::int32_t> zero = std::vector<std::int32_t>(1025);

  explicit parameters(generator random) {
    for (std::size_t g = 0; g < factor.size(); ++g) {
      factor[g] =
          std::ldexp(static_cast<float>(static_cast<std::int32_t>(random())), -31 - static_cast<int>(random() % 9));
      shift[g] = std::ldexp(static_cast<float>(static_cast<std::int32_t>(random())), -31);
      zero[g] = static_cast<std::int32_t>(random() % 256) - 128;
    }
    factor[3] = 0;
    factor[4] = detent::detail::f32_max;
    factor[5] = 0x1p-140f;
    factor[6] = float_of(detent::detail::f32_infinity);
  }
};

/// Copies of exactly as many parameters as there are groups.
struct exact_parameters {
  exact_array<float> factor;
  exact_array<float> shift;
  exact_array<std::int32_t> zero;
  detent::group_factors by;

  exact_parameters(const parameters& p, std::size_t groups)
      : factor(p.factor.data(), groups, 0),
        shift(p.shift.data(), groups, 0),
        zero(p.zero.data(), groups, 0),
        by{factor.data(), shift.data(), zero.data(), 7.874015718698502e-3f} {}
};

std::string where(const char* what, std::size_t n, std::size_t group, std::size_t i) {
  return std::string(what) + ", n = " + std::to_string(n) + ", group = " + std::to_string(group) + ", element " +
         std::to_string(i);
}

void same_codes(const kernel& scalar, const kernel& k, const float* x, std::size_t n, std::size_t group,
                const detent::group_factors& by, std::size_t offset, const detent::detail::random_run* random) {
  const exact_array<float> exact(x, n, offset % 16);
  guarded_bytes a(n * k.code_size, offset * k.code_size);
  guarded_bytes b = a;
  if (random == nullptr) {
    scalar.encode(exact.data(), n, group, by, a.data());
    k.encode(exact.data(), n, group, by, b.data());
  } else {
    scalar.encode_at_random(exact.data(), n, group, by, *random, a.data());
    k.encode_at_random(exact.data(), n, group, by, *random, b.data());
  }
  if (a == b) return;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t expected = code_at(a.data(), k.code_size, i);
    INFO(where(random == nullptr ? "encoding" : "encoding at random", n, group, i)
         << ", x = " << std::hex << bits_of(x[i]));
    if (expected != code_at(b.data(), k.code_size, i)) REQUIRE(code_at(b.data(), k.code_size, i) == expected);
  }
  FAIL("encoding wrote beyond the codes");
}

/// To nearest, and at random.
void same_codes(const kernel& scalar, const kernel& k, const float* x, std::size_t n, std::size_t group,
                const detent::group_factors& by, std::size_t offset) {
  same_codes(scalar, k, x, n, group, by, offset, nullptr);
  if (scalar.encode_at_random == nullptr) return;
  const detent::detail::random_run random{detent::detail::key_of(n, group), static_cast<std::uint32_t>(offset * n)};
  same_codes(scalar, k, x, n, group, by, offset, &random);
}

/// The same with stores past the caches, of groups of whole lines to a line.
void same_values_past_caches(const kernel& scalar, const kernel& k, const std::uint8_t* codes, std::size_t n,
                             std::size_t group, const detent::group_factors& by) {
  if (group < n && group * sizeof(float) % guarded_bytes::guard != 0) return;
  guarded_bytes a(n * sizeof(float), 0);
  guarded_bytes b = a;
  scalar.decode(codes, n, group, by, reinterpret_cast<float*>(a.data()));
  k.decode_past_caches(codes, n, group, by, reinterpret_cast<float*>(b.data()));
  INFO(n << " past the caches, groups of " << group);
  if (!(a == b)) FAIL("decoding past the caches: other values");
}

void same_halves(const kernel& scalar, const kernel& k, const std::uint8_t* codes, std::size_t n, std::size_t group,
                 const detent::group_factors& by) {
  for (int i = 0; i < 2; ++i) {
    if (k.decode_as[i] == nullptr) return;
    std::vector<std::uint16_t> a(n + 1), b(n + 1);
    scalar.decode_as[i](codes, n, group, by, a.data());
    k.decode_as[i](codes, n, group, by, b.data());
    INFO(n << " to " << (i == 0 ? "fp16" : "bf16") << ", groups of " << group);
    if (a != b) FAIL("decoding to halves: other codes");
  }
}

/// Straight from bytes, if the backend does it for these groups; else it must have written nothing.
void same_values_of_pairs(const kernel& scalar, const kernel& k, const std::uint8_t* codes, std::size_t n,
                          std::size_t group, const detent::group_factors& by, std::size_t offset) {
  if (k.decode_pairs[0] == nullptr) return;
  for (const bool high : {false, true}) {
    std::vector<std::uint8_t> bytes((n + 1) / 2);
    for (std::size_t i = 0; i < n; ++i)
      bytes[i / 2] = static_cast<std::uint8_t>(bytes[i / 2] | codes[i] << ((i % 2 != 0) != high ? 4 : 0));
    const exact_array<std::uint8_t> exact(bytes.data(), bytes.size(), offset % 16);
    for (const bool past_caches : {false, true}) {
      if (past_caches && group < n && group * sizeof(float) % guarded_bytes::guard != 0) continue;
      guarded_bytes a(n * sizeof(float), past_caches ? 0 : offset % 16 * sizeof(float));
      guarded_bytes b = a;
      if (k.decode_pairs[high](exact.data(), n, group, by, reinterpret_cast<float*>(b.data()), past_caches))
        scalar.decode(codes, n, group, by, reinterpret_cast<float*>(a.data()));
      INFO(n << " from bytes of two, groups of " << group << (high ? ", high half first" : "")
             << (past_caches ? ", past the caches" : ""));
      if (!(a == b)) FAIL("decoding from bytes: other values");
    }
  }
}

void same_values(const kernel& scalar, const kernel& k, const std::uint8_t* codes, std::size_t n, std::size_t group,
                 const detent::group_factors& by, std::size_t offset) {
  const exact_array<std::uint8_t> exact(codes, n * k.code_size, offset % 16 * k.code_size);
  guarded_bytes a(n * 4, offset % 16 * 4);
  guarded_bytes b = a;
  scalar.decode(exact.data(), n, group, by, reinterpret_cast<float*>(a.data()));
  k.decode(exact.data(), n, group, by, reinterpret_cast<float*>(b.data()));
  same_values_past_caches(scalar, k, codes, n, group, by);
  same_halves(scalar, k, codes, n, group, by);
  same_values_of_pairs(scalar, k, codes, n, group, by, offset);
  if (a == b) return;
  for (std::size_t i = 0; i < n; ++i) {
    INFO(where("decoding", n, group, i) << ", code " << code_at(codes, k.code_size, i));
    if (code_at(a.data(), 4, i) != code_at(b.data(), 4, i)) REQUIRE(code_at(b.data(), 4, i) == code_at(a.data(), 4, i));
  }
  FAIL("decoding wrote beyond the values");
}

/// All codes up to 16 bits, as an array of code_size.
std::vector<std::uint8_t> codes_for(const kernel& k, std::size_t at_least) {
  std::vector<std::uint8_t> codes;
  generator random;
  const std::uint64_t count = std::uint64_t{1} << k.bits;
  const std::size_t n = std::max<std::size_t>(at_least, k.bits <= 16 ? count : 0);
  for (std::size_t i = 0; i < n; ++i) {
    const auto code = static_cast<std::uint32_t>(i < count && k.bits <= 16 ? i : random() & (count - 1));
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&code);
    codes.insert(codes.end(), bytes, bytes + k.code_size);
  }
  return codes;
}

}  // namespace

TEST_CASE("kernels decide as the scalar ones do") {
  for_each_pair(&backend_under_test::kernels, [](const kernel& scalar, const kernel& k) {
    const neutral n;
    std::vector<float> x = deciding_floats(scalar);
    same_codes(scalar, k, x.data(), x.size(), x.size(), n.by, 0);
    const std::vector<std::uint8_t> codes = codes_for(k, 1000);
    same_values(scalar, k, codes.data(), codes.size() / k.code_size, codes.size(), n.by, 0);
  });
}

/// Numbers between neighbours of the format for which their own random bits only just decide.
std::vector<float> floats_on_edges(const kernel& scalar, const detent::detail::random_run& random, std::size_t n) {
  const neutral same;
  const std::vector<std::uint8_t> codes = codes_for(scalar, scalar.bits <= 16 ? 0 : 1000);
  std::vector<float> values(codes.size() / scalar.code_size);
  scalar.decode(codes.data(), values.size(), values.size(), same.by, values.data());
  std::erase_if(values, [](float v) { return !std::isfinite(v); });
  std::sort(values.begin(), values.end());
  std::vector<float> x;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t at = i * 7919 % (values.size() - 1);
    const double below = values[at], above = values[at + 1];
    const double part = detent::detail::random_bits(random.key, random.first + static_cast<std::uint32_t>(i)) * 0x1p-32;
    const bool lower = i % 2 == 0;
    auto edge = static_cast<float>(below + (above - below) * (lower ? part : 1 - part));
    if (i % 6 / 2 != 0) edge = std::nextafter(edge, i % 6 / 2 == 1 ? -INFINITY : INFINITY);
    x.push_back(edge);
  }
  return x;
}

TEST_CASE("kernels decide at random as the scalar ones do") {
  for_each_pair(&backend_under_test::kernels, [](const kernel& scalar, const kernel& k) {
    if (scalar.encode_at_random == nullptr) return;
    const neutral n;
    for (std::uint32_t first : {0u, 0xFFFFF000u}) {
      const detent::detail::random_run random{detent::detail::key_of(7, 1), first};
      std::vector<float> x = deciding_floats(scalar);
      same_codes(scalar, k, x.data(), x.size(), x.size(), n.by, 0, &random);
      x = floats_on_edges(scalar, random, 20000);
      same_codes(scalar, k, x.data(), x.size(), x.size(), n.by, 0, &random);
    }
  });
}

TEST_CASE("kernels do all lengths, groups and offsets as the scalar ones do") {
  generator random;
  const parameters many(random);
  for_each_pair(&backend_under_test::kernels, [&](const kernel& scalar, const kernel& k) {
    std::vector<float> x;
    add_specials(x);
    while (x.size() < 1025) {
      const std::uint32_t r = random();
      x.push_back(r % 16 == 0 ? float_of(random()) : std::ldexp(static_cast<float>(static_cast<std::int32_t>(r)), -25));
    }
    std::reverse(x.begin(), x.end());
    const std::vector<std::uint8_t> codes = codes_for(k, 1025);
    std::size_t offset = 0;
    for (std::size_t group : std::initializer_list<std::size_t>{1, 2, 7, 8, 16, 24, 32, 64, 100, 256, 1025}) {
      std::vector<std::size_t> lengths{2 * group, 3 * group, 4 * group};  // whole groups, too
      for (std::size_t n = 0; n <= 1025; n += n < 140 ? 1 : 59) lengths.push_back(n);
      for (const std::size_t n : lengths) {
        if (n > 1025) continue;
        const std::size_t groups = (n + group - 1) / group;
        const exact_parameters p(many, groups);
        same_codes(scalar, k, x.data(), n, group, p.by, offset);
        same_values(scalar, k, codes.data(), n, group, p.by, offset);
        offset = (offset + 1) % 64;
      }
    }
  });
}

/// Finite groups of every size, with zeros, and numbers halfway between codes.
std::vector<float> finite_groups(std::size_t n, std::size_t group) {
  generator random;
  std::vector<float> x(n);
  for (std::size_t first = 0, g = 0; first < n; first += group, ++g) {
    const float greatest =
        g % 7 == 6 ? 0
                   : std::ldexp(1 + static_cast<float>(random() % 4096) / 4096, static_cast<int>(random() % 277) - 150);
    for (std::size_t i = first; i < n && i < first + group; ++i) {
      const std::uint32_t r = random();
      const float part = r % 4 == 0 ? static_cast<float>(r / 4 % 509) / 508 : static_cast<float>(r / 4 % 65536) / 65535;
      x[i] = (r >> 31 != 0 ? -greatest : greatest) * (i == first + group / 2 ? 1 : part);
    }
  }
  return x;
}

TEST_CASE("finite groups are chosen and encoded as by the scalar kernels") {
  for_each_pair(&backend_under_test::kernels, [](const kernel& scalar, const kernel& k) {
    if (scalar.encode_chosen == nullptr) return;
    for (const std::size_t group : std::initializer_list<std::size_t>{8, 16, 32, 64, 100, 256, 1024}) {
      for (std::size_t n : std::initializer_list<std::size_t>{1, group, 3 * group - 1, 2048 / group * group, 2048}) {
        const std::vector<float> x = finite_groups(n, group);
        const std::size_t groups = (n + group - 1) / group;
        std::vector<float> a(2 * groups), b(2 * groups);
        guarded_bytes c(n * k.code_size, 0);
        guarded_bytes d = c;
        scalar.encode_chosen(x.data(), n, group, c.data(), a.data(), a.data() + groups);
        k.encode_chosen(x.data(), n, group, d.data(), b.data(), b.data() + groups);
        INFO(n << " elements, groups of " << group);
        for (std::size_t g = 0; g < 2 * groups; ++g) {
          if (bits_of(a[g]) != bits_of(b[g])) FAIL((g < groups ? "scale " : "factor ") << g % groups << " differs");
        }
        for (std::size_t i = 0; i < n; ++i) {
          const std::uint32_t expected = code_at(c.data(), k.code_size, i), found = code_at(d.data(), k.code_size, i);
          INFO("element " << i << ", x = " << std::hex << bits_of(x[i]) << ", factor "
                          << bits_of(a[groups + i / group]));
          if (found != expected) REQUIRE(found == expected);
        }
        if (!(c == d)) FAIL("encoding wrote beyond the codes");
      }
    }
  });
}

namespace {

/// A backend's kernel, under the limit of one of its instruction sets.
struct contestant {
  const backend_under_test* backend;
  std::string set;
  const kernel* theirs;
};

/// True for an instruction set that is written out as loops, which takes an hour, where the processor has it itself.
bool is_here_itself([[maybe_unused]] const backend_under_test& b) {
#if defined(__x86_64__)
  return b.name.ends_with(", emulated") && __builtin_cpu_supports("avx512f") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512bf16") != 0 &&
         __builtin_cpu_supports("avx512vbmi") != 0;
#else
  return false;
#endif
}

std::vector<contestant> contestants_for(const kernel& scalar) {
  std::vector<contestant> all;
  for (const backend_under_test& b : backends()) {
    if (b.name == "scalar" || is_here_itself(b)) continue;
    const std::vector<std::string> only{""};
    for (const std::string& set : b.select == nullptr ? only : b.instruction_sets) {
      if (b.select != nullptr && (set == "scalar" || !b.select(set.c_str()))) continue;
      for (const kernel& k : b.kernels) {
        if (std::string(k.format) == scalar.format) all.push_back({&b, set, &k});
      }
    }
    if (b.select != nullptr) b.select("");
  }
  return all;
}

}  // namespace

// DETENT_TEST_SHARE=2/16 does the third of sixteen shares: processes side by side do them all.
TEST_CASE("all floats through every encoder of 8 bits and more", "[.][nightly]") {
  constexpr std::size_t n = 65536;
  unsigned share = 0;
  unsigned shares = 1;
  const char* const given = std::getenv("DETENT_TEST_SHARE");
  if (given != nullptr) REQUIRE((std::sscanf(given, "%u/%u", &share, &shares) == 2 && share < shares));
  const neutral same;
  std::vector<float> x(n);
  const backend_under_test scalar = backend_named("scalar");
  for (const backend_under_test& b : backends()) {
    if (is_here_itself(b)) std::cout << "skipped: " << b.name << ": this processor has it itself" << std::endl;
  }
  for (const kernel& ours : scalar.kernels) {
    if (ours.bits < 8 || ours.encode_form.divide || ours.encode_form.shift) continue;
    const std::vector<contestant> all = contestants_for(ours);
    std::vector<std::uint8_t> a(n * ours.code_size);
    std::vector<std::uint8_t> b = a;
    for (std::uint64_t bits = n * share; bits >> 32 == 0 && !all.empty(); bits += n * shares) {
      for (std::size_t i = 0; i < n; ++i) x[i] = float_of(static_cast<std::uint32_t>(bits + i));
      ours.encode(x.data(), n, n, same.by, a.data());
      for (const contestant& c : all) {
        if (c.backend->select != nullptr) c.backend->select(c.set.c_str());
        c.theirs->encode(x.data(), n, n, same.by, b.data());
        if (a != b) FAIL(ours.format << " by " << c.set << ": codes differ among 65536 floats from bits " << bits);
      }
    }
    for (const contestant& c : all) {
      if (c.backend->select != nullptr) c.backend->select("");
      std::cout << ours.format << ": " << c.backend->name << (c.set.empty() ? "" : " at ") << c.set << ": 2^32 floats"
                << (given == nullptr ? "" : ", share ") << (given == nullptr ? "" : given) << ", none differs"
                << std::endl;
    }
  }
}

}  // namespace checks
