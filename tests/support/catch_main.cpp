// SPDX-License-Identifier: MIT
//
// Catch's main, where the installed library is for another processor.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
