# Compiler, warnings, build types and the instrumented builds.

include(GNUInstallDirs)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Dev CACHE STRING "Dev or Release" FORCE)
endif()
# Assertions stay on in every build type: NDEBUG is never defined (docs/contributing.md).
set(CMAKE_C_FLAGS_DEV "-Og -g3")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")

add_compile_options(
  -Wall -Wextra -Wpedantic -Werror
  -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes
  -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wimplicit-fallthrough)
add_compile_options(-fstack-protector-strong)
add_compile_definitions(_GNU_SOURCE HERD_VERSION="${PROJECT_VERSION}")
include_directories("${CMAKE_SOURCE_DIR}")

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  include(CheckIPOSupported)
  check_ipo_supported(RESULT herd_ipo OUTPUT herd_ipo_reason LANGUAGES C)
  if(herd_ipo)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  endif()
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()

if(HERD_SANITIZE)
  add_compile_options(-fsanitize=${HERD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${HERD_SANITIZE})
endif()
if(HERD_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(HERD_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "libFuzzer needs clang: use `cmake --preset fuzz`.")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
