// SPDX-License-Identifier: MIT
//
// Types as a list, and a name at run time as one of them: only the listed types are instantiated.
#ifndef DETENT_CORE_TYPE_LIST_HPP
#define DETENT_CORE_TYPE_LIST_HPP

#include <cstddef>

#include "detent/core/precision.hpp"

namespace detent::inline v0 {

template <class... Types>
struct type_list {
  static constexpr std::size_t size = sizeof...(Types);

  /// Calls f.template operator()<T>() for every type.
  template <class F>
  [[gnu::always_inline]] static constexpr void for_each(F&& f) {
    (f.template operator()<Types>(), ...);
  }
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail::inline DETENT_ISA {

template <class Name>
constexpr bool same_text(const char* a, const Name& name) {
  if (__builtin_strlen(a) != name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (a[i] != name.data()[i]) return false;
  }
  return true;
}

/// Anything that is text, as data() and size().
struct text {
  const char* data_;
  std::size_t size_;
  DETENT_INLINE constexpr text(const char* s) : data_(s), size_(__builtin_strlen(s)) {}
  template <class Text>
    requires requires(const Text& t) {
      { t.data() } -> std::convertible_to<const char*>;
      { t.size() } -> std::convertible_to<std::size_t>;
    }
  DETENT_INLINE constexpr text(const Text& t) : data_(t.data()), size_(t.size()) {}
  DETENT_INLINE constexpr const char* data() const { return data_; }
  DETENT_INLINE constexpr std::size_t size() const { return size_; }
};

template <is_precision... P>
[[noreturn]] void fail_unknown_precision(text name) {
  error e;
  append(e, "there is no precision \"");
  append(e, name);
  append(e, "\"; choose one of");
  const char* separator = " ";
  ((append(e, separator), append(e, P::name), separator = ", "), ...);
  fail(e);
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// Calls f.template operator()<P>() for the precision of that name and returns true; false if none has it.
template <is_precision... P, class F>
constexpr bool try_visit_precision(detail::text name, F&& f) {
  return ((detail::same_text(P::name, name) ? (f.template operator()<P>(), true) : false) || ...);
}

/// The same; an unknown name is refused with the list of the known ones.
template <is_precision... P, class F>
constexpr void visit_precision(detail::text name, F&& f) {
  if (!try_visit_precision<P...>(name, f)) detail::fail_unknown_precision<P...>(name);
}

template <class F, is_precision... P>
constexpr void visit_precision(type_list<P...>, detail::text name, F&& f) {
  visit_precision<P...>(name, f);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif
