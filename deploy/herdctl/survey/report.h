/* report.h - what a member reports of itself (bus-protocol.md, S1), checked.
 *
 * Owner: whoever embeds it. Threads: one. Free of I/O and clocks. A REPORT is foreign. Every text
 * in here may reach a terminal, a JSON file or Prometheus as it is; every number is in its range.
 * Whatever is malformed is ignored.
 */
#ifndef HERD_DEPLOY_HERDCTL_SURVEY_REPORT_H
#define HERD_DEPLOY_HERDCTL_SURVEY_REPORT_H

#include "common/base/limits.h"
#include "common/base/text.h"
#include "deploy/herdctl/survey/figures.h"

enum {
    HERDCTL_ROOT_SIZE = 33, /* 32 hex digits and a zero */
    /* "Goloman/12345" and a zero; "?" stands for a name that the node did not understand. */
    HERDCTL_LABEL_SIZE = LIMIT_NAME_SIZE + 24,
};

/* A link as one of its ends sees it: the half over which that one sends (open value struct). */
typedef struct {
    char peer[LIMIT_NAME_SIZE + 1];
    bool up;
    herdctl_value_t figures[HERDCTL_LINK_FIGURES];
    int64_t error_ns;             /* POSIX: when `error` happened */
    char error[LIMIT_LOG_SAMPLE]; /* what went wrong last; "": nothing yet */
} herdctl_link_t;

/* A front-end, or several of one label (open value struct). */
typedef struct {
    char label[HERDCTL_LABEL_SIZE];
    herdctl_value_t figures[HERDCTL_FRONTEND_FIGURES];
} herdctl_frontend_t;

/* A follower, or several of one label (open value struct). */
typedef struct {
    char label[HERDCTL_LABEL_SIZE];
    herdctl_value_t figures[HERDCTL_FOLLOWER_FIGURES];
} herdctl_follower_t;

/* Bytes of what is wrong with the provider of places, with the zero; longer ones are cut. */
enum { HERDCTL_TROUBLE_SIZE = 1024 };

/* The state of the breaker of the places provider. */
typedef enum {
    HERDCTL_PLACES_NONE,      /* there is no provider */
    HERDCTL_PLACES_CLOSED,    /* the provider is asked */
    HERDCTL_PLACES_OPEN,      /* it fails, and is left alone */
    HERDCTL_PLACES_HALF_OPEN, /* it is tried again */
    HERDCTL_PLACES_STATES
} herdctl_places_state_t;

/* "-", "closed", "open" or "half-open". */
const char *herdctl_report_places_text(herdctl_places_state_t state);

/* A report (open value struct). */
typedef struct {
    const char *problem; /* why it could not be asked; NULL: not known. Borrowed from the survey */
    int64_t elapsed_ns;  /* between question and answer */
    herdctl_link_t *links; /* link_count, each peer once */
    size_t link_count;
    herdctl_frontend_t *frontends; /* frontend_count; those of one label are added up */
    size_t frontend_count;
    herdctl_follower_t *followers; /* follower_count; the same */
    size_t follower_count;
    herdctl_value_t places_figures[HERDCTL_PLACES_FIGURES];
    herdctl_value_t figures[HERDCTL_MEMBER_FIGURES];
    herdctl_places_state_t places;
    bool answered;                             /* if not, all else is empty but `problem` */
    char root[HERDCTL_ROOT_SIZE];              /* of its digest; "-": still being computed */
    char version[LIMIT_NAME_SIZE + 1];         /* "-": not known */
    char log_level[LIMIT_NAME_SIZE + 1];       /* "-": not known */
    char acknowledge[LIMIT_NAME_SIZE + 1];     /* "memory", "disk peers 2"; "-": not known */
    char journal_error[LIMIT_LOG_SAMPLE];      /* why the journal fails; "": it does not */
    char security[LIMIT_NAME_SIZE + 1];        /* "curve", "none", "local"; "-": not known */
    char provider[LIMIT_NAME_SIZE + 1];        /* of places; "-": none */
    char places_trouble[HERDCTL_TROUBLE_SIZE]; /* what is wrong with it; "": nothing */
} herdctl_report_t;

/* The report of a member that has not answered. */
void herdctl_report_init(herdctl_report_t *self);

/* "up", "down", or "unknown": this end cannot ask it. */
const char *herdctl_report_state_text(const herdctl_report_t *self);

/* Frees what it holds, and leaves it as herdctl_report_init does. */
void herdctl_report_done(herdctl_report_t *self);

/* Replaces it by the contents of `body`, the body of a REPORT. */
void herdctl_report_take(herdctl_report_t *self, text_t body, int64_t elapsed_ns);

/* Whether its digest is known. */
static inline bool herdctl_report_has_root(const herdctl_report_t *self)
{
    return self->root[0] != '-';
}

/* The link to that peer; NULL if there is none. */
const herdctl_link_t *herdctl_report_link(const herdctl_report_t *self, const char *peer);

/* The records that it has still to send, all links together. */
int64_t herdctl_report_lag(const herdctl_report_t *self);

#endif
