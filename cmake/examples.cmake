# SPDX-License-Identifier: MIT
#
# examples/NAME.cpp is a short program, run as a test. examples/NAME/ is a program of several files: detent_NAME, except
# that examples/cli makes `detent`.
find_package(Threads QUIET)

file(GLOB programs CONFIGURE_DEPENDS examples/*.cpp)
foreach(source IN LISTS programs)
  cmake_path(GET source STEM name)
  add_executable(example_${name} "${source}")
  target_link_libraries(example_${name} PRIVATE detent::detent)
  add_test(NAME examples.${name} COMMAND example_${name})
endforeach()

foreach(name IN ITEMS cli demo)
  file(GLOB sources CONFIGURE_DEPENDS examples/${name}/*.cpp)
  if(NOT sources)
    continue()
  endif()
  if(name STREQUAL "cli")
    detent_need(CLI11)
  endif()
  if(NOT TARGET detent::files OR (name STREQUAL "cli" AND NOT TARGET CLI11::CLI11))
    message(STATUS "detent: examples/${name} is left out; it needs nlohmann_json and, for cli, CLI11")
    continue()
  endif()
  add_executable(detent_${name} ${sources})
  target_link_libraries(detent_${name} PRIVATE detent::detent detent::files Threads::Threads)
  target_compile_options(detent_${name} PRIVATE -Wall -Wextra -Wpedantic)
  if(name STREQUAL "cli")
    set_target_properties(detent_cli PROPERTIES OUTPUT_NAME detent)
    target_link_libraries(detent_cli PRIVATE CLI11::CLI11)
  endif()
endforeach()
