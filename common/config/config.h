/* config.h - the herd file: ZPL text (rfc.zeromq.org/spec/4) into checked settings.
 *
 * Owner: the caller of config_load. Threads: read-only after config_load, any thread.
 * One file describes the whole herd; docs/configuration.md lists every key. Nothing in this room
 * opens a socket or creates a file.
 */
#ifndef HERD_COMMON_CONFIG_CONFIG_H
#define HERD_COMMON_CONFIG_CONFIG_H

#include "common/base/status.h"
#include "common/places/geonames.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    CONFIG_WARNING, /* the herd starts, but is not what the file seems to want */
    CONFIG_ERROR,   /* the herd does not start */
} config_severity_t;

/* Receives one finding: `file` as given to config_load, `line` from 1 (0: the file as a whole),
 * `text` one sentence without a full stop. Both strings are borrowed for the call. */
typedef void config_report_fn(void *argument, config_severity_t severity, const char *file,
                              unsigned line, const char *text);

/* How the herd's own connections are protected: bus, requests, tap (docs/security.md). */
typedef enum {
    /* not at all, so only loopback addresses and Unix sockets are bound */
    CONFIG_SECURITY_LOCAL,
    /* encrypted; peers without a key of the folder are refused */
    CONFIG_SECURITY_CURVE,
    /* not at all, on any address, because the file says so */
    CONFIG_SECURITY_NONE,
} config_security_t;

typedef enum {
    CONFIG_PLACES_NONE,          /* WHATSAT answers ZERO_RESULTS */
    CONFIG_PLACES_LOCAL,         /* a GeoNames file on this machine */
    CONFIG_PLACES_GOOGLE,        /* Places API (New) */
    CONFIG_PLACES_GOOGLE_LEGACY, /* Places API, Nearby Search */
    CONFIG_PLACES_OVERPASS,      /* OpenStreetMap by Overpass API */
} config_places_t;

typedef enum {
    CONFIG_RANK_POPULARITY,
    CONFIG_RANK_DISTANCE,
} config_rank_t;

/* How a provider on the network is asked (open value struct). Strings are NULL if the file does not
 * set them and there is no default. */
typedef struct {
    /* "https://host[:port][/path]", http on loopback hosts only; no "/" at its end */
    const char *base_url;
    const char *key_env;    /* name of the environment variable that holds the key */
    const char *key_file;   /* absolute path */
    const char *field_mask; /* of Places API (New) */
    config_rank_t rank;     /* of Places API (New) */
    const char *language;   /* e.g. "en" */
    const char *ca_file;    /* certificate authorities, PEM; absolute path; NULL: the system's */
    const char *proxy;      /* URL */
    const char *user_agent;
    int64_t connect_timeout_ms;
    int64_t timeout_ms;       /* of a question, from asking to the answer */
    size_t max_concurrent;    /* requests at a time, 1 .. LIMIT_PLACES_CONCURRENT */
    const char *lock_dir;     /* where members on a machine share slots; NULL: run_dir */
    int64_t cache_s;          /* how long answers are kept, if that is allowed; 0: not at all */
    size_t breaker_failures;  /* in a row, until the provider is left alone ... */
    int64_t breaker_pause_ms; /* ... for this time */
    int64_t busy_pause_ms;    /* at least, if it is busy and does not say for how long */
} config_provider_t;

/* One member (open value struct). Endpoints are ZeroMQ's: "tcp://host:port", "ipc://path". */
typedef struct {
    /* 1 .. LIMIT_NAME_SIZE bytes: letters, digits, "_", "-", "."; first a letter or digit */
    const char *name;
    const char *const *clients; /* front-end listeners, "tcp://host:port" each */
    size_t client_count;        /* 1 .. LIMIT_LISTENERS */
    const char *requests;       /* ROUTER endpoint of the node for its front-ends */
    const char *bus;            /* ROUTER endpoint of the node for its neighbours */
    const char *tap;            /* XPUB endpoint; NULL: none */
    bool single;                /* herd(8) starts a process, herd-single, not a pair */
    const char *const *web; /* listeners of herd-web, "tcp://host:port" for each http://host:port */
    size_t web_count;       /* 0 .. LIMIT_LISTENERS */
    const size_t *neighbours; /* indices into config_t.members */
    size_t neighbour_count;   /* 0 .. LIMIT_MEMBERS - 1 */
    const char *const *texts; /* see config_t */
} config_member_t;

