// SPDX-License-Identifier: MIT
//
// The steps of `detent prune`, from the text of its options.
#ifndef DETENT_EXAMPLES_CLI_PRUNE_STEPS_HPP
#define DETENT_EXAMPLES_CLI_PRUNE_STEPS_HPP

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "commands.hpp"
#include "detent/file/stored_tensor.hpp"
#include "detent/prune.hpp"

namespace cli {

struct prune_heads {
  std::string name;
  detent::heads which;
};

struct prune_random {
  detent::amount how_many;
};

/// Along the input channels of a convolution; of a matrix, along its rows.
struct prune_n_of_m {
  std::size_t n;
  std::size_t m;
};

using prune_step = std::variant<detent::magnitude, prune_random, detent::channels, prune_n_of_m, detent::blocks,
                                detent::threshold, prune_heads>;

/// A tensor of a file with all of its axes, where they are four at most.
struct with_axes {
  const detent::stored_tensor* tensor;

  [[nodiscard]] detent::extents shape() const {
    const auto& of = tensor->dimensions;
    if (of.empty() || of.size() > detent::extents::max_rank) return tensor->shape();
    detent::extents all;
    for (const std::uint64_t extent : of) all.extent[all.rank++] = static_cast<std::size_t>(extent);
    return all;
  }
  void read(std::size_t first, std::size_t n, float* to) const { tensor->read(first, n, to); }
  [[nodiscard]] const float* floats() const { return tensor->floats(); }
};

/// Refuses text that is no step, with detent::error.
prune_step step_of(const prune_step_text& text);

}  // namespace cli

#endif
