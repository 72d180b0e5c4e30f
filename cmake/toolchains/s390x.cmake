# SPDX-License-Identifier: MIT
#
# IBM Z: big-endian.
set(processor s390x)
include("${CMAKE_CURRENT_LIST_DIR}/debian_cross.cmake")
