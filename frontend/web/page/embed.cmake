# Makes C of the files of the page: cmake -D FILES=… -D OUTPUT=… -P embed.cmake
#
# Of each file two arrays: its bytes, and the same compressed by gzip, without a name and a time, so that the same
# files give the same program. The entity tag is made of the bytes; it is a weak one, for it stands for both.
find_program(GZIP gzip REQUIRED)

# The bytes of a file as elements of an array.
function(array_of path ret_array)
  file(READ "${path}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," array "${hex}")
  set(${ret_array} "${array}" PARENT_SCOPE)
endfunction()

set(arrays "")
set(rows "")
set(index 0)
foreach(path IN LISTS FILES)
  get_filename_component(name "${path}" NAME)
  execute_process(COMMAND "${GZIP}" -9nc "${path}" OUTPUT_FILE "${OUTPUT}.gz" COMMAND_ERROR_IS_FATAL ANY)
  array_of("${path}" plain)
  array_of("${OUTPUT}.gz" packed)
  file(SHA256 "${path}" sum)
  string(SUBSTRING "${sum}" 0 32 tag)
  string(APPEND arrays "static const unsigned char plain_${index}[] = {${plain}};\n"
                       "static const unsigned char packed_${index}[] = {${packed}};\n")
  string(APPEND rows "    {\"${name}\", \"W/\\\"${tag}\\\"\", plain_${index}, sizeof plain_${index}, "
                     "packed_${index}, sizeof packed_${index}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(REMOVE "${OUTPUT}.gz")
file(WRITE "${OUTPUT}" "/* Made by embed.cmake of the files of frontend/web/page. */\n"
  "#include \"frontend/web/page/page_files.h\"\n\n${arrays}\n"
  "const page_source_t page_files[] = {\n${rows}};\n"
  "const unsigned page_files_count = ${index};\n")
