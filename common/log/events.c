#include "common/log/events.h"

#include <stddef.h>

/* One row of the list. */
typedef struct {
    const char *name; /* "LINK_DOWN" */
    log_level_t level;
    enum { REPEATS_EACH, REPEATS_COUNTED, REPEATS_ALWAYS } repeats;
} event_t;

static const event_t events[] = {
#define EVENTS_ROW(name, level, repeats)                                                           \
    [LOG_##name] = {#name, LOG_LEVEL_##level, REPEATS_##repeats},
    LOG_EVENTS_MAP(EVENTS_ROW)
#undef EVENTS_ROW
};

log_level_t log_events_level(log_event_t event)
{
    return events[event].level;
}

bool log_events_is_counted(log_event_t event)
{
    return events[event].repeats == REPEATS_COUNTED;
}

bool log_events_is_always(log_event_t event)
{
    return events[event].repeats == REPEATS_ALWAYS;
}

void log_events_text(log_event_t event, char out[LOG_EVENTS_TEXT_SIZE])
{
    size_t size = 0;
    const char *name = events[event].name;
    for (; *name != '\0' && size + 1 < LOG_EVENTS_TEXT_SIZE; name++) {
        out[size++] = (char)(*name == '_' ? '-' : *name - 'A' + 'a');
    }
    out[size] = '\0';
}
