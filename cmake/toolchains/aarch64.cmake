# SPDX-License-Identifier: MIT
#
# 64-bit Arm.
set(processor aarch64)
include("${CMAKE_CURRENT_LIST_DIR}/debian_cross.cmake")
