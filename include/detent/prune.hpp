// SPDX-License-Identifier: MIT
//
// Pruning: criteria, masks, and what is done with them. docs/pruning.md shows how.
#ifndef DETENT_PRUNE_HPP
#define DETENT_PRUNE_HPP

#include "detent/op/apply.hpp"
#include "detent/op/count_pruned.hpp"
#include "detent/op/masked.hpp"
#include "detent/op/prune.hpp"
#include "detent/op/scores.hpp"
#include "detent/store/bit_mask.hpp"

#endif
