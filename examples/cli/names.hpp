// SPDX-License-Identifier: MIT
//
// Which tensors `detent quantize` leaves as they are unless told otherwise: what costs quality and saves little.
#ifndef DETENT_EXAMPLES_CLI_NAMES_HPP
#define DETENT_EXAMPLES_CLI_NAMES_HPP

#include <fnmatch.h>

#include <string>
#include <vector>

namespace cli {

inline bool matches(const std::string& name, const std::string& pattern) {
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

inline bool matches_any(const std::string& name, const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    if (matches(name, pattern)) return true;
  }
  return false;
}

struct kept_names {
  const char* why;
  std::vector<std::string> patterns;
  std::vector<std::string> except = {};
};

/// The usual names in diffusion and language models (diffusers, transformers, and the original checkpoints of Stable
/// Diffusion, SD3, FLUX). What modulates a norm is a matrix like any other, though diffusers names it after the norm; a
/// text encoder in a checkpoint of Stable Diffusion XL is no embedding, though its name begins with "embedders".
inline const std::vector<kept_names>& usually_kept() {
  // clang-format off
  static const std::vector<kept_names> all = {
      {"a bias", {"*.bias"}},
      {"an embedding",
       {"*embed", "*embed.*", "*embed_*", "*embedding*", "*embedder.*", "*.wte.*", "wte.*", "*.wpe.*", "wpe.*",
        "*.emb_layers.*", "*time_emb*", "shared.weight", "*.shared.weight", "*relative_attention_bias*"}},
      {"a first or last projection",
       {"conv_in.*", "*.conv_in.*", "conv_out.*", "*.conv_out.*", "lm_head.*", "*.lm_head.*", "proj_out.*",
        "*final_layer.*", "*img_in.*", "*txt_in.*", "*time_in.*", "*vector_in.*", "*guidance_in.*", "output.weight",
        "*label_emb.*", "*input_blocks.0.0.*", "*diffusion_model.out.*", "out.2.*", "score.*", "classifier.*",
        "*.head.weight", "head.weight", "*visual_projection*", "*text_projection*", "*.quant_conv.*", "quant_conv.*",
        "post_quant_conv.*", "*.post_quant_conv.*", "norm_out.*", "*.norm_out.*"}},
      {"a norm", {"*norm*", "*.ln_*", "ln_*", "*.ln[0-9]*"}, {"*norm*.linear.*"}},
  };
  // clang-format on
  return all;
}

/// Why the default keeps a tensor of this name; null if it does not.
inline const char* usually_kept_because(const std::string& name) {
  for (const kept_names& kept : usually_kept()) {
    if (matches_any(name, kept.patterns) && !matches_any(name, kept.except)) return kept.why;
  }
  return nullptr;
}

}  // namespace cli

#endif
