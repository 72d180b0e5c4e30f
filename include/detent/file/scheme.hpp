// SPDX-License-Identifier: MIT
//
// How detent stores a quantized tensor NAME in a safetensors file, where the world has no convention of its own:
//
//   __metadata__ "detent:NAME"     "int4 [320, 2880]"    the precision's name, and the tensor's shape
//   NAME                           the codes
//   NAME.scale                     the scales; NAME.scale.scale and so on where those are quantized too
//   NAME.shift, NAME.zero_point    where the precision has them
//
// A plane whose codes are a type of the file (F32, F16, I8, F8_E4M3, …) has that type and the shape of its tensor; any
// other is U8, its packed bytes in a row. Block-by-block formats are one U8 tensor [rows, bytes of a row]. Tensors of
// rank above 2 are quantized as the matrix [first axis, all others].
#ifndef DETENT_FILE_SCHEME_HPP
#define DETENT_FILE_SCHEME_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "detent/core/packed.hpp"
#include "detent/file/safetensors_types.hpp"
#include "detent/file/stored_tensor.hpp"
#include "detent/format/bf16.hpp"
#include "detent/format/e8m0.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/fp8_e4m3fn.hpp"
#include "detent/format/fp8_e4m3fnuz.hpp"
#include "detent/format/fp8_e5m2.hpp"
#include "detent/format/fp8_e5m2fnuz.hpp"

namespace detent::inline v0 {

/// The type that a codec's codes have in the file; none for codes that are packed.
template <codec C>
struct safetensors_type_of {
  static constexpr bool exists = C::bits == 8 && codec_of_kind<C, kind::integer>;
  static constexpr safetensors_dtype value = C::min < 0 ? safetensors_dtype::i8 : safetensors_dtype::u8;
};

/// A codec that refines another has its codes.
template <codec C>
  requires requires { typename C::base; }
struct safetensors_type_of<C> : safetensors_type_of<typename C::base> {};

namespace detail {
template <safetensors_dtype Type>
struct has_safetensors_type {
  static constexpr bool exists = true;
  static constexpr safetensors_dtype value = Type;
};
}  // namespace detail

template <>
struct safetensors_type_of<fp32_codec> : detail::has_safetensors_type<safetensors_dtype::f32> {};
template <>
struct safetensors_type_of<fp16_codec> : detail::has_safetensors_type<safetensors_dtype::f16> {};
template <>
struct safetensors_type_of<bf16_codec> : detail::has_safetensors_type<safetensors_dtype::bf16> {};
template <overflow O>
struct safetensors_type_of<fp8_e4m3fn_codec<O>> : detail::has_safetensors_type<safetensors_dtype::f8_e4m3> {};
template <overflow O>
struct safetensors_type_of<fp8_e5m2_codec<O>> : detail::has_safetensors_type<safetensors_dtype::f8_e5m2> {};
template <overflow O>
struct safetensors_type_of<fp8_e4m3fnuz_codec<O>> : detail::has_safetensors_type<safetensors_dtype::f8_e4m3fnuz> {};
template <overflow O>
struct safetensors_type_of<fp8_e5m2fnuz_codec<O>> : detail::has_safetensors_type<safetensors_dtype::f8_e5m2fnuz> {};
template <toward_power T>
struct safetensors_type_of<e8m0_codec<T>> : detail::has_safetensors_type<safetensors_dtype::f8_e8m0> {};

}  // namespace detent::inline v0

namespace detent::inline v0::inline DETENT_ISA {

/// One plane as a tensor of the file.
struct stored_plane {
  std::string name;
  safetensors_dtype dtype;
  std::vector<std::uint64_t> shape;
};

/// The metadata key of a quantized tensor.
inline std::string scheme_key(const std::string& name) { return "detent:" + name; }

}  // namespace detent::inline v0::inline DETENT_ISA

namespace detent::inline v0::detail::inline DETENT_ISA {

inline std::vector<std::uint64_t> dimensions_of(const extents& shape) {
  return std::vector<std::uint64_t>(shape.extent, shape.extent + shape.rank);
}

template <class P>
void append_planes(const std::string& name, const extents& shape, std::vector<stored_plane>& to) {
  if constexpr (!std::same_as<P, none>) {
    using C = typename P::codec;
    using type = safetensors_type_of<C>;
    if constexpr (type::exists)
      to.push_back({name, type::value, dimensions_of(shape)});
    else
      to.push_back({name, safetensors_dtype::u8, {P::packing::template bytes<C::bits>(shape.size())}});
    append_planes<typename P::scale>(name + ".scale", P::grouping::groups(shape), to);
    append_planes<typename P::shift>(name + ".shift", shift_shape<P>(shape), to);
    append_planes<typename P::zero_point>(name + ".zero_point", P::grouping::groups(shape), to);
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// The tensors that hold NAME in precision P, in the order of P's planes.
template <is_precision P>
std::vector<stored_plane> stored_planes(const std::string& name, const std::vector<std::uint64_t>& dimensions) {
  const extents shape = matrix_shape(dimensions);
  std::vector<stored_plane> planes;
  if constexpr (!detail::is_planar<P>) {
    const std::size_t row = shape.cols() / P::layout::elements * P::layout::bytes;
    planes.push_back({name, safetensors_dtype::u8, {shape.rows(), row}});
  } else {
    detail::append_planes<P>(name, shape, planes);
    // The codes keep the tensor's own shape where each has a place of its own.
    if constexpr (safetensors_type_of<typename P::codec>::exists) planes[0].shape = dimensions;
  }
  return planes;
}

/// True for precisions that a file can hold without metadata: the type says it all.
template <is_precision P>
inline constexpr bool is_plain = unscaled_precision<P> && safetensors_type_of<typename P::codec>::exists;

/// P's view of planes that lie at these addresses, in the order of stored_planes.
template <is_precision P, class Byte>
packed_view<P, Byte> view_of_planes(const extents& shape, Byte* const* planes) {
  if constexpr (!detail::is_planar<P>)
    return packed_view<P, Byte>(shape, planes[0]);
  else
    return packed_view<P, Byte>(shape, planes, std::size_t{0});
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif
