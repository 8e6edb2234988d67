/* view.h - which clients a command is about: all of them, one, or those in an area.
 *
 * Owner: values. Threads: one.
 */
#ifndef HERD_DEPLOY_HERDCTL_CLIENTS_VIEW_H
#define HERD_DEPLOY_HERDCTL_CLIENTS_VIEW_H

#include "common/base/options.h"
#include "common/near/area.h"
#include "common/protocol/record.h"

#include <stdbool.h>

/* Open value struct; all zeros: all clients. */
typedef struct {
    text_t client; /* this one alone; empty: any */
    bool has_area; /* who is in `area` */
    bool is_twice; /* two areas were given */
    area_t area;
} herdctl_view_t;

/* Rows of a table of options: --box and --near of a view, which is borrowed. */
#define HERDCTL_VIEW_OPTIONS(view)                                                                 \
    {"box",                                                                                        \
     "W,S,E,N",                                                                                    \
     "only who is between these meridians and parallels, in degrees",                              \
     .take = herdctl_view_take_box,                                                                \
     .argument = (view),                                                                           \
     .refusal = "--box takes W,S,E,N in degrees, S not above N; W is greater than E where it "     \
                "crosses 180 degrees"},                                                            \
    {                                                                                              \
        "near", "LAT,LON,M", "only who is within M metres of that position",                       \
            .take = herdctl_view_take_near, .argument = (view),                                    \
            .refusal = "--near takes LAT,LON,M: degrees, and metres up to half the earth's "       \
                       "circumference"                                                             \
    }

options_take_fn herdctl_view_take_box;
options_take_fn herdctl_view_take_near;

/* Whether no two of client, box and near were given; else says so. */
bool herdctl_view_is_one(const herdctl_view_t *self);

/* Whether a record, which is no tombstone, is among them. */
bool herdctl_view_contains(const herdctl_view_t *self, const record_t *record);

#endif
