# What `.ci/check rooms` refuses. Reads the CMakeLists.txt of all rooms (herd_room in .cmake/HerdRooms.cmake), then the
# .c and .h files, all named from the top folder; prints `file:line: reason` for what breaks the law of the rooms.
# .ci/check puts `blank` in front, which takes comments and strings out of C.

function refuse(file, line, reason) { printf "%s:%d: %s\n", file, line, reason; bad = 1 }

function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }

# herd_room(NAME [PURE] USES ... SOURCES ...), over any number of lines; herd_link(TARGET ROOM...) on one.
function read_rooms(    i, words, count) {
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
    count = inside ? split($0, words, /[ \t]+/) : 0
    for (i = 1; i <= count && inside; i++) {
        if (sub(/\).*/, "", words[i])) inside = 0
        if (words[i] != "") read_word(words[i])
    }
}

function read_word(word) {
    if (word ~ /^(USES|LIBRARIES|PUBLIC_LIBRARIES|SOURCES)$/) part = word
    else if (word == "PURE") pure[room] = 1
    else if (part == "NAME") {
        room = word
        rooms[room] = FILENAME
        room_line[room] = FNR
        order[++room_count] = room
        if (room != folder_of(FILENAME)) refuse(FILENAME, FNR, room " is not made in its own folder")
    }
    else if (part == "USES") { uses[room, word] = FNR; used_list[room] = used_list[room] " " word }
    else if (part == "SOURCES") {
        source[room "/" word] = 1
        if (word ~ /\//) refuse(FILENAME, FNR, word " is not in the folder of " room)
    }
    else if (pure[room] && word ~ impure_library) refuse(FILENAME, FNR, room " is pure and must not link " word)
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

function guard(path) { gsub(/[^A-Za-z0-9]/, "_", path); return "HERD_" toupper(path) }

# A header of the herd, named from the top folder.
function check_own(target,    wanted) {
    if (target ~ /^\.\.?\// || target ~ /\/\.\.?\// || target !~ /\//) {
        refuse(FILENAME, FNR, "\"" target "\" is not named from the top folder")
        return
    }
    if (area == "tests") return
    wanted = folder_of(target)
    included[here, wanted] = 1
    if (wanted == here || (here, wanted) in uses || (is_main && (here, wanted) in linked)) return
    refuse(FILENAME, FNR, here " must not include " wanted " (\"" target "\"): it is not among its USES")
}

function check_include(line,    target) {
    target = line
    if (!sub(/^[^"<]*["<]/, "", target) || !sub(/[">].*$/, "", target)) {
        refuse(FILENAME, FNR, "an include that does not say what it includes")
        return
    }
    if (line ~ /^[^"<]*</) {
        if (target ~ /^(common|node|frontend|deploy|tests)\//)
            refuse(FILENAME, FNR, "<" target "> is no header of the system")
        if (pure[here] && target ~ impure_header)
            refuse(FILENAME, FNR, here " is pure: no sockets, no event loop")
        return
    }
    if (target !~ /\.h$/) refuse(FILENAME, FNR, "\"" target "\" is no header")
    if (pure[here] && target ~ impure_header) refuse(FILENAME, FNR, here " is pure: no sockets, no event loop")
    else check_own(target)
}

BEGIN {
    impure_header = "^(czmq|zmq|zmq_utils|uv|microhttpd|curl/[a-z]+|netdb|poll|arpa/inet|netinet/[a-z]+" \
        "|sys/(epoll|poll|select|socket|timerfd|un))[.]h$"
    impure_library = "^(PkgConfig::)?(ZMQ|CZMQ|UV|CURL|MICROHTTPD)$"
    clock = "(^|[^A-Za-z0-9_])((clock_gettime|gettimeofday|timespec_get|ftime)([^A-Za-z0-9_]|$)|(time|clock)[ \t]*\\()"
    sleep = "(^|[^A-Za-z0-9_])(nanosleep|clock_nanosleep|usleep|sleep)[ \t]*\\("
}

FILENAME ~ /CMakeLists\.txt$/ { read_rooms(); next }

FNR == 1 {
    split(FILENAME, path, "/")
    area = path[1]
    here = folder_of(FILENAME)
    is_main = FILENAME ~ /\/main\.c$/
    in_room = area != "tests"
    in_comment = 0
    unguarded = FILENAME ~ /\.h$/
    if (in_room && !(here in rooms)) {
        refuse(FILENAME, 1, "stands in no room: herd_room names none " here)
        nextfile
    }
    if (in_room && FILENAME ~ /\.c$/ && !is_main && !(FILENAME in source))
        refuse(FILENAME, 1, "is not among the SOURCES of " here)
}

{ text = blank($0) }

# The first line of a header that is no comment.
unguarded && text !~ /^[ \t]*$/ {
    unguarded = 0
    if ($0 != "#ifndef " guard(FILENAME)) refuse(FILENAME, FNR, "the guard of this header is " guard(FILENAME))
}

text ~ /^[ \t]*(#|%:)[ \t]*(include|import)/ { check_include($0); next }

in_room && here != "common/clock" && text ~ clock {
    refuse(FILENAME, FNR, pure[here] ? here " is pure: no clock" : "only common/clock reads the time")
}
in_room && pure[here] && text ~ sleep { refuse(FILENAME, FNR, here " is pure: it waits for nothing") }

END {
    for (i = 1; i <= room_count; i++) check_room(order[i])
    exit bad
}
