/* http_oracle.h - what http-parser makes of a request; its names are those of http_head.h, so it
 * has a file of its own. */
#ifndef HERD_TESTS_FUZZ_HTTP_ORACLE_H
#define HERD_TESTS_FUZZ_HTTP_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether it finds one whole request in the bytes, with a body of that size. */
bool http_oracle_agrees(const char *bytes, size_t size, size_t body_size);

#endif
