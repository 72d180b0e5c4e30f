// SPDX-License-Identifier: MIT
//
// The header of a safetensors file, read as strictly as the format is written down: every rule of the reference reader,
// and beyond it no key twice, no unknown key in a tensor, nothing but strings in the metadata, at most 64 dimensions.
// Each rule refuses with its own sentence, with file, tensor and byte offset.
#ifndef DETENT_FILE_SAFETENSORS_HEADER_HPP
#define DETENT_FILE_SAFETENSORS_HEADER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "detent/file/safetensors_header_reader.hpp"
#include "detent/file/safetensors_types.hpp"
#include "detent/file/text.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// N, after the checks that need no JSON.
inline std::uint64_t header_length(const std::uint8_t* data, std::uint64_t file_size, std::string_view file) {
  if (file_size < 8) fail(file, ": the file has ", file_size, " bytes, too small for the 8 bytes of the header length");
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | data[i];
  if (length > safetensors_header_limit) {
    fail(file, ": the header length at byte 0 is ", length, ", too large: at most ", safetensors_header_limit);
  }
  if (length > file_size - 8) {
    fail(file, ": the header length at byte 0 is ", length, ", but only ", file_size - 8, " bytes follow it");
  }
  if (length == 0) fail(file, ": the header length at byte 0 is 0, but the header must begin with '{'");
  if (data[8] != '{') fail(file, ": the header must begin with '{' at byte 8");
  return length;
}

/// Sorts by name and refuses a name that is there twice.
inline void index_names(safetensors_header& header, std::string_view file) {
  const auto& tensors = header.tensors;
  auto& order = header.by_name;
  order.resize(tensors.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int side = tensors[a].name.compare(tensors[b].name);
    return side != 0 ? side < 0 : a < b;
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const tensor_info& a = tensors[order[i - 1]];
    const tensor_info& b = tensors[order[i]];
    if (a.name == b.name) {
      fail(file, ": duplicate tensor ", quote(a.name), " (at bytes ", std::min(a.described_at, b.described_at), " and ",
           std::max(a.described_at, b.described_at), ")");
    }
  }
}

/// The tensors, sorted by place, must follow each other from 0 to the end of the file without a hole or an overlap.
inline void check_layout(const safetensors_header& header, std::uint64_t file_size, std::string_view file) {
  std::uint64_t last = 0;
  for (const tensor_info& t : header.tensors) {
    const auto refuse = [&](const auto&... parts) {
      fail(file, ": tensor ", quote(t.name), " (at byte ", t.described_at, "): data_offsets [", t.begin, ", ", t.end,
           "] ", parts...);
    };
    if (t.end < t.begin) refuse("end before they begin");
    if (t.begin > last) refuse("leave a hole of ", t.begin - last, " bytes after the end of the tensor before, ", last);
    if (t.begin < last) refuse("overlap the tensor before, which ends at ", last);
    const std::uint64_t needed = needed_bytes(t, file);
    if (needed != t.bytes()) {
      refuse("hold ", t.bytes(), " bytes, but shape ", shape_text(t.shape), " of ", facts_of(t.dtype).name, " needs ",
             needed);
    }
    last = t.end;
  }
  const std::uint64_t room = file_size - header.data_begin;
  if (last > room)
    fail(file, ": truncated: the tensors need ", last, " bytes after the header, but the file has ", room);
  if (last < room) {
    fail(file, ": ", room - last, " trailing bytes that belong to no tensor, from byte ", header.data_begin + last);
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// Reads the header of the file whose `file_size` bytes start at `data`; `name` is for sentences. Only the header's
/// bytes are touched. Refuses every file that is not valid to the last byte.
inline safetensors_header parse_safetensors_header(const std::uint8_t* data, std::uint64_t file_size,
                                                   std::string_view name) {
  std::string file = detail::shortened(name);
  std::uint64_t length = detail::header_length(data, file_size, file);
  const std::uint64_t data_begin = 8 + length;
  const std::uint8_t* text = data + 8;
  while (length > 1 && (text[length - 1] == ' ' || text[length - 1] == '\n')) --length;

  detail::safetensors_header_reader reader({file, "the header", text, static_cast<std::size_t>(length), 8, file_size});
  reader.read();
  safetensors_header header = std::move(reader.header);
  header.data_begin = data_begin;
  std::sort(header.tensors.begin(), header.tensors.end(), [](const tensor_info& a, const tensor_info& b) {
    return std::tie(a.begin, a.end, a.described_at) < std::tie(b.begin, b.end, b.described_at);
  });
  detail::index_names(header, file);
  detail::check_layout(header, file_size, file);
  return header;
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif
