# SPDX-License-Identifier: MIT
#
# examples/NAME.cpp is a short program, run as a test. examples/cli makes `detent`, examples/demo `detent_demo`; what
# they share, the templates of every precision above all, is compiled once, as examples/program.
detent_need(Eigen3)
find_package(Threads QUIET)

# What a program needs, by what it includes; it is left out where that is missing.
set(detent_example_needs
    "<detent/file/" detent::files
    "<detent/interop/eigen" Eigen3::Eigen
    "<thread>" Threads::Threads)

file(GLOB programs CONFIGURE_DEPENDS examples/*.cpp)
foreach(source IN LISTS programs)
  cmake_path(GET source STEM name)
  file(READ "${source}" text)
  set(links detent::detent)
  set(needs ${detent_example_needs})
  while(needs)
    list(POP_FRONT needs included target)
    string(FIND "${text}" "#include ${included}" at)
    if(NOT at EQUAL -1)
      list(APPEND links ${target})
    endif()
  endwhile()
  set(missing ${links})
  foreach(target IN LISTS links)
    if(TARGET ${target})
      list(REMOVE_ITEM missing ${target})
    endif()
  endforeach()
  if(missing)
    message(STATUS "detent: examples/${name}.cpp is left out; it needs ${missing}")
    continue()
  endif()
  add_executable(example_${name} "${source}")
  target_link_libraries(example_${name} PRIVATE ${links})
  target_compile_options(example_${name} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  detent_avx2_alone(example_${name})
  add_test(NAME examples.${name} COMMAND example_${name})
endforeach()

detent_need(CLI11)
if(NOT TARGET detent::files OR NOT TARGET CLI11::CLI11)
  message(STATUS "detent: the programs are left out; they need nlohmann_json and CLI11")
  return()
endif()
find_package(OpenMP QUIET COMPONENTS CXX)

file(GLOB program_sources CONFIGURE_DEPENDS examples/program/*.cpp)
add_library(detent_program STATIC ${program_sources})
target_include_directories(detent_program PUBLIC examples/program)
target_link_libraries(detent_program PUBLIC detent::detent detent::files)
target_compile_options(detent_program PUBLIC -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wno-sign-conversion
  -Wno-restrict)  # g++ 12 sees overlaps in std::string's operator+ that are not there
if(TARGET OpenMP::OpenMP_CXX)
  target_link_libraries(detent_program PUBLIC OpenMP::OpenMP_CXX)
endif()

file(GLOB cli_sources CONFIGURE_DEPENDS examples/cli/*.cpp)
add_executable(detent_cli ${cli_sources})
target_link_libraries(detent_cli PRIVATE detent_program CLI11::CLI11)
set_target_properties(detent_cli PROPERTIES OUTPUT_NAME detent)

file(GLOB demo_sources CONFIGURE_DEPENDS examples/demo/*.cpp)
add_executable(detent_demo ${demo_sources})
target_link_libraries(detent_demo PRIVATE detent_program CLI11::CLI11)

detent_avx2_alone(detent_program detent_cli detent_demo)