/* Tiles below the map of herd-web's page, of a server elsewhere (open value struct). */
typedef struct {
    const char *url;         /* "https://host[:port]/{z}/{x}/{y}.png"; NULL: there are none */
    const char *origin;      /* of it, "https://host[:port]"; NULL likewise */
    const char *attribution; /* whose they are; an https:// address at its end is a link */
    size_t zoom_max;         /* the deepest level that there is, 0 .. LIMIT_TILES_ZOOM */
    bool referrer;           /* their server hears the address of the page */
} config_tiles_t;

/* What front-ends log of every line received and answered. */
typedef enum {
    CONFIG_TRAFFIC_NO,
    CONFIG_TRAFFIC_YES,    /* a line in the log */
    CONFIG_TRAFFIC_BINARY, /* a record in a file of its own (common/log/record.h) */
} config_traffic_t;

/* The whole file (open value struct, read-only). Paths are absolute; times in milliseconds, sizes
 * in bytes. */
typedef struct config {
    const char *file;      /* as given to config_load */
    const char *path;      /* the same, absolute, links not followed: they may change */
    const char *herd_name; /* 1 .. LIMIT_NAME_SIZE bytes */
    const char *run_dir;   /* sockets and pid files */
    const char *log_dir;
    const char *data_dir;        /* journals */
    bool journal;                /* members keep what they know in data_dir */
    int64_t journal_interval_ms; /* between transactions for which no answer waits */
    config_security_t security;
    const char *keys; /* folder of the keys if security is CONFIG_SECURITY_CURVE, else NULL */
    config_traffic_t traffic; /* of clients, in front-ends */
    bool bus_traffic;         /* nodes log every record that neighbours send */
    bool web_open;            /* herd-web also listens beyond loopback, open to all */
    config_tiles_t tiles;     /* of herd-web's page */
    size_t max_line;          /* LIMIT_LINE_SIZE_MIN .. LIMIT_LINE_SIZE */
    size_t max_output;        /* unread output of one client at which it is no longer read from */
    size_t max_connections;   /* clients of one front-end process, 1 .. LIMIT_CONNECTIONS */
    size_t max_connections_per_address; /* of these from one address; 0: as many as there are */
    int64_t idle_timeout_s; /* after which a client that says nothing is disconnected; 0: never */
    size_t max_clients;     /* client records of one node */
    size_t max_memory;      /* of these records, bytes; 0: half of what there is */
    size_t max_followers;   /* programs that follow one node, 0 .. LIMIT_FOLLOWERS */
    int64_t request_timeout_ms;
    int64_t max_clock_lead_ms; /* replication.md, R2 */
    int64_t clock_warning_ms;  /* replication.md, R19 */
    /* neighbours that acknowledge a record before its IAMAT is answered,
     * 0 .. LIMIT_ACKNOWLEDGING_PEERS (replication.md, R18) */
    size_t acknowledge_peers;
    bool acknowledge_disk;  /* it is on this member's disk before, too; only with a journal */
    int64_t expire_after_s; /* seconds after which a record is no longer served; 0: never (R16) */
    int64_t expire_grace_s; /* seconds more after which it is purged */
    config_places_t places;
    const char *places_file;           /* NULL if the file names none */
    geonames_classes_t places_classes; /* of its rows */
    config_provider_t provider;        /* used if `places` is one on the network */
    const config_member_t *members;    /* in the order of the file */
    size_t member_count;               /* 1 .. LIMIT_MEMBERS */
    /* what the file says of each key, or its default, by row of table.h; NULL if there is neither.
     * NULL itself in a configuration that no file gave */
    const char *const *texts;
} config_t;

/* "local", "curve" or "none". */
const char *config_security_text(config_security_t security);

/* Reads and checks `path`, and reports every finding in the order of the file's lines. Relative
 * paths in it start at the folder in which it is named, wherever links lead (docs/decisions/0030).
 * NULL if any finding is a CONFIG_ERROR; else the configuration, which the caller frees with
 * config_destroy. */
config_t *config_load(const char *path, config_report_fn *report, void *argument);

/* The same for those who only ask members: the files that a provider of places needs are not looked
 * at. One that is gone is what they want to hear of. */
config_t *config_load_to_ask(const char *path, config_report_fn *report, void *argument);

/* Frees it and clears the pointer; NULL is fine. */
void config_destroy(config_t **self_p);

/* The member with that name, borrowed from `self`. NULL if there is none. */
const config_member_t *config_member(const config_t *self, const char *name);

#endif
