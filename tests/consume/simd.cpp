// SPDX-License-Identifier: MIT
//
// The component simd: xsimd is found.
#include <detent/backend/simd.hpp>

#include <cstdio>

int main() { std::puts("detent::simd is found"); }
