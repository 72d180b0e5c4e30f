// expect: a view has 1 to 4 axes
// SPDX-License-Identifier: MIT
#include <detent/core/view.hpp>

#ifdef CORRECT
detent::tensor_view<const float, 4> weights;
#else
detent::tensor_view<const float, 5> weights;
#endif
