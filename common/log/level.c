#include "common/log/level.h"

const char *log_level_text(log_level_t level)
{
    static const char *const texts[] = {
        [LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_INFO] = "info"};
    return texts[level];
}

bool log_level_parse(text_t text, log_level_t *ret_level)
{
    for (log_level_t level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_INFO; level++) {
        if (text_equal(text, text_of(log_level_text(level)))) {
            *ret_level = level;
            return true;
        }
    }
    return false;
}
