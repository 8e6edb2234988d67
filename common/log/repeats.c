/* Which events of a flood are shown.
 *
 * The first event of a pair of event and peer passes and takes a slot for a second. Those that
 * follow within it are held back: counted, and the last of them kept. When the second is over,
 * log_repeats_take hands the last one out with the count, and the next second begins with it. A
 * slot whose second ended with nothing held is free. If all slots are taken, an event joins a slot
 * of the same event with another peer, so that a flood from many peers is held back too; if there
 * is none, it uses a slot that is kept for that event.
 */
#include "common/log/repeats.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <stdlib.h>

/* One event of one peer. */
typedef struct {
    int64_t passed_ns; /* steady: when one was last shown; 0: the slot is free */
    uint64_t held;     /* events held back since then */
    log_event_t event;
    bool has_peer;
    char peer[LIMIT_LOG_PEER + 1];
    size_t message_size;
    char message[LIMIT_LOG_MESSAGE]; /* of the last that was held */
} slot_t;

/* Behind the slots for any event stands one for each event, used when no other is free. */
enum { SLOTS = LIMIT_LOG_REPEATS + LOG_EVENT_COUNT };

struct log_repeats {
    slot_t slots[SLOTS];
};

log_repeats_t *log_repeats_new(void)
{
    return memory_new(sizeof(log_repeats_t));
}

void log_repeats_destroy(log_repeats_t **self_p)
{
    free(*self_p);
    *self_p = NULL;
}

static bool is_over(const slot_t *slot, int64_t steady_ns)
{
    return slot->passed_ns != 0 && steady_ns - slot->passed_ns >= TIMESTAMP_NS_PER_S;
}

static text_t peer_text(const char *peer)
{
    return text_first(peer != NULL ? text_of(peer) : (text_t){0}, LIMIT_LOG_PEER);
}

static bool is_of(const slot_t *slot, log_event_t event, const char *peer)
{
    return slot->passed_ns != 0 && slot->event == event && slot->has_peer == (peer != NULL) &&
           text_equal(text_of(slot->peer), peer_text(peer));
}

/* The slot of `event` and `peer`, else a free one, else one of that event. */
static slot_t *find(log_repeats_t *self, log_event_t event, const char *peer, int64_t steady_ns)
{
    slot_t *free_slot = NULL;
    slot_t *kin = NULL;
    for (size_t i = 0; i < LIMIT_LOG_REPEATS; i++) {
        slot_t *slot = &self->slots[i];
        if (is_of(slot, event, peer)) {
            return slot;
        }
        if (slot->passed_ns == 0 || (is_over(slot, steady_ns) && slot->held == 0)) {
            free_slot = slot;
        } else if (slot->event == event) {
            kin = slot;
        }
    }
    if (free_slot == NULL && kin == NULL) {
        return &self->slots[LIMIT_LOG_REPEATS + event];
    }
    return free_slot != NULL ? free_slot : kin;
}

static void take_slot(slot_t *slot, log_event_t event, const char *peer)
{
    slot->event = event;
    slot->has_peer = peer != NULL;
    *text_copy(peer_text(peer), slot->peer) = '\0';
}

static void hold(slot_t *slot, text_t message)
{
    text_t kept = text_first(message, sizeof slot->message);
    text_copy(kept, slot->message);
    slot->message_size = kept.size;
    slot->held++;
}

bool log_repeats_pass(log_repeats_t *self, log_event_t event, const char *peer, text_t message,
                      int64_t steady_ns)
{
    slot_t *slot = find(self, event, peer, steady_ns);
    if (slot->passed_ns != 0 && (!is_over(slot, steady_ns) || slot->held > 0)) {
        hold(slot, message);
        return false;
    }
    take_slot(slot, event, peer);
    slot->passed_ns = steady_ns;
    return true;
}

bool log_repeats_take(log_repeats_t *self, int64_t steady_ns, log_held_t *ret_held)
{
    for (size_t i = 0; i < SLOTS; i++) {
        slot_t *slot = &self->slots[i];
        if (slot->held > 0 && is_over(slot, steady_ns)) {
            *ret_held = (log_held_t){
                .event = slot->event,
                .peer = slot->has_peer ? slot->peer : NULL,
                .message = {.data = slot->message, .size = slot->message_size},
                .repeated = slot->held,
            };
            slot->held = 0;
            slot->passed_ns = steady_ns != INT64_MAX ? steady_ns : slot->passed_ns;
            return true;
        }
    }
    return false;
}
