/* cmocka_herd.h - cmocka with what it wants included first, and the herd's own assertions. */
#ifndef HERD_TESTS_SUPPORT_CMOCKA_HERD_H
#define HERD_TESTS_SUPPORT_CMOCKA_HERD_H

/* cmocka.h needs these before it, in this order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/text.h"

/* Elements of an array, for tables of cases. */
#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* An argument of a test program; the test fails if it is no number. */
static inline uint64_t argument_number(const char *argument)
{
    uint64_t number = 0;
    if (!text_to_u64(text_of(argument), UINT64_MAX, &number)) {
        fail_msg("%s is no number", argument);
    }
    return number;
}

/* How often `part` stands in the text. */
static inline size_t count_in(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) {
        count++;
    }
    return count;
}

/* The bytes of a text_t equal those of a literal or string. */
#define assert_text_equal(text, string)                                                            \
    do {                                                                                           \
        text_t assert_text_ = (text);                                                              \
        assert_int_equal(assert_text_.size, strlen(string));                                       \
        assert_memory_equal(assert_text_.size > 0 ? assert_text_.data : "", string,                \
                            assert_text_.size);                                                    \
    } while (0)

#endif
