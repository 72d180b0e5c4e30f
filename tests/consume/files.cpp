// SPDX-License-Identifier: MIT
//
// The component files: nlohmann_json is found.
#include <detent/file/safetensors.hpp>

#include <cstdio>

int main() { std::puts("detent::files is found"); }
