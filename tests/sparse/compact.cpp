// SPDX-License-Identifier: MIT
//
// Compacted networks give what the zeroed ones give. The networks are written out here as plainly as they are defined.
#include <catch2/catch.hpp>
#include <cmath>

#include "detent/op/compact.hpp"
#include "sparse/support.hpp"

namespace {

using namespace detent;
using test::owned_mask;
using test::refusal;

/// A dense tensor of the test's own.
struct owned {
  extents shape;
  std::vector<float> data;

  explicit owned(const extents& s) : shape(s), data(s.size()) {}
  owned(const extents& s, std::mt19937_64& random) : shape(s), data(test::random_floats(s.size(), random)) {}
  template <std::size_t Rank>
  [[nodiscard]] tensor_view<const float, Rank> view() const {
    return {data.data(), shape};
  }
};

template <std::size_t Rank>
owned compacted(const owned& x, const owned_mask& units, const follows& how) {
  owned y(compacted_shape(x.shape, units, how));
  const test::shuffled_executor pool;
  compact(x.view<Rank>(), units, how, tensor_view<float, Rank>(y.data.data(), y.shape), {.executor = pool});
  return y;
}

/// The same tensor with the indices of pruned blocks at 0.
owned zeroed(owned x, const owned_mask& units, const follows& how) {
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    const std::size_t group = i / x.shape.inner(how.axis) % x.shape[how.axis] / how.block;
    bool kept = false;
    for (std::size_t u = group * how.shared; u < (group + 1) * how.shared; ++u) kept = kept || units[u];
    if (!kept) x.data[i] = 0;
  }
  return x;
}

owned_mask some_units(std::size_t n, double kept, std::mt19937_64& random) {
  owned_mask m = test::random_mask(extents(n), kept, random);
  m.keep(random() % n);
  return m;
}

using signal = std::vector<double>;

signal linear(const owned& w, const owned* bias, const signal& x) {
  signal y(w.shape[0]);
  for (std::size_t o = 0; o < y.size(); ++o) {
    y[o] = bias == nullptr ? 0 : static_cast<double>(bias->data[o]);
    for (std::size_t i = 0; i < x.size(); ++i) y[o] += static_cast<double>(w.data[o * x.size() + i]) * x[i];
  }
  return y;
}
signal relu(signal x) {
  for (double& v : x) v = v > 0 ? v : 0;
  return x;
}
/// With running statistics: one factor and one shift for each channel of `area` elements.
signal batch_norm(const owned& gamma, const owned& beta, const owned& mean, const owned& variance, std::size_t area,
                  signal x) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i / area;
    const double scale =
        static_cast<double>(gamma.data[c]) / std::sqrt(std::fabs(static_cast<double>(variance.data[c])) + 1e-5);
    x[i] = (x[i] - static_cast<double>(mean.data[c])) * scale + static_cast<double>(beta.data[c]);
  }
  return x;
}
signal rms_norm(const owned& gamma, double factor, double epsilon, signal x) {
  double squares = 0;
  for (const double v : x) squares += v * v;
  const double scale = factor / std::sqrt(squares / static_cast<double>(x.size()) + epsilon);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] *= scale * static_cast<double>(gamma.data[i]);
  return x;
}
/// 3 x 3, padded with zeros; x is [in, size, size].
signal convolve(const owned& w, const signal& x, std::size_t size) {
  const std::size_t in = w.shape[1];
  signal y(w.shape[0] * size * size);
  const auto at = [&](std::size_t c, std::size_t r, std::size_t col) {
    return r - 1 < size && col - 1 < size ? x[(c * size + r - 1) * size + col - 1] : 0;
  };
  for (std::size_t o = 0; o < w.shape[0]; ++o) {
    for (std::size_t p = 0; p < size * size; ++p) {
      for (std::size_t i = 0; i < in * 9; ++i) {
        y[o * size * size + p] +=
            static_cast<double>(w.data[o * in * 9 + i]) * at(i / 9, p / size + i % 9 / 3, p % size + i % 3);
      }
    }
  }
  return y;
}
/// Tokens of `in` numbers each; `key_of` says which key a query head uses.
signal attention(const owned& q, const owned& k, const owned& v, const owned& o, const attention_heads& a,
                 const signal& x, std::size_t tokens) {
  const std::size_t in = q.shape[1], shared = a.heads / a.kv_heads;
  std::vector<signal> queries, keys, values;
  for (std::size_t t = 0; t < tokens; ++t) {
    const signal token(x.begin() + static_cast<std::ptrdiff_t>(t * in),
                       x.begin() + static_cast<std::ptrdiff_t>((t + 1) * in));
    queries.push_back(linear(q, nullptr, token));
    keys.push_back(linear(k, nullptr, token));
    values.push_back(linear(v, nullptr, token));
  }
  signal out;
  for (std::size_t t = 0; t < tokens; ++t) {
    signal mixed(a.heads * a.dim);
    for (std::size_t h = 0; h < a.heads; ++h) {
      signal score(tokens);
      double sum = 0;
      for (std::size_t s = 0; s < tokens; ++s) {
        for (std::size_t i = 0; i < a.dim; ++i) score[s] += queries[t][h * a.dim + i] * keys[s][h / shared * a.dim + i];
        score[s] = std::exp(score[s] / std::sqrt(static_cast<double>(a.dim)) / 50);
        sum += score[s];
      }
      for (std::size_t s = 0; s < tokens; ++s) {
        for (std::size_t i = 0; i < a.dim; ++i) {
          mixed[h * a.dim + i] += score[s] / sum * values[s][h / shared * a.dim + i];
        }
      }
    }
    const signal y = linear(o, nullptr, mixed);
    out.insert(out.end(), y.begin(), y.end());
  }
  return out;
}

