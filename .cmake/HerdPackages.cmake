# The libraries, found by pkg-config; a missing one is named with the Debian package that has it.

find_package(PkgConfig)
if(NOT PKG_CONFIG_FOUND)
  message(FATAL_ERROR "pkg-config not found. On Debian and Ubuntu: apt-get install pkg-config")
endif()

function(herd_package target module minimum debian_package)
  pkg_check_modules(${target} IMPORTED_TARGET GLOBAL "${module}>=${minimum}")
  if(NOT ${target}_FOUND)
    message(FATAL_ERROR "${module} ${minimum} or newer not found. "
                        "On Debian and Ubuntu: apt-get install ${debian_package}")
  endif()
endfunction()

herd_package(ZMQ     libzmq    4.3.4  libzmq3-dev)
herd_package(CZMQ    libczmq   4.2.1  libczmq-dev)
herd_package(UV      libuv     1.44.0 libuv1-dev)
herd_package(JANSSON jansson   2.14   libjansson-dev)
herd_package(CURL    libcurl   7.87.0 libcurl4-openssl-dev)
herd_package(MICROHTTPD libmicrohttpd 0.9.75 libmicrohttpd-dev)
herd_package(LMDB    lmdb      0.9.22 liblmdb-dev)
herd_package(ZLIB    zlib      1.2.13 zlib1g-dev)
herd_package(XXHASH  libxxhash 0.8.1  libxxhash-dev)
# Debian's wslay has no file for pkg-config.
find_path(HERD_WSLAY_INCLUDE wslay/wslay.h)
find_library(HERD_WSLAY_LIBRARY wslay)
if(NOT HERD_WSLAY_INCLUDE OR NOT HERD_WSLAY_LIBRARY)
  message(FATAL_ERROR "wslay 1.1.1 or newer not found. On Debian and Ubuntu: apt-get install libwslay-dev")
endif()
add_library(Wslay::wslay UNKNOWN IMPORTED GLOBAL)
set_target_properties(Wslay::wslay PROPERTIES
  IMPORTED_LOCATION "${HERD_WSLAY_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${HERD_WSLAY_INCLUDE}")
if(HERD_TESTS)
  herd_package(CMOCKA  cmocka    1.1.5  libcmocka-dev)
  herd_package(OPENSSL openssl   3.0.0  libssl-dev)
endif()
find_package(Threads REQUIRED)
