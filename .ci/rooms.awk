# What `.ci/check rooms` refuses: reads the CMakeLists.txt of all rooms (herd_room in .cmake/HerdRooms.cmake), then the
# .c and .h files, all named from the top folder, and prints `file:line: reason` for what breaks the law of the rooms.

function refuse(file, line, reason) { printf "%s:%d: %s\n", file, line, reason; bad = 1 }

function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }

# herd_room(NAME [PURE] USES ... SOURCES ...), over any number of lines; herd_link(TARGET ROOM...) on one.
function read_rooms(    i, words, count, word) {
    sub(/#.*/, "")
    if (match($0, /herd_link\(/)) {
        count = split(substr($0, RSTART + RLENGTH), words, /[ \t()]+/)
        for (i = 2; i <= count; i++)
            if (words[i] != "") linked[folder_of(FILENAME), words[i]] = 1
        return
    }
    if (match($0, /herd_room\(/)) {
        $0 = substr($0, RSTART + RLENGTH)
        inside = 1
        part = "NAME"
    }
    if (!inside) return
    count = split($0, words, /[ \t]+/)
    for (i = 1; i <= count; i++) {
        word = words[i]
        if (sub(/\).*/, "", word)) inside = 0
        if (word == "") continue
        if (word ~ /^(USES|LIBRARIES|PUBLIC_LIBRARIES|SOURCES)$/) part = word
        else if (word == "PURE") pure[room] = 1
        else if (part == "NAME") { room = word; rooms[room] = FILENAME; room_line[room] = FNR; order[++room_count] = room }
        else if (part == "USES") { uses[room, word] = FNR; used_list[room] = used_list[room] " " word }
        else if (part == "SOURCES") source[room "/" word] = 1
        if (!inside) return
    }
}

# Whether `room` reaches `wanted` by USES.
function reaches(room, wanted,    list, count, i) {
    if (seen[room]++) return 0
    count = split(used_list[room], list, " ")
    for (i = 1; i <= count; i++)
        if (list[i] == wanted || reaches(list[i], wanted)) return 1
    return 0
}

function check_room(room,    list, count, i) {
    count = split(used_list[room], list, " ")
    for (i = 1; i <= count; i++) {
        if (!(list[i] in rooms)) refuse(rooms[room], uses[room, list[i]], list[i] " is no room")
        else if (pure[room] && !pure[list[i]])
            refuse(rooms[room], uses[room, list[i]], room " is pure and must not use " list[i] ", which is not")
        if (!((room, list[i]) in included))
            refuse(rooms[room], uses[room, list[i]], "nothing in " room " includes " list[i])
    }
    delete seen
    if (reaches(room, room)) refuse(rooms[room], room_line[room], room " uses itself by way of others")
}

function check_include(target,    wanted) {
    if (target ~ /^\.\.?\// || target !~ /\//) {
        refuse(FILENAME, FNR, "\"" target "\" is not named from the top folder")
        return
    }
    if (area == "tests") return
    wanted = folder_of(target)
    included[here, wanted] = 1
    if (wanted == here || (here, wanted) in uses || (is_main && (here, wanted) in linked)) return
    refuse(FILENAME, FNR, here " must not include " wanted " (\"" target "\"): it is not among its USES")
}

BEGIN {
    impure = "(zmq|czmq|uv|microhttpd|curl/curl|sys/socket)[.]h"
}

FILENAME ~ /CMakeLists\.txt$/ { read_rooms(); next }

FNR == 1 {
    split(FILENAME, path, "/")
    area = path[1]
    here = folder_of(FILENAME)
    is_main = FILENAME ~ /\/main\.c$/
    in_room = area != "tests" && area != "docs"
    if (in_room && !(here in rooms)) {
        refuse(FILENAME, 1, "stands in no room: herd_room names none " here)
        nextfile
    }
    if (in_room && FILENAME ~ /\.c$/ && !is_main && !(FILENAME in source))
        refuse(FILENAME, 1, "is not among the SOURCES of " here)
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    target = $0
    sub(/^[^"]*"/, "", target)
    sub(/".*$/, "", target)
    check_include(target)
}

in_room && pure[here] && $0 ~ "^[ \t]*#[ \t]*include[ \t]*[<\"]" impure { refuse(FILENAME, FNR, here " is pure: no sockets, no event loop") }
in_room && pure[here] && /(^|[^a-z_])(clock_gettime|gettimeofday|time)[ \t]*\(/ && !/^[ \t]*(\/?\*|\/\/)/ { refuse(FILENAME, FNR, here " is pure: no clock") }

END {
    for (i = 1; i <= room_count; i++) check_room(order[i])
    exit bad
}
