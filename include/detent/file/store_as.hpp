// SPDX-License-Identifier: MIT
//
// Writing one tensor of a file in a precision, in two steps as safetensors_writer has them: declare, then fill. Where
// the world has a convention for the precision the tensor is stored in it (bitsandbytes; plain floats), else in
// detent's scheme.
#ifndef DETENT_FILE_STORE_AS_HPP
#define DETENT_FILE_STORE_AS_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "detent/file/bitsandbytes.hpp"
#include "detent/file/safetensors_writer.hpp"
#include "detent/file/scheme.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/op/quantize.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

template <class P>
inline constexpr bool is_bitsandbytes_4bit =
    std::same_as<P, bnb::nf4> || std::same_as<P, bnb::fp4> || std::same_as<P, bnb::nf4_double_quant> ||
    std::same_as<P, bnb::fp4_double_quant>;

template <class P>
inline constexpr bool is_nested = scaled_precision<typename P::scale>;

/// "PREFIX" of "PREFIX.weight".
inline std::string prefix_of(const std::string& name) { return name.substr(0, name.size() - 7); }

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// Why P cannot hold this tensor of a file; empty if it can.
template <is_precision P>
std::string why_not(const std::string& name, const std::vector<std::uint64_t>& dimensions) {
  if constexpr (detail::is_bitsandbytes_4bit<P> || std::same_as<P, bnb::int8>) {
    if (dimensions.size() != 2) return "bitsandbytes stores matrices only";
    if (std::same_as<P, bnb::int8> && !name.ends_with(".weight"))
      return "bitsandbytes needs a name that ends in .weight";
  }
  if constexpr (!detail::is_planar<P>) {
    if (matrix_shape(dimensions).cols() % P::layout::elements != 0) {
      return std::string(P::name) + " needs rows that are a multiple of " + std::to_string(P::layout::elements);
    }
  }
  return {};
}

/// Declares and fills the tensors that hold NAME in precision P.
template <is_precision P>
class stored_as {
 public:
  /// Refuses what P cannot hold (why_not).
  stored_as(std::string name, std::vector<std::uint64_t> dimensions)
      : name_(std::move(name)), dimensions_(std::move(dimensions)) {
    if (const std::string why = why_not<P>(name_, dimensions_); !why.empty()) {
      fail("tensor ", detail::quote(name_), " cannot be stored as ", P::name, ": ", why);
    }
  }

  /// Declares the tensors. bitsandbytes' state has the mean of the scales in it, so that one reads the source;
  /// `before` is the type of its elements, as torch names it.
  template <backend B, element_source S>
  void declare(safetensors_writer& out, const B& b, const S& source, const std::string& before, const options& with) {
    if constexpr (detail::is_bitsandbytes_4bit<P>) {
      declare_bitsandbytes(out, b, source, before, with);
    } else if constexpr (std::same_as<P, bnb::int8>) {
      out.add(name_, safetensors_dtype::i8, dimensions_);
      out.add(detail::prefix_of(name_) + ".SCB", safetensors_dtype::f32, {dimensions_[0]});
      out.add(detail::prefix_of(name_) + ".weight_format", safetensors_dtype::u8, {});
      names_ = {name_, detail::prefix_of(name_) + ".SCB"};
      others_ = {detail::prefix_of(name_) + ".weight_format"};
    } else {
      for (const stored_plane& plane : stored_planes<P>(name_, dimensions_)) {
        out.add(plane.name, plane.dtype, plane.shape);
        names_.push_back(plane.name);
      }
      if (!is_plain<P>)
        out.metadata(scheme_key(name_), detail::concat(P::name, " ", detail::whole_shape_text(dimensions_)));
    }
  }

  /// Quantizes the source into the file's bytes.
  template <backend B, element_source S>
  quantize_report fill(const safetensors_writer& out, const B& b, const S& source, const options& with) const {
    float offset = 0;
    std::vector<std::uint8_t*> planes;
    for (const std::string& name : names_) planes.push_back(out.data(name));
    if constexpr (detail::is_bitsandbytes_4bit<P>) {
      copy_map<typename P::codec>(out, ".quant_map");
      std::memcpy(out.data(name_ + state_suffix()), state_.data(), state_.size());
      if constexpr (detail::is_nested<P>) {
        copy_map<typename P::scale::codec>(out, ".nested_quant_map");
        planes.push_back(reinterpret_cast<std::uint8_t*>(&offset));
      }
    }
    return quantize(b, source, view_of_planes<P>(source.shape(), planes.data()), with);
  }

  /// Of all tensors that hold it.
  [[nodiscard]] std::uint64_t bytes(const safetensors_writer& out) const {
    std::uint64_t sum = 0;
    for (const std::string& name : names_) sum += out.bytes(name);
    for (const std::string& name : others_) sum += out.bytes(name);
    return sum;
  }

 private:
  static std::string quant_type() { return std::same_as<typename P::codec, nf4_codec> ? "nf4" : "fp4"; }
  static std::string state_suffix() { return detail::concat(".quant_state.bitsandbytes__", quant_type()); }

  template <backend B, element_source S>
  void declare_bitsandbytes(safetensors_writer& out, const B& b, const S& source, const std::string& before,
                            const options& with) {
    const extents shape = source.shape();
    const std::uint64_t blocks = P::grouping::groups(shape).size();
    bitsandbytes_state state{
        .quant_type = quant_type(), .blocksize = P::grouping::block, .dtype = before, .shape = dimensions_};
    out.add(name_, safetensors_dtype::u8, {(shape.size() + 1) / 2, 1});
    out.add(name_ + ".quant_map", safetensors_dtype::f32, {16});
    names_ = {name_, name_ + ".absmax"};
    others_ = {name_ + ".quant_map", name_ + state_suffix()};
    if constexpr (detail::is_nested<P>) {
      constexpr std::uint64_t nested = P::scale::grouping::block;
      state.nested_blocksize = nested;
      state.nested_dtype = "float32";
      state.nested_offset = static_cast<double>(mean_of_scales<P>(b, source, with));
      out.add(name_ + ".absmax", safetensors_dtype::u8, {blocks});
      out.add(name_ + ".nested_absmax", safetensors_dtype::f32, {(blocks + nested - 1) / nested});
      out.add(name_ + ".nested_quant_map", safetensors_dtype::f32, {256});
      names_.push_back(name_ + ".nested_absmax");
      others_.push_back(name_ + ".nested_quant_map");
    } else {
      out.add(name_ + ".absmax", safetensors_dtype::f32, {blocks});
    }
    state_ = bitsandbytes_state_text(state);
    out.add(name_ + state_suffix(), safetensors_dtype::u8, {state_.size()});
  }

  /// bitsandbytes' own maps have no -0.
  template <class Codec>
  void copy_map(const safetensors_writer& out, const std::string& suffix) const {
    std::uint8_t* to = out.data(name_ + suffix);
    for (std::size_t i = 0; i < std::size_t{1} << Codec::bits; ++i) {
      low_bits_first::put<32>(to, i, fp32_codec::encode(Codec::values[i] == 0 ? 0.0f : Codec::values[i]));
    }
  }

  std::string name_;
  std::vector<std::uint64_t> dimensions_;
  std::vector<std::string> names_;   ///< of the tensors that hold the planes, in order
  std::vector<std::string> others_;  ///< of the tensors beside them
  std::string state_;
};

}  // namespace detent::inline v0::inline DETENT_ISA

#endif
