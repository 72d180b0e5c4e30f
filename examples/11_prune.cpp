// SPDX-License-Identifier: MIT
//
// Pruning: a criterion makes a mask, criteria compose, and a mask is applied or quantized through.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <detent/format/int4.hpp>
#include <detent/native.hpp>
#include <detent/prune.hpp>
#include <vector>

namespace {

std::vector<float> ramp(std::size_t size) {
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(i * 7919 % 2003) / 1000 - 1;
  return values;
}

bool masks(std::vector<float>& weights) {
  // [masks]
  const detent::tensor_view<float, 2> w(weights.data(), {64, 128});
  detent::bit_mask m = detent::prune(detent::native{}, w, detent::magnitude(0.3));  // three tenths of all
  detent::prune(detent::native{}, w, detent::n_of_m(2, 4), m);                      // more, of what is left
  detent::apply(detent::native{}, m.view(), w);                                     // +0.0 in the pruned places
  // [/masks]
  // [count]
  const detent::pruning_count c = detent::count_pruned(detent::native{}, w, m.view());
  std::printf("%zu of %zu parameters are left: %.2f bits for each of all, instead of %.0f\n", c.after.nonzero,
              c.before.total, c.after.bits_per_parameter, c.before.bits_per_parameter);
  // [/count]
  return c.after.nonzero == c.kept && c.kept <= 64 * 128 / 2;
}

bool compositions(const std::vector<float>& weights) {
  const detent::tensor_view<const float, 2> w(weights.data(), {64, 128});
  // [compose]
  using namespace detent;
  const auto both = magnitude(0.5) & n_of_m(2, 4);         // what both keep of the whole
  const auto either = magnitude(0.9) | channels(0, 0.5);   // what one of them keeps
  const auto rest = !blocks(16, 16, 0.5);                  // what blocks prunes
  const auto turns = magnitude(0.5).then(magnitude(0.5));  // half, and half of the rest
  // [/compose]
  std::size_t left = 0;
  left += count_kept(prune(native{}, w, both).view());
  left += count_kept(prune(native{}, w, either).view());
  left += count_kept(prune(native{}, w, rest).view());
  // [views]
  std::vector<std::uint64_t> words(mask_words(w.shape())), scratch(workspace_words(turns, w.shape()));
  const mask_view m(words.data(), w.shape());
  prune(native{}, w, turns, m, {.workspace = scratch.data(), .workspace_words = scratch.size()});  // allocates nothing
  // [/views]
  return left != 0 && count_kept(m) == 64 * 128 / 4;
}

bool together(const std::vector<float>& a, const std::vector<float>& b) {
  // [together]
  const std::vector<detent::tensor_view<const float, 1>> tensors{detent::tensor_view<const float, 1>(a),
                                                                 detent::tensor_view<const float, 1>(b)};
  detent::bit_mask of_a{detent::extents(a.size())}, of_b{detent::extents(b.size())};
  const std::vector<detent::mask_view> masks{of_a.view(), of_b.view()};
  detent::prune_together(detent::native{}, tensors, detent::magnitude(0.4), masks);  // as if they were one
  // [/together]
  const std::size_t all = a.size() + b.size();
  return count_kept(of_a.view()) + count_kept(of_b.view()) == all - detent::amount(0.4).of(all);
}

bool quantized(const std::vector<float>& weights) {
  const detent::tensor_view<const float, 2> w(weights.data(), {64, 128});
  const detent::bit_mask m = detent::prune(detent::native{}, w, detent::magnitude(0.5));
  // [quantize]
  detent::packed_tensor<detent::int4> q(w.shape());
  detent::quantize(detent::native{}, w, detent::masked_by(m.view()), q.view());  // scales of what is left
  const detent::tensor<float> y = detent::dequantize(q);                         // exactly 0 where m prunes
  // [/quantize]
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!m[i] && y[i] != 0) return false;
  }
  return true;
}

bool scored(const std::vector<float>& weights, const std::vector<float>& inputs) {
  const detent::tensor_view<const float, 2> w(weights.data(), {64, 128});
  const detent::tensor_view<const float, 2> batch(inputs.data(), {32, 128});
  // [wanda]
  std::vector<double> squares(128);
  std::vector<float> norms(128);
  detent::add_squares(detent::native{}, batch, squares.data(), squares.size());  // once for each batch
  detent::column_norms(squares.data(), squares.size(), norms.data());
  const auto wanda = detent::wanda_scores(detent::native{}, w, norms.data());  // |w| · ‖x‖, computed when read
  const detent::bit_mask m = detent::prune(detent::native{}, w, detent::each_row(detent::scores(wanda, 0.5)));
  // [/wanda]
  return count_kept(m.view()) == 64 * 128 / 2;
}

}  // namespace

int main() {
  std::vector<float> weights = ramp(64 * 128);
  const std::vector<float> others = ramp(1000), inputs = ramp(32 * 128);
  const bool good = compositions(weights) && together(weights, others) && quantized(weights) &&
                    scored(weights, inputs) && masks(weights);
  return good ? 0 : 1;
}