signal random_signal(std::size_t n, std::mt19937_64& random) {
  const std::vector<float> x = test::random_floats(n, random);
  return signal(x.begin(), x.end());
}
void close(const signal& a, const signal& b) {
  REQUIRE(a.size() == b.size());
  double greatest = 0;
  for (const double v : a) greatest = std::fmax(greatest, std::fabs(v));
  for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(std::fabs(a[i] - b[i]) <= 1e-6 * greatest);
}

constexpr follows rows{.axis = 0}, columns{.axis = 1};

}  // namespace

TEST_CASE("linear to linear: the sums are the same, term by term") {
  std::mt19937_64 random(21);
  for (int times = 0; times < 20; ++times) {
    const std::size_t units = 1 + random() % 200;
    const owned_mask keep = some_units(units, 0.6, random);
    const owned first(extents(units, 9), random), bias(extents(units), random), second(extents(5, units), random);
    const signal x = random_signal(9, random);
    const owned zero_bias = zeroed(bias, keep, rows), left_bias = compacted<1>(bias, keep, rows);
    const signal before =
        linear(zeroed(second, keep, columns), nullptr, relu(linear(zeroed(first, keep, rows), &zero_bias, x)));
    const signal after = linear(compacted<2>(second, keep, columns), nullptr,
                                relu(linear(compacted<2>(first, keep, rows), &left_bias, x)));
    CHECK(before == after);  // zeros added in between change no sum
  }
}

TEST_CASE("linear to norm to linear") {
  std::mt19937_64 random(22);
  const std::size_t units = 70;
  const owned_mask keep = some_units(units, 0.5, random);
  const owned first(extents(units, 9), random), second(extents(5, units), random);
  const signal x = random_signal(9, random);
  const signal zero = linear(zeroed(first, keep, rows), nullptr, x),
               left = linear(compacted<2>(first, keep, rows), nullptr, x);

  std::vector<owned> norm(4, owned(extents(units)));
  for (owned& part : norm) part = owned(extents(units), random);
  std::vector<owned> zero_norm, left_norm;
  for (const owned& part : norm) {
    zero_norm.push_back(zeroed(part, keep, rows));
    left_norm.push_back(compacted<1>(part, keep, rows));
  }
  const auto through = [&](const owned& w, const std::vector<owned>& n, const signal& h) {
    return linear(w, nullptr, relu(batch_norm(n[0], n[1], n[2], n[3], 1, h)));
  };
  CHECK(through(zeroed(second, keep, columns), zero_norm, zero) ==
        through(compacted<2>(second, keep, columns), left_norm, left));

  const rms_norm_factors by = rms_norm_after(units, left.size());
  close(
      linear(second, nullptr, rms_norm(norm[0], 1, 1e-3, zero)),
      linear(compacted<2>(second, keep, columns), nullptr, rms_norm(left_norm[0], by.weight, 1e-3 * by.epsilon, left)));
}

TEST_CASE("conv to norm to conv to linear") {
  std::mt19937_64 random(23);
  const std::size_t size = 5, channels = 12, last = 6;
  const owned_mask keep = some_units(channels, 0.5, random), keep_last = some_units(last, 0.5, random);
  const owned first(extents(channels, 3, 3, 3), random), second(extents(last, channels, 3, 3), random);
  const owned gamma(extents(channels), random), beta(extents(channels), random), mean(extents(channels), random);
  const owned variance(extents(channels), random), dense(extents(4, last * size * size), random);
  const follows flattened{.axis = 1, .block = size * size};
  const signal x = random_signal(3 * size * size, random);

  const auto network = [&](const owned& a, const std::vector<owned>& n, const owned& b, const owned& c) {
    const signal h = relu(batch_norm(n[0], n[1], n[2], n[3], size * size, convolve(a, x, size)));
    return linear(c, nullptr, relu(convolve(b, h, size)));
  };
  std::vector<owned> zero_norm, left_norm;
  for (const owned* part : {&gamma, &beta, &mean, &variance}) {
    zero_norm.push_back(zeroed(*part, keep, rows));
    left_norm.push_back(compacted<1>(*part, keep, rows));
  }
  const signal before = network(zeroed(first, keep, rows), zero_norm, zeroed(second, keep_last, rows), dense);
  const signal after = network(compacted<4>(first, keep, rows), left_norm,
                               compacted<4>(compacted<4>(second, keep, columns), keep_last, rows),
                               compacted<2>(dense, keep_last, flattened));
  CHECK(before == after);
}

TEST_CASE("attention with grouped heads loses a key when all of its queries go") {
  std::mt19937_64 random(24);
  const attention_heads a{8, 4, 6};
  const owned q(extents(48, 10), random), k(extents(24, 10), random), v(extents(24, 10), random),
      o(extents(7, 48), random);
  owned_mask keep(extents(8));
  for (const std::size_t h : {1u, 2u, 7u}) keep.keep(h);  // one of each of three groups; the third goes
  const attention_heads left = a.after(keep);
  CHECK(left.heads == 3);
  CHECK(left.kv_heads == 3);
  const signal x = random_signal(40, random);
  const owned left_k = compacted<2>(k, keep, a.key_value());
  CHECK(left_k.shape == extents(18, 10));
  const signal before = attention(q, k, v, zeroed(o, keep, a.output()), a, x, 4);
  const signal after = attention(compacted<2>(q, keep, a.query()), left_k, compacted<2>(v, keep, a.key_value()),
                                 compacted<2>(o, keep, a.output()), left, x, 4);
  CHECK(before == after);

  // A fused projection is compacted part by part.
  const owned fused(extents(96, 10), random);
  owned to(extents(18 + 18 + 18, 10));
  const auto part = [](auto* data, std::size_t row, std::size_t n) {
    return tensor_view<std::remove_pointer_t<decltype(data)>, 2>(data + row * 10, extents(n, 10));
  };
  compact(part(fused.data.data(), 0, 48), keep, a.query(), part(to.data.data(), 0, 18));
  compact(part(fused.data.data(), 48, 24), keep, a.key_value(), part(to.data.data(), 18, 18));
  compact(part(fused.data.data(), 72, 24), keep, a.key_value(), part(to.data.data(), 36, 18));
  CHECK(to.data[36 * 10] == fused.data[72 * 10]);
}

