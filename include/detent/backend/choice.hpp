// SPDX-License-Identifier: MIT
//
// The instruction sets of the processor family that the program is compiled for, by number. Families without kernels of
// their own have scalar alone.
#ifndef DETENT_BACKEND_CHOICE_HPP
#define DETENT_BACKEND_CHOICE_HPP

#include "detent/backend/instruction_set.hpp"

#if defined(__x86_64__)
#include "detent/backend/x86/choice.hpp"
#elif defined(__AARCH64EL__)
#include "detent/backend/arm/choice.hpp"
#else
namespace detent::inline v0::detail::inline DETENT_ISA {
using instruction_set_list = instruction_set_table<scalar_set>;
}  // namespace detent::inline v0::detail::inline DETENT_ISA
#endif

// DETENT_ISA, and what was left out; see x86/choice.hpp.
#if !defined(DETENT_CHOICE)
#define DETENT_CHOICE DETENT_ISA
#endif

namespace detent::inline v0::detail::inline DETENT_CHOICE {

inline constexpr const auto& instruction_set_names = instruction_set_list::names;
inline constexpr int instruction_sets = instruction_set_list::size;

/// The number of the best that runs here, `limit` at most.
inline int best_instruction_set(int limit = instruction_sets - 1) { return instruction_set_list::best(limit); }

/// f(the backend of that number).
template <class F>
auto with_instruction_set(int number, const F& f) {
  return instruction_set_list::with(number, f);
}

/// -1 if there is none of that name.
inline int instruction_set_number(const char* name) {
  for (int i = 0; i < instruction_sets; ++i) {
    if (__builtin_strcmp(instruction_set_names[i], name) == 0) return i;
  }
  return -1;
}

}  // namespace detent::inline v0::detail::inline DETENT_CHOICE

#endif
