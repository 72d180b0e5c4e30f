// SPDX-License-Identifier: MIT
//
// The tensors of a checkpoint as their reader understands them: those that several tensors of the file hold together
// (detent's scheme, bitsandbytes), floats of every type, and the rest, whose elements stay what they are.
#ifndef DETENT_FILE_CATALOG_HPP
#define DETENT_FILE_CATALOG_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detent/core/type_list.hpp"
#include "detent/file/bitsandbytes.hpp"
#include "detent/file/scheme.hpp"
#include "detent/file/sparse_bitmask.hpp"
#include "detent/file/sparse_csr.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Collects the tensors of one checkpoint; `Formats` are the precisions that it can decode, on backend B.
template <backend B, class Formats>
class catalog {
 public:
  explicit catalog(const safetensors_checkpoint& from) : from_(from) {
    for (const safetensors_file& file : from.files()) {
      for (const auto& [key, value] : file.metadata()) {
        if (key.starts_with("detent:")) add_scheme(file, key.substr(7), value);
      }
    }
    for (const checkpoint_tensor& t : from.tensors()) {
      const std::string& name = t.info->name;
      if (const std::size_t at = name.find(".quant_state.bitsandbytes__"); at != name.npos) {
        add_bitsandbytes(name.substr(0, at), t);
      } else if (name.ends_with(".SCB")) {
        add_llm_int8(name.substr(0, name.size() - 4), t);
      } else if (name.ends_with(".bitmask")) {
        add_sparse(name.substr(0, name.size() - 8), t);
      } else if (name.ends_with(".crow")) {
        add_csr(name.substr(0, name.size() - 5), t);
      }
    }
    for (const checkpoint_tensor& t : from.tensors()) {
      if (used_.find(t.info->name) == used_.end()) add_plain(t);
    }
    sort();
  }

  std::vector<stored_tensor> tensors;

 private:
  [[noreturn]] static void refuse(const safetensors_file& file, const std::string& name, const std::string& why) {
    fail(shortened(file.path()), ": tensor ", quote(name), " ", why);
  }

  checkpoint_tensor part(const safetensors_file& file, const std::string& owner, const std::string& name,
                         safetensors_dtype type, std::uint64_t bytes) {
    const checkpoint_tensor t = from_.find(name);
    if (t.info == nullptr) refuse(file, owner, concat("lacks its part ", quote(name)));
    if (t.info->dtype != type || t.info->bytes() != bytes) {
      fail(shortened(t.file->path()), ": tensor ", quote(name), " has ", t.info->bytes(), " bytes of ",
           facts_of(t.info->dtype).name, " where ", quote(owner), " needs ", bytes, " of ", facts_of(type).name,
           " (at byte ", t.info->described_at, ")");
    }
    return use(owner, t);
  }

  checkpoint_tensor use(const std::string& owner, const checkpoint_tensor& t) {
    if (!used_.insert(t.info->name).second)
      refuse(*t.file, t.info->name, concat("belongs to two tensors, ", quote(owner)));
    return t;
  }

  template <class F>
  static void visit(const safetensors_file& file, const std::string& name, const std::string& precision, const F& f) {
    std::string known;
    bool found = false;
    Formats::for_each([&]<class P>() {
      known += concat(known.empty() ? "" : ", ", P::name);
      if (precision != P::name) return;
      found = true;
      f.template operator()<P>();
    });
    if (!found) refuse(file, name, concat("has the precision ", quote(precision), "; known are ", known));
  }

  /// "int4 [320, 2880]"
  static std::pair<std::string, std::vector<std::uint64_t>> parse_description(const safetensors_file& file,
                                                                              const std::string& name,
                                                                              const std::string& text) {
    std::pair<std::string, std::vector<std::uint64_t>> parsed;
    const std::size_t space = text.find(" [");
    bool good = space != text.npos && text.back() == ']' && text.size() < 1024;
    std::uint64_t elements = 1;
    std::size_t at = space + 2;
    while (good && text.compare(at, text.npos, "]") != 0) {
      std::uint64_t extent = 0;
      const std::size_t from = at;
      for (; good && at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
        const auto digit = static_cast<std::uint64_t>(text[at] - '0');
        good = !__builtin_mul_overflow(extent, 10u, &extent) && !__builtin_add_overflow(extent, digit, &extent);
      }
      good = good && at > from && !__builtin_mul_overflow(elements, extent, &elements);
      good = good && elements <= (std::uint64_t{1} << 48);
      parsed.second.push_back(extent);
      if (text.compare(at, 2, ", ") == 0 && text[at + 2] != ']')
        at += 2;
      else
        good = good && at + 1 == text.size();
    }
    if (!good) refuse(file, name, concat("has the metadata ", quote(text), ", which is no precision and shape"));
    parsed.first = text.substr(0, space);
    return parsed;
  }

  void add_scheme(const safetensors_file& file, const std::string& name, const std::string& text) {
    auto [precision, dimensions] = parse_description(file, name, text);
    stored_tensor t{.name = name, .precision = precision, .dimensions = dimensions};
    visit(file, name, precision, [&]<class P>() {
      check_precision<P>((shortened(file.path()) + ": tensor " + quote(name)).c_str(), t.shape());
      const std::vector<stored_plane> planes = stored_planes<P>(name, t.dimensions);
      std::vector<const std::uint8_t*> addresses;
      for (const stored_plane& plane : planes) {
        const std::uint64_t bytes =
            needed_bytes({.name = plane.name, .dtype = plane.dtype, .shape = plane.shape}, shortened(file.path()));
        t.parts.push_back(part(file, name, plane.name, plane.dtype, bytes));
        addresses.push_back(t.parts.back().data());
      }
      t.reader = std::make_unique<packed_reader<B, P>>(view_of_planes<P>(t.shape(), addresses.data()));
    });
    tensors.push_back(std::move(t));
  }

  void add_bitsandbytes(const std::string& name, const checkpoint_tensor& blob) {
    const bitsandbytes_state state = parse_bitsandbytes_state(blob);
    const safetensors_file& file = *blob.file;
    if (!blob.info->name.ends_with("bitsandbytes__" + state.quant_type)) {
      refuse(file, blob.info->name, concat("has the quant_type ", quote(state.quant_type), ", unlike its name"));
    }
    std::uint64_t n = 1;
    for (const std::uint64_t extent : state.shape) n *= extent;
    const std::uint64_t blocks = (n + state.blocksize - 1) / state.blocksize;
    const bool nested = state.nested_blocksize != 0;
    stored_tensor t{.name = name,
                    .precision = "bnb::" + state.quant_type + (nested ? "_double_quant" : ""),
                    .dimensions = state.shape};
    const checkpoint_tensor weight = from_.find(name);
    if (weight.info == nullptr) refuse(file, blob.info->name, concat("describes ", quote(name), ", which is missing"));
    // quant_storage: the same bytes may be typed as floats; they are padded up to whole elements.
    const std::uint64_t unit = facts_of(weight.info->dtype).bits / 8;
    const std::uint64_t bytes = unit == 0 ? 0 : ((n + 1) / 2 + unit - 1) / unit * unit;
    t.parts.push_back(part(file, name, name, weight.info->dtype, bytes));
    bitsandbytes_reader::planes from{.codes = t.parts.back().data()};
    const auto plane = [&](const char* suffix, safetensors_dtype type, std::uint64_t count) {
      t.parts.push_back(part(file, name, name + suffix, type, count * facts_of(type).bits / 8));
      return t.parts.back().data();
    };
    from.absmax = plane(".absmax", nested ? safetensors_dtype::u8 : safetensors_dtype::f32, blocks);
    from.map = plane(".quant_map", safetensors_dtype::f32, 16);
    if (nested) {
      const std::uint64_t nested_blocks = (blocks + state.nested_blocksize - 1) / state.nested_blocksize;
      from.nested_absmax = plane(".nested_absmax", safetensors_dtype::f32, nested_blocks);
      from.nested_map = plane(".nested_quant_map", safetensors_dtype::f32, 256);
    }
    t.parts.push_back(use(name, blob));
    t.reader = std::make_unique<bitsandbytes_reader>(from, state);
    tensors.push_back(std::move(t));
  }

  void add_llm_int8(const std::string& prefix, const checkpoint_tensor& scb) {
    const std::string name = prefix + ".weight";
    const checkpoint_tensor weight = from_.find(name);
    if (weight.info == nullptr || weight.info->dtype != safetensors_dtype::i8 || weight.info->shape.size() != 2) return;
    stored_tensor t{.name = name, .precision = "bnb::int8", .dimensions = weight.info->shape};
    t.parts.push_back(use(name, weight));
    t.parts.push_back(part(*scb.file, name, scb.info->name, safetensors_dtype::f32, t.dimensions[0] * 4));
    if (const checkpoint_tensor format = from_.find(prefix + ".weight_format"); format.info != nullptr) {
      t.parts.push_back(part(*scb.file, name, prefix + ".weight_format", safetensors_dtype::u8, 1));
      if (format.data()[0] != 0) refuse(*format.file, format.info->name, "names a layout other than rows");
    }
    const std::uint8_t* addresses[] = {t.parts[0].data(), t.parts[1].data()};
    visit(*scb.file, name, t.precision, [&]<class P>() {
      if constexpr (plane_count<P> == 2) {
        t.reader = std::make_unique<packed_reader<B, P>>(view_of_planes<P>(t.shape(), addresses));
      }
    });
    tensors.push_back(std::move(t));
  }

