# SPDX-License-Identifier: MIT
#
# Finds xsimd for the build and for the installed package alike. Two things are stepped around: xsimd's version file
# refuses every other major version, and Debian's target of 8.1 links a library, xtl, that its package does not bring.
# So no version is asked for, and only the include directory is taken.
include_guard()

# The include directory of whichever target xsimd defines.
function(detent_copy_xsimd target)
  foreach(candidate IN ITEMS xsimd::xsimd xsimd)
    if(TARGET ${candidate} AND NOT TARGET ${target})
      get_target_property(directories ${candidate} INTERFACE_INCLUDE_DIRECTORIES)
      add_library(${target} INTERFACE IMPORTED GLOBAL)
      target_include_directories(${target} SYSTEM INTERFACE ${directories})
    endif()
  endforeach()
endfunction()

function(detent_find_xsimd target)
  find_package(xsimd QUIET)
  detent_copy_xsimd(${target})
  if(NOT TARGET ${target})
    find_path(DETENT_XSIMD_INCLUDE_DIR xsimd/xsimd.hpp)
    mark_as_advanced(DETENT_XSIMD_INCLUDE_DIR)
    if(DETENT_XSIMD_INCLUDE_DIR)
      add_library(${target} INTERFACE IMPORTED GLOBAL)
      target_include_directories(${target} SYSTEM INTERFACE "${DETENT_XSIMD_INCLUDE_DIR}")
    endif()
  endif()
endfunction()