TEST_CASE("units of an element mask") {
  std::mt19937_64 random(25);
  const extents shape(6, 20, 3);
  owned_mask m(shape);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i / 3 % 20 / 4 != 2 && random() % 2 == 0) m.keep(i);
  }
  owned_mask units(extents(5));
  units_of(m, 1, 4, mask_view(units.bits.data(), units.whole));
  CHECK(units.bits[0] == 0b11011);
  CHECK(refusal([&] { units_of(m, 1, 3, mask_view(units.bits.data(), units.whole)); }) ==
        "units_of: axis 1 of the shape [6, 20, 3] in blocks of 3 has no 5 units");
}

TEST_CASE("strided views are compacted as they lie") {
  std::mt19937_64 random(26);
  const owned x(extents(6, 8), random);
  const tensor_view<const float, 2> turned(x.data.data(), extents(8, 6), {1, 8});
  const owned_mask keep = some_units(8, 0.5, random);
  owned y(compacted_shape(turned.shape(), keep, rows));
  compact(turned, keep, rows, tensor_view<float, 2>(y.data.data(), y.shape));
  const owned expected = compacted<2>(x, keep, columns);
  for (std::size_t i = 0; i < y.shape[0]; ++i) {
    for (std::size_t j = 0; j < 6; ++j) CHECK(y.data[i * 6 + j] == expected.data[j * y.shape[0] + i]);
  }
}

TEST_CASE("compaction refuses what does not fit") {
  const owned x(extents(48, 10));
  owned_mask keep(extents(8));
  owned y(extents(1, 10));
  const tensor_view<float, 2> to(y.data.data(), y.shape);
  CHECK(refusal([&] { compact(x.view<2>(), keep, {.axis = 0, .block = 5}, to); }) ==
        "compact: axis 0 of the shape [48, 10] has 48 indices, but 8 blocks of 5 are 40");
  CHECK(refusal([&] { compact(x.view<2>(), keep, {.axis = 2}, to); }) == "compact: axis 2 of the shape [48, 10]");
  CHECK(refusal([&] { compact(x.view<2>(), keep, {.axis = 0, .block = 6, .shared = 3}, to); }) ==
        "compact: 8 units cannot be divided into groups of 3");
  CHECK(refusal([&] { compact(x.view<2>(), keep, {.axis = 0, .block = 6}, to); }) ==
        "compact: the shapes [0, 10] and [1, 10] differ");
  CHECK(refusal([&] { compact(x.view<2>(), owned_mask(extents(4, 2)), {.axis = 0, .block = 6}, to); }) ==
        "compact: units are counted along one axis; the mask has the shape [4, 2]");
  CHECK(refusal([] { static_cast<void>(attention_heads{8, 3, 6}.query()); }) ==
        "attention: 8 heads cannot be divided among 3 keys of 6");
  const attention_heads a{8, 4, 6};
  CHECK(refusal([&] { static_cast<void>(a.after(keep)); }) == "attention: the mask keeps none of 8 heads");
  keep.keep(0), keep.keep(1), keep.keep(2);
  CHECK(refusal([&] { static_cast<void>(a.after(keep)); }) ==
        "attention: the heads of key 1 keep 1 of 2, those of another 2");
  CHECK(refusal([&] { static_cast<void>(a.after(owned_mask(extents(9)))); }) == "attention: a mask of [9] for 8 heads");
  CHECK(refusal([] { static_cast<void>(rms_norm_after(4, 5)); }) == "rms_norm_after: 5 of 4 units");
}
