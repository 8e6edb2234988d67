/* counted.h - the paths whose instructions are counted, and where they begin and end.
 *
 * callgrind (tests/instructions/run) counts what lies between counted_begin and counted_end, and
 * nothing else: neither what makes the input of a path, nor what checks its output. Without
 * callgrind both do nothing that matters.
 * Owner: the program. Threads: one.
 */
#ifndef HERD_TESTS_INSTRUCTIONS_COUNTED_H
#define HERD_TESTS_INSTRUCTIONS_COUNTED_H

#include <stddef.h>

/* Begins to count. */
void counted_begin(void);

/* Ends counting: the instructions of `path`, as the baseline calls it, for so many items (lines,
 * records, answers). A path may run several times: its instructions and items are summed. */
void counted_end(const char *path, size_t items, const char *item);

/* Adds items to a path whose instructions were counted before, in parts. */
void counted_items(const char *path, size_t items, const char *item);

/* cmocka tests: each runs the paths of its subject, and checks that they did their work. */
void client_paths(void **state);
void node_paths(void **state);
void link_paths(void **state);
void places_paths(void **state);
void session_paths(void **state);
void upstream_paths(void **state);

#endif
