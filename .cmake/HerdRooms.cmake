# Rooms: the parts of the herd (docs/architecture.md). A room is a folder, one subject, and what it may use is written
# here once: the linker and `.ci/check rooms` both go by it.
#
#   herd_room(common/store PURE
#     USES common/base common/protocol        rooms whose headers it may include
#     LIBRARIES PkgConfig::XXHASH              of others, for its .c files alone
#     PUBLIC_LIBRARIES PkgConfig::CZMQ         of others, that its headers include too
#     SOURCES store.c slab.c)
#
# makes the static library herd_common_store. PURE: free of sockets, event loops and clocks, so that the simulator and
# the tests run it without a network. A room stands below all that use it, hence no circles: a room must be made
# before the rooms that use it.
function(herd_room name)
  cmake_parse_arguments(PARSE_ARGV 1 room "PURE" "" "USES;LIBRARIES;PUBLIC_LIBRARIES;SOURCES")
  if(room_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "herd_room(${name}): what is ${room_UNPARSED_ARGUMENTS}?")
  endif()
  foreach(use IN LISTS room_USES)
    get_property(known GLOBAL PROPERTY "herd_room_${use}" SET)
    if(NOT known)
      message(FATAL_ERROR "herd_room(${name}): it uses ${use}, which is no room or is made later: a circle?")
    endif()
  endforeach()
  list(TRANSFORM room_SOURCES PREPEND "${CMAKE_SOURCE_DIR}/${name}/")
  set_property(GLOBAL PROPERTY "herd_room_${name}" "${name}")
  foreach(part IN ITEMS USES LIBRARIES PUBLIC_LIBRARIES SOURCES)
    set_property(GLOBAL PROPERTY "herd_room_${name}_${part}" "${room_${part}}")
  endforeach()
  herd_room_library("${name}" "")
endfunction()

# The name of the library of a room, in a variant (see below) or, with "", as it is shipped.
function(herd_room_target name variant ret_target)
  string(REPLACE "/" "_" target "herd_${name}${variant}")
  set(${ret_target} "${target}" PARENT_SCOPE)
endfunction()

function(herd_room_library name variant)
  foreach(part IN ITEMS USES LIBRARIES PUBLIC_LIBRARIES SOURCES)
    get_property(${part} GLOBAL PROPERTY "herd_room_${name}_${part}")
  endforeach()
  herd_room_target("${name}" "${variant}" target)
  add_library(${target} STATIC ${SOURCES})
  target_link_libraries(${target} PUBLIC ${PUBLIC_LIBRARIES} PRIVATE ${LIBRARIES})
  foreach(use IN LISTS USES)
    herd_room_target("${use}" "${variant}" used)
    target_link_libraries(${target} PUBLIC ${used})
  endforeach()
endfunction()

# herd_link(TARGET ROOM...): links rooms, and with them all that they use.
function(herd_link target)
  foreach(name IN LISTS ARGN)
    herd_room_target("${name}" "" room)
    target_link_libraries(${target} PRIVATE ${room})
  endforeach()
endfunction()

# herd_link_variant(TARGET VARIANT [DEFINITIONS ...] [OPTIONS ...] [LINK_TIME_OPTIMISED] ROOMS ...): links rooms, and all
# that they use, compiled once more with other definitions or options; VARIANT names these libraries.
function(herd_link_variant target variant)
  cmake_parse_arguments(PARSE_ARGV 2 link "LINK_TIME_OPTIMISED" "" "DEFINITIONS;OPTIONS;ROOMS")
  set(optimised)
  if(link_LINK_TIME_OPTIMISED)
    set(optimised LINK_TIME_OPTIMISED)
  endif()
  foreach(name IN LISTS link_ROOMS)
    herd_room_target("${name}" "_${variant}" room)
    if(NOT TARGET ${room})
      get_property(uses GLOBAL PROPERTY "herd_room_${name}_USES")
      herd_link_variant("" "${variant}" ${optimised}
                        ROOMS ${uses} DEFINITIONS ${link_DEFINITIONS} OPTIONS ${link_OPTIONS})
      herd_room_library("${name}" "_${variant}")
      target_compile_definitions(${room} PRIVATE ${link_DEFINITIONS})
      target_compile_options(${room} PRIVATE ${link_OPTIONS})
      set_target_properties(${room} PROPERTIES INTERPROCEDURAL_OPTIMIZATION "${link_LINK_TIME_OPTIMISED}")
    endif()
    if(target)
      target_link_libraries(${target} PRIVATE ${room})
    endif()
  endforeach()
endfunction()
