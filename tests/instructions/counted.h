/* counted.h - the paths whose instructions are counted, and what a function must be to be one of them.
 *
 * Owner: the program. Threads: one.
 * What lies between counted_begin and counted_end is counted by callgrind (tests/instructions/run), and nothing else: not what
 * makes the input of a path, nor what looks at its output. Without callgrind both do nothing that matters.
 */
#ifndef HERD_TESTS_INSTRUCTIONS_COUNTED_H
#define HERD_TESTS_INSTRUCTIONS_COUNTED_H

#include <stddef.h>

/* Here begins what is counted. */
void counted_begin(void);

/* Here it ends: instructions of `path`, as the baseline calls it, for so many items (lines, records, answers). A path may be
 * gone several times: instructions and items are summed. */
void counted_end(const char *path, size_t items, const char *item);

/* Adds items to a path whose instructions were counted before: for what comes in parts. */
void counted_items(const char *path, size_t items, const char *item);

/* cmocka tests: each runs the paths of its subject, and looks whether they did what they are for. */
void client_paths(void **state);
void node_paths(void **state);
void link_paths(void **state);
void places_paths(void **state);
void session_paths(void **state);
void upstream_paths(void **state);

#endif
