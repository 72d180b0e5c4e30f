# SPDX-License-Identifier: MIT
#
# Headers, the CMake package and the pkg-config file. Nothing of it depends on the processor, so all goes to share/.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(detent_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/detent")
get_property(detent_components GLOBAL PROPERTY DETENT_COMPONENTS)

install(TARGETS detent EXPORT detentTargets FILE_SET HEADERS FILE_SET included)
foreach(component IN LISTS detent_components)
  install(TARGETS detent_${component} EXPORT detentTargets FILE_SET HEADERS)
endforeach()
install(EXPORT detentTargets NAMESPACE detent:: DESTINATION "${detent_package_dir}")

configure_package_config_file(
  cmake/detentConfig.cmake.in "${PROJECT_BINARY_DIR}/detentConfig.cmake" INSTALL_DESTINATION "${detent_package_dir}")
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/detentConfigVersion.cmake" COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(
  FILES "${PROJECT_BINARY_DIR}/detentConfig.cmake" "${PROJECT_BINARY_DIR}/detentConfigVersion.cmake"
        cmake/detentXsimd.cmake
  DESTINATION "${detent_package_dir}")

if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(detent_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
else()
  set(detent_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
# Relative to the file itself, so that the installed tree can be moved.
set(detent_pc_prefix "\${pcfiledir}/../..")
if(IS_ABSOLUTE "${CMAKE_INSTALL_DATADIR}")
  set(detent_pc_prefix "${CMAKE_INSTALL_PREFIX}")
endif()
configure_file(cmake/detent.pc.in "${PROJECT_BINARY_DIR}/detent.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/detent.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
