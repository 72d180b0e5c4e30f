// SPDX-License-Identifier: MIT
//
// Stores that pass the caches (options::stream_from) change nothing but the time: results of every type, at lines and
// beside them, with groups that are whole lines and others.
#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <vector>

#include "detent/backend/native.hpp"
#include "detent/backend/scalar.hpp"
#include "detent/format/bf16.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/int4.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/nf4.hpp"
#include "detent/format/uint4.hpp"
#include "detent/store/packed_tensor.hpp"
#include "support/data.hpp"
#include "support/executors.hpp"

namespace {

using detent::extents;
using detent::native;
using detent::scalar;

constexpr std::size_t line = 64;

unsigned char* at_line(unsigned char* p) { return p + (line - reinterpret_cast<std::uintptr_t>(p) % line) % line; }

/// Groups that end within lines.
struct int8_of_40 : detent::precision<detent::int8_codec, detent::blocks_of<40>> {
  static constexpr const char* name = "int8 in blocks of 40";
};

/// Elements that were there before, from so many bytes behind a line on, with one on either side that must stay.
template <class T>
class results {
 public:
  results(std::size_t n, std::size_t behind) : bytes_((n + 2) * sizeof(T) + 4 * line), n_(n) {
    begin_ = at_line(bytes_.data() + line) + behind;
    const std::vector<float> before = test::vec(8, n + 2, 1);
    for (std::size_t i = 0; i < n + 2; ++i) data()[static_cast<std::ptrdiff_t>(i) - 1] = static_cast<T>(before[i]);
  }
  T* data() { return reinterpret_cast<T*>(begin_); }
  bool operator==(results& other) { return std::memcmp(data() - 1, other.data() - 1, (n_ + 2) * sizeof(T)) == 0; }

 private:
  std::vector<unsigned char> bytes_;
  std::size_t n_;
  unsigned char* begin_;
};

template <class P, class T>
void check(const extents& shape, bool unusual) {
  std::vector<float> x = test::vec(5, shape.size(), 1);
  constexpr float inputs[] = {std::numeric_limits<float>::quiet_NaN(), 3e38f, -7e4f, 1e-42f,
                              std::numeric_limits<float>::infinity()};
  for (std::size_t i = 0; unusual && i < x.size(); i += 61) x[i] = inputs[i % 5];
  const auto q = detent::quantize<P>(scalar{}, detent::tensor_view<const float, 2>(x.data(), shape));
  const test::shuffled_executor shuffled;
  for (const bool add : {false, true}) {
    results<T> expected(shape.size(), 0);
    const auto into = [&](const auto& b, results<T>& to, const detent::options& with) {
      const detent::tensor_view<T, 2> y(to.data(), shape);
      if (add)
        dequantize_add(b, q.view(), y, with);
      else
        dequantize(b, q.view(), y, with);
    };
    into(scalar{}, expected, {.executor = {}, .stream_from = ~std::size_t{0}});
    for (const std::size_t behind : {std::size_t{0}, sizeof(T), line / 2}) {
      results<T> found(shape.size(), behind);
      into(native{}, found, {.executor = shuffled, .stream_from = 0});
      INFO((add ? "added, " : "") << behind << " bytes behind a line, " << shape.rows() << " x " << shape.cols());
      REQUIRE((found == expected));
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("results past the caches are the same", "[op]", detent::nf4, detent::int8_blocks, detent::int8_rows,
                   detent::int4, detent::bf16, detent::fp32, int8_of_40) {
  for (const extents& shape : {extents(1, 1), extents(3, 37), extents(2, 4096), extents(700, 512), extents(600, 333)}) {
    for (const bool unusual : {false, true}) {
      check<TestType, float>(shape, unusual);
      check<TestType, detent::element<detent::fp16>>(shape, unusual);
      check<TestType, detent::element<detent::bf16>>(shape, unusual);
    }
  }
}

namespace {

/// Counts the stores past the caches that begin within a line: their first and last lines are written in parts.
struct watching_lines : native {
  std::size_t* all;
  std::size_t* within;

  void stream(const void* from, std::size_t n, void* to) const {
    ++*all;
    *within += std::size_t{reinterpret_cast<std::uintptr_t>(to) % line != 0};
    native::stream(from, n, to);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("tasks begin at lines, and so do all stores past the caches", "[op]", detent::nf4, detent::int4,
                   detent::int8_blocks) {
  // Halves of it would be an odd number of groups.
  const extents shape(2, (std::size_t{1} << 17) + 64);
  const std::vector<float> x = test::vec(5, shape.size(), 1);
  const auto sizes = detent::plane_bytes<TestType>(shape);
  std::vector<std::uint8_t> memory(sizes[0] + sizes[1] + 3 * line);
  std::uint8_t* const codes = at_line(memory.data());
  const detent::packed_view<TestType, std::uint8_t> q(shape, codes, at_line(codes + sizes[0]));

  std::size_t all = 0, within = 0;
  watching_lines b{};
  b.all = &all;
  b.within = &within;
  const test::shuffled_executor shuffled;
  quantize(b, detent::tensor_view<const float, 2>(x.data(), shape), q, {.executor = shuffled, .stream_from = 0});
  REQUIRE(all > 256);
  REQUIRE(within == 0);
}

namespace {

/// Asks as on processors of one kind, on any.
template <bool Near>
struct asking_native : native {
  static constexpr bool asks_near() { return Near; }
};

}  // namespace

TEMPLATE_TEST_CASE("from how far memory is asked for changes no byte", "[op]", detent::nf4, detent::int8_rows,
                   detent::int8_blocks, detent::uint4, detent::fp16) {
  for (const std::size_t columns : {std::size_t{96}, std::size_t{1600}, std::size_t{4096}, std::size_t{9000}}) {
    const extents shape(70, columns);
    std::vector<float> x = test::vec(6, shape.size(), 1);
    x[shape.size() / 2] = std::numeric_limits<float>::infinity();
    const detent::tensor_view<const float, 2> view(x.data(), {70, columns});
    const auto expected = detent::quantize<TestType>(scalar{}, view);
    for (const std::size_t stream_from : {std::size_t{0}, ~std::size_t{0}}) {
      const detent::options with{.stream_from = stream_from};
      const auto near_by = detent::quantize<TestType>(asking_native<true>{}, view, with);
      const auto far_off = detent::quantize<TestType>(asking_native<false>{}, view, with);
      for (std::size_t i = 0; i < detent::detail::plane_count<TestType>; ++i) {
        CAPTURE(columns, stream_from, i);
        CHECK(std::memcmp(near_by.view().plane(i), expected.view().plane(i), detent::plane_bytes<TestType>(shape)[i]) ==
              0);
        CHECK(std::memcmp(far_off.view().plane(i), expected.view().plane(i), detent::plane_bytes<TestType>(shape)[i]) ==
              0);
      }
    }
  }
}

TEST_CASE("tasks are even and whole, and none is too long", "[op]") {
  for (const std::size_t whole : {std::size_t{1}, std::size_t{64}}) {
    for (const std::size_t most : {whole, 4 * whole, 16 * whole}) {
      for (std::size_t units = 1; units < 40 * whole; units += whole / 3 + 1) {
        const std::size_t share = detent::detail::even_share(units, most, whole);
        const std::size_t tasks = (units + share - 1) / share;
        CAPTURE(units, most, whole, share);
        REQUIRE(share > 0);
        REQUIRE(share % whole == 0);
        REQUIRE(share <= most);
        REQUIRE(tasks <= (units + most - 1) / most);
        REQUIRE(share < units / tasks + 1 + whole);
      }
    }
  }
}
