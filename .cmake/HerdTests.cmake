# Tests: one ctest test is one program; its labels say what it needs (docs/testing.md).

# The exit status of a test that cannot run here (HERD_EXIT_SKIPPED of tests/support/herd.h).
set(HERD_SKIPPED 77)
# Inputs of each fuzz driver in the fuzz preset, from a fixed seed: the same ones each time, or as
# many of them as a slow driver makes in a minute.
set(HERD_FUZZ_RUNS 200000 CACHE STRING "inputs that ctest gives each fuzz driver in a fuzz build")

set(HERD_TSAN_SUPPRESSIONS "${CMAKE_SOURCE_DIR}/tests/tsan.supp")
# The environment of tests and of the programs that they start: a sanitizer's report ends a process.
set(HERD_TEST_ENVIRONMENT
  "HERD_BIN=${CMAKE_BINARY_DIR}/bin"
  "HERD_SOURCE=${CMAKE_SOURCE_DIR}"
  "UBSAN_OPTIONS=print_stacktrace=1"
  "TSAN_OPTIONS=halt_on_error=1:history_size=7:second_deadlock_stack=1:suppressions=${HERD_TSAN_SUPPRESSIONS}")

# herd_test(NAME PROGRAM LABELS TIMEOUT_S [arguments...]): a test program and its environment.
function(herd_test name program labels timeout_s)
  add_test(NAME ${name} COMMAND ${program} ${ARGN})
  set_tests_properties(${name} PROPERTIES
    LABELS "${labels}" TIMEOUT ${timeout_s} SKIP_RETURN_CODE ${HERD_SKIPPED}
    ENVIRONMENT "${HERD_TEST_ENVIRONMENT}")
endfunction()

# Adds files of tests/support that are not in herd_test_support, named without their ending.
function(herd_add_support target)
  list(TRANSFORM ARGN PREPEND "${CMAKE_SOURCE_DIR}/tests/support/" OUTPUT_VARIABLE files)
  list(TRANSFORM files APPEND ".c")
  target_sources(${target} PRIVATE ${files})
endfunction()

# herd_unit_tests(ROOM NAME... [SUPPORT FILE...] [LIBRARIES ...]): each tests/unit/ROOM/test_NAME.c
# becomes a program that links the room alone, tests/support/FILE.c and LIBRARIES.
function(herd_unit_tests room)
  cmake_parse_arguments(PARSE_ARGV 1 test "" "" "SUPPORT;LIBRARIES")
  foreach(name IN LISTS test_UNPARSED_ARGUMENTS)
    string(REPLACE "/" "_" target "test_${room}_${name}")
    add_executable(${target} "${CMAKE_SOURCE_DIR}/tests/unit/${room}/test_${name}.c")
    herd_add_support(${target} ${test_SUPPORT})
    herd_link(${target} ${room})
    target_link_libraries(${target} PRIVATE ${test_LIBRARIES} PkgConfig::CMOCKA)
    target_compile_definitions(${target} PRIVATE HERD_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    herd_test(unit/${room}/${name} ${target} unit 120)
  endforeach()
endfunction()

# herd_component_test(NAME ROOM...): tests/component/test_NAME.c, several rooms in one process.
function(herd_component_test name)
  add_executable(component_${name} "${CMAKE_SOURCE_DIR}/tests/component/test_${name}.c")
  herd_link(component_${name} ${ARGN})
  target_link_libraries(component_${name} PRIVATE herd_test_support)
  herd_test(component/${name} component_${name} component 120)
endfunction()

# herd_system_tests(NAME... [SUPPORT FILE...] [LIBRARIES ...] [LABELS ...]): the real programs,
# tests/system/test_NAME.c. They mostly wait: several at a time, but for herd_run_alone.
function(herd_system_tests)
  cmake_parse_arguments(PARSE_ARGV 0 test "" "" "SUPPORT;LIBRARIES;LABELS")
  foreach(name IN LISTS test_UNPARSED_ARGUMENTS)
    add_executable(system_${name} "${CMAKE_SOURCE_DIR}/tests/system/test_${name}.c")
    herd_add_support(system_${name} ${test_SUPPORT})
    target_link_libraries(system_${name} PRIVATE herd_test_support ${test_LIBRARIES})
    herd_test(system/${name} system_${name} "system;${test_LABELS}" 300)
  endforeach()
endfunction()

# herd_in_singles(LABEL NAME...): system tests, also attacks/NAME, once more, with members that are
# one process each (HERD_FORM, tests/support/herd.h). Behind herd_run_alone.
function(herd_in_singles label)
  foreach(name IN LISTS ARGN)
    string(REGEX REPLACE "^attacks/" "attack_" program "${name}")
    if(program STREQUAL name)
      set(program system_${name})
    endif()
    herd_test(system/${name}_single ${program} "system;${label}" 600)
    set_property(TEST system/${name}_single APPEND PROPERTY ENVIRONMENT HERD_FORM=single)
    get_test_property(system/${name} RUN_SERIAL alone)
    if(alone)
      set_tests_properties(system/${name}_single PROPERTIES RUN_SERIAL ON)
    endif()
  endforeach()
endfunction()

# herd_attack_tests(NAME...): the same for tests/system/attacks/test_NAME.c: what strangers, lacks
# and odd files do to the real programs.
function(herd_attack_tests)
  foreach(name IN LISTS ARGN)
    add_executable(attack_${name} "${CMAKE_SOURCE_DIR}/tests/system/attacks/test_${name}.c")
    target_link_libraries(attack_${name} PRIVATE herd_test_support)
    herd_test(system/attacks/${name} attack_${name} "system" 300)
  endforeach()
endfunction()

# herd_run_alone(NAME...): system tests that take all processors, or measure what a process takes.
function(herd_run_alone)
  list(TRANSFORM ARGN PREPEND system/)
  set_tests_properties(${ARGN} PROPERTIES RUN_SERIAL ON)
endfunction()

# herd_fuzz_test(NAME ROOM...): tests/fuzz/fuzz_NAME.c with the corpus tests/fuzz/corpus/NAME. In a
# fuzz build the driver makes HERD_FUZZ_RUNS inputs of it; in all others it replays it.
function(herd_fuzz_test name)
  set(corpus "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name}")
  add_executable(fuzz_${name} "${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c")
  herd_link(fuzz_${name} ${ARGN})
  if(HERD_FUZZ)
    set(found "${CMAKE_BINARY_DIR}/tests/fuzz/${name}")
    file(MAKE_DIRECTORY "${found}")
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    # libFuzzer writes what it finds to the first folder: never the corpus in the source.
    herd_test(fuzz/${name} fuzz_${name} fuzz 600 -runs=${HERD_FUZZ_RUNS} -seed=1 -max_len=4096
              -max_total_time=60 -artifact_prefix=${found}- "${found}" "${corpus}")
  else()
    target_sources(fuzz_${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c")
    herd_test(fuzz/${name} fuzz_${name} fuzz 600 "${corpus}")
  endif()
endfunction()

# herd_bench(NAME ROOM...): tests/bench/bench_NAME.c, figures for people; tests/run leaves it out.
function(herd_bench name)
  add_executable(bench_${name} "${CMAKE_SOURCE_DIR}/tests/bench/bench_${name}.c")
  herd_link(bench_${name} ${ARGN})
  target_link_libraries(bench_${name} PRIVATE herd_test_support)
  herd_test(bench/${name} bench_${name} bench 1800)
  set_tests_properties(bench/${name} PROPERTIES RUN_SERIAL ON)
endfunction()
