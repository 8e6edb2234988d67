# What `.ci/check symbols` refuses, as `file:line: reason`. Reads "name file line" for each exported name from standard
# input (as "-"), then the .c files, whose comments and strings `blank` of .ci/check has to take out. -v headers: all headers.
#
# Names: `slab_` in slab.c, or that behind names of its folders (`places_google_` in node/places/google.c, `herdctl_ask_`
# in deploy/herdctl/frame/ask.c); parts of a class (link_compare.c beside link.h) may use the prefix of the class.
# Circles: files whose functions use each other, directly or by way of others.

function refuse(file, line, reason) { printf "%s:%d: %s\n", file, line, reason; bad = 1 }

function base(file) { sub(/.*\//, "", file); return file }

# Whether `name` is `stem`, or begins with it, behind some of the folders parts[from .. last] in their order.
function is_named(name, parts, from, last, stem,    i) {
    if (name == stem || index(name, stem "_") == 1) return 1
    for (i = from; i <= last; i++)
        if (index(name, parts[i] "_") == 1 && is_named(substr(name, length(parts[i]) + 2), parts, i + 1, last, stem))
            return 1
    return 0
}

function suits(name, file,    parts, last, stem, folder) {
    last = split(file, parts, "/") - 1
    folder = substr(file, 1, length(file) - length(base(file)))
    stem = base(file)
    sub(/\.[ch]$/, "", stem)
    if (stem == "main") return name == "main"
    if (is_named(name, parts, 1, last, stem)) return 1
    while (sub(/_[a-z0-9]*$/, "", stem))
        if ((folder stem ".h") in is_header && is_named(name, parts, 1, last, stem)) return 1
    return 0
}

function use(from, name,    to) {
    if (!(name in file_of)) return
    to = file_of[name]
    if (to == from || (from, to) in edge) return
    edge[from, to] = name " (line " FNR ")"
    uses[from] = uses[from] " " to
}

# Whether `file` reaches `wanted`; `path` then says how.
function reaches(file, wanted,    list, count, i) {
    if (seen[file]++) return 0
    count = split(uses[file], list, " ")
    for (i = 1; i <= count; i++)
        if (list[i] == wanted || reaches(list[i], wanted)) {
            path = " -> " base(list[i]) " by " edge[file, list[i]] path
            return 1
        }
    return 0
}

BEGIN {
    count = split(headers, list, " ")
    for (i = 1; i <= count; i++) is_header[list[i]] = 1
}

FILENAME == "-" {
    file_of[$1] = $2
    if (!suits($1, $2)) refuse($2, $3, $1 " is exported without the prefix of its file")
    next
}

FNR == 1 { in_comment = 0; files[++file_count] = FILENAME }

{
    text = blank($0)
    if (text ~ /^[ \t]*#/) next
    while (match(text, /[A-Za-z_][A-Za-z0-9_]*/)) {
        use(FILENAME, substr(text, RSTART, RLENGTH))
        text = substr(text, RSTART + RLENGTH)
    }
}

END {
    for (i = 1; i <= file_count; i++) {
        delete seen
        path = ""
        if (reaches(files[i], files[i])) refuse(files[i], 1, "a circle of files:" path)
    }
    exit bad
}
