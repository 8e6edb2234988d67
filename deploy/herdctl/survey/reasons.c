#include "deploy/herdctl/survey/reasons.h"

#include "common/base/timestamp.h"

/* How a figure shows that something is wrong. */
typedef enum {
    SHOWN_LATELY, /* it rose within REASONS_LATELY_S; `other`: when it last did */
    SHOWN_NEAR,   /* it is nine tenths of `other`, or more */
    SHOWN_ABOVE,  /* it is more than 0 */
} shown_t;

/* A row. */
typedef struct {
    reasons_t reason;
    shown_t shown;
    herdctl_member_figure_t figure;
    herdctl_member_figure_t other;
    const char *text;
} row_t;

#define LATELY(figure) SHOWN_LATELY, HERDCTL_MEMBER_##figure, HERDCTL_MEMBER_##figure##_LAST
#define NEAR(figure)   SHOWN_NEAR, HERDCTL_MEMBER_##figure, HERDCTL_MEMBER_##figure##_MAX
#define ABOVE(figure)  SHOWN_ABOVE, HERDCTL_MEMBER_##figure, HERDCTL_MEMBER_FIGURES

/* The gravest first: a line of health shows the first few. */
static const row_t rows[] = {
    {REASONS_CLIENTS_REFUSED, LATELY(CLIENTS_REFUSED), "clients are turned away"},
    {REASONS_CLIENTS_WAIT, LATELY(FRONTEND_ACCEPT_PAUSES),
     "new clients wait, because a front-end runs short of open files or memory"},
    {REASONS_STORE_FULL, LATELY(UNSTORED), "new clients find no room"},
    {REASONS_RECORDS_NEAR_LIMIT, NEAR(RECORDS), "the room for clients is nearly used up"},
    {REASONS_MEMORY_NEAR_LIMIT, NEAR(MEMORY), "the memory for clients is nearly used up"},
    {REASONS_JOURNAL_FAILING, ABOVE(JOURNAL_FAILING), "the journal cannot be written"},
    {REASONS_JOURNAL_DAMAGED, ABOVE(JOURNAL_DAMAGED), "the journal was damaged at its start"},
    {REASONS_UNKEPT, LATELY(UNKEPT),
     "IAMATs are not answered, because neighbours or the disk do not take them"},
    {REASONS_KEYS_REFUSED, LATELY(KEYS_REFUSED), "keys are refused"},
    {REASONS_CONNECTIONS_CUT, LATELY(CONNECTIONS_CUT),
     "connections that bring in too much are cut"},
    {REASONS_CONNECTIONS_REFUSED, LATELY(CONNECTIONS_REFUSED),
     "it runs short of open files, and turns connections away"},
    {REASONS_FOLLOWERS_REFUSED, LATELY(FOLLOWERS_REFUSED),
     "programs cannot follow it, because there are max_followers"},
    {REASONS_CLOCK_SET, LATELY(CLOCK_STEPS), "its clock was set"},
    {REASONS_TAP_RESET, LATELY(TAP_RESETS), "the tap disconnects its subscribers"},
    {REASONS_SOCKET_MISSING, ABOVE(SOCKETS_MISSING), "the file of a Unix socket of its is gone"},
    {REASONS_LOG_FAILING, ABOVE(LOG_FAILING), "its log takes no lines"},
    {REASONS_LOG_LOST, LATELY(LOG_LOST), "its log loses lines"},
    {REASONS_FRONTEND_LOG_LOST, LATELY(FRONTEND_LOG_LOST), "the log of a front-end loses lines"},
    {REASONS_RELOAD_REFUSED, ABOVE(RELOAD_REFUSED), "it has refused the herd file as it is now"},
};

const char *reasons_text(reasons_t reason)
{
    static const char *const texts[REASONS] = {
#define REASONS_TEXT(name, text) [REASONS_##name] = (text),
        REASONS_MAP(REASONS_TEXT)
#undef REASONS_TEXT
    };
    return texts[reason];
}

/* By the member's own clock, whatever ours says. A time that lies ahead is now: its clock was set
 * back. */
static bool rose_lately(const herdctl_report_t *report, const row_t *row, reasons_shown_t *shown)
{
    const herdctl_value_t *now = &report->figures[HERDCTL_MEMBER_TIME];
    const herdctl_value_t *last = &report->figures[row->other];
    if (!now->known || !last->known || last->value == 0) {
        return false;
    }
    shown->last_ns = last->value;
    shown->age_ns = now->value > last->value ? now->value - last->value : 0;
    return shown->age_ns < REASONS_LATELY_S * TIMESTAMP_NS_PER_S;
}

static bool is_near(const herdctl_report_t *report, const row_t *row, reasons_shown_t *shown)
{
    const herdctl_value_t *limit = &report->figures[row->other];
    shown->limit = limit->value;
    return limit->known && limit->value > 0 && shown->value >= limit->value - limit->value / 10;
}

static bool is_shown(const herdctl_report_t *report, const row_t *row, reasons_shown_t *shown)
{
    if (!report->figures[row->figure].known) {
        return false;
    }
    switch (row->shown) {
    case SHOWN_LATELY: return rose_lately(report, row, shown);
    case SHOWN_NEAR: return is_near(report, row, shown);
    case SHOWN_ABOVE: break;
    }
    return shown->value > 0;
}

bool reasons_next(const herdctl_report_t *report, size_t *row, reasons_shown_t *ret_shown)
{
    while (*row < sizeof rows / sizeof rows[0]) {
        const row_t *current = &rows[(*row)++];
        *ret_shown = (reasons_shown_t){.reason = current->reason,
                                       .text = current->text,
                                       .value = report->figures[current->figure].value};
        if (is_shown(report, current, ret_shown)) {
            return true;
        }
    }
    return false;
}
