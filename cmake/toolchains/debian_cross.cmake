# SPDX-License-Identifier: MIT
#
# What Debian's cross compilers have in common: `processor` is built by PROCESSOR-linux-gnu-g++ and run by qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${processor})
set(CMAKE_CXX_COMPILER ${processor}-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-${processor};-L;/usr/${processor}-linux-gnu)

set(CMAKE_FIND_ROOT_PATH /usr/${processor}-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
# All packages that are used when crossing consist of headers: this machine's serve. Only Catch2's main is built anew.
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE BOTH)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)
# Debian keeps xsimd's package below the directory of the machine's own architecture, which is not searched when
# crossing; its headers are found by name.