  /// Floats that compressed-tensors stores sparse. Other tensors of that name are plain.
  void add_sparse(const std::string& prefix, const checkpoint_tensor& bits) {
    const checkpoint_tensor values = from_.find(prefix + ".compressed");
    if (values.info == nullptr || bits.info->dtype != safetensors_dtype::u8) return;
    stored_tensor t{.name = prefix + ".weight"};
    Formats::for_each([&]<class P>() {
      if constexpr (is_plain<P> && !codec_of_kind<typename P::codec, kind::integer>) {
        if (t.reader != nullptr || safetensors_type_of<typename P::codec>::value != values.info->dtype) return;
        mapped_sparse<bitmask, P> from(from_, prefix);
        const extents shape = from.view().shape;
        t.precision = P::name;
        t.dimensions = {shape[0], shape[1]};
        for (const checkpoint_tensor& p : from.parts()) t.parts.push_back(use(t.name, p));
        t.reader = std::make_unique<sparse_reader<B, P>>(std::move(from));
      }
    });
    if (t.reader != nullptr) tensors.push_back(std::move(t));
  }

  /// Floats in compressed rows. Other tensors of that name are plain.
  void add_csr(const std::string& prefix, const checkpoint_tensor& rows) {
    const checkpoint_tensor values = from_.find(prefix + ".values");
    if (values.info == nullptr || rows.info->dtype != safetensors_dtype::i64) return;
    Formats::for_each([&]<class P>() {
      if constexpr (is_plain<P> && !codec_of_kind<typename P::codec, kind::integer>) {
        if (safetensors_type_of<typename P::codec>::value != values.info->dtype || used_.contains(values.info->name)) {
          return;
        }
        const mapped_csr from(from_, prefix);
        stored_tensor t{.name = prefix + ".weight",
                        .precision = std::string(P::name),
                        .dimensions = {from.shape()[0], from.shape()[1]}};
        for (const checkpoint_tensor& p : from.parts()) t.parts.push_back(use(t.name, p));
        t.reader = std::make_unique<csr_reader<B, P>>(from);
        tensors.push_back(std::move(t));
      }
    });
  }

  void add_plain(const checkpoint_tensor& from) {
    stored_tensor t{.name = from.info->name,
                    .precision = std::string(facts_of(from.info->dtype).name),
                    .dimensions = from.info->shape,
                    .parts = {from}};
    if (from.info->dtype == safetensors_dtype::f64) t.reader = std::make_unique<double_reader>(from.data());
    Formats::for_each([&]<class P>() {
      if constexpr (is_plain<P> && !codec_of_kind<typename P::codec, kind::integer>) {
        if (t.reader != nullptr || safetensors_type_of<typename P::codec>::value != from.info->dtype) return;
        const std::uint8_t* address[] = {from.data()};
        t.precision = P::name;
        t.reader = std::make_unique<packed_reader<B, P>>(view_of_planes<P>(t.shape(), address));
      }
    });
    tensors.push_back(std::move(t));
  }

  /// In the order of the file: where the codes lie.
  void sort() {
    std::sort(tensors.begin(), tensors.end(), [](const stored_tensor& a, const stored_tensor& b) {
      const checkpoint_tensor& x = a.parts[0];
      const checkpoint_tensor& y = b.parts[0];
      return x.file != y.file ? x.file < y.file : x.info->described_at < y.info->described_at;
    });
  }

  const safetensors_checkpoint& from_;
  std::set<std::string> used_;
};

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// All tensors of a checkpoint, which must outlive them. Refuses parts that are missing, of the wrong size, or unknown
/// precisions, naming the file and the tensor.
template <class Formats, backend B>
std::vector<stored_tensor> stored_tensors(const B&, const safetensors_checkpoint& from) {
  return std::move(detail::catalog<B, Formats>(from).tensors);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif
