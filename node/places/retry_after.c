#include "node/places/retry_after.h"

#include "common/base/limits.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>

/* The longest form, that of RFC 850, has some 33 bytes. */
enum { DATE_SIZE = 64 };

static bool are_digits(text_t text)
{
    size_t i = 0;
    while (i < text.size && text_is_digit(text.data[i])) {
        i++;
    }
    return i == text.size && i > 0;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994". A
 * text without a time of the day, which curl would take, is none of them. */
static bool read_date(text_t text, int64_t *ret_time_s)
{
    char date[DATE_SIZE];
    if (text.size >= sizeof date || memchr(text.data, ':', text.size) == NULL ||
        memchr(text.data, '\0', text.size) != NULL) {
        return false;
    }
    *text_copy(text, date) = '\0';
    time_t time_s = curl_getdate(date, NULL);
    *ret_time_s = (int64_t)time_s;
    return time_s >= 0;
}

static int64_t clamp(int64_t seconds)
{
    if (seconds < 1) {
        return 1;
    }
    return seconds < LIMIT_RETRY_AFTER_S ? seconds : LIMIT_RETRY_AFTER_S;
}

int64_t retry_after_read(text_t value, text_t date, int64_t now_s)
{
    uint64_t seconds;
    int64_t until_s;
    int64_t server_s;
    if (are_digits(value)) {
        /* Too many digits: very long. */
        return text_to_u64(value, LIMIT_RETRY_AFTER_S, &seconds) ? clamp((int64_t)seconds)
                                                                 : LIMIT_RETRY_AFTER_S;
    }
    if (value.size == 0 || !read_date(value, &until_s)) {
        return 0;
    }
    return clamp(until_s - (date.size > 0 && read_date(date, &server_s) ? server_s : now_s));
}
