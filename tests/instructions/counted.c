#include "tests/instructions/counted.h"

#include <stdio.h>

/* Without valgrind the program is built all the same, but counts nothing. */
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_DUMP_STATS_AT(name) (void)(name)
#endif

/* The optimiser must see into neither: no code may move past them. */
#ifdef __clang__
#define OPAQUE __attribute__((noinline))
#else
#define OPAQUE __attribute__((noipa))
#endif

OPAQUE void counted_begin(void)
{
    CALLGRIND_TOGGLE_COLLECT;
}

OPAQUE void counted_end(const char *path, size_t items, const char *item)
{
    CALLGRIND_TOGGLE_COLLECT;
    /* Into a file of its own, which names the path; the next one counts from 0. */
    CALLGRIND_DUMP_STATS_AT(path);
    counted_items(path, items, item);
}

OPAQUE void counted_items(const char *path, size_t items, const char *item)
{
    if (items > 0) {
        printf("items %s %zu %s\n", path, items, item);
    }
}
