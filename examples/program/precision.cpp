// SPDX-License-Identifier: MIT
#include "precision.hpp"

#include "detent/file/catalog.hpp"
#include "detent/native.hpp"
#include "formats.hpp"

namespace program {

const precisions& all_precisions() {
  static const precisions all = [] {
    precisions list;
    add_floats(list);
    add_integers(list);
    add_codebooks(list);
    add_conventions(list);
    return list;
  }();
  return all;
}

const precision& precision_of(const std::string& name) {
  std::string known;
  for (const auto& p : all_precisions()) {
    if (p->name() == name) return *p;
    known += (known.empty() ? "" : ", ") + p->name();
  }
  detent::fail("there is no precision \"", name, "\"; choose one of ", known);
}

std::vector<detent::stored_tensor> tensors_of(const detent::safetensors_checkpoint& checkpoint) {
  return detent::stored_tensors<formats>(detent::native{}, checkpoint);
}

}  // namespace program
