/* cmocka_herd.h - cmocka with what it wants included first, and the herd's own assertions. */
#ifndef HERD_TESTS_SUPPORT_CMOCKA_HERD_H
#define HERD_TESTS_SUPPORT_CMOCKA_HERD_H

/* cmocka.h needs these before it, in this order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/text.h"

/* Elements of an array, for tables of cases. */
#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The bytes of a text_t equal those of a literal or string. */
#define assert_text_equal(text, string)                                                            \
    do {                                                                                           \
        text_t assert_text_ = (text);                                                              \
        assert_int_equal(assert_text_.size, strlen(string));                                       \
        assert_memory_equal(assert_text_.size > 0 ? assert_text_.data : "", string,                \
                            assert_text_.size);                                                    \
    } while (0)

#endif
