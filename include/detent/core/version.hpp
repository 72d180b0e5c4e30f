// SPDX-License-Identifier: MIT
//
// The version of detent. Every name lives in the inline namespace `v0`, which changes with the major version, so
// that two versions can be linked into one program.
#ifndef DETENT_CORE_VERSION_HPP
#define DETENT_CORE_VERSION_HPP

#define DETENT_VERSION_MAJOR 0
#define DETENT_VERSION_MINOR 1
#define DETENT_VERSION_PATCH 0

#endif
