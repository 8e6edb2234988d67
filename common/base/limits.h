/* limits.h - every maximum of the herd, with its unit and the reason for it.
 *
 * A queue, table, buffer or retry that is not bounded by a line of this file (or by a setting that the
 * configuration bounds) is a defect. Sizes are in bytes, counts are counts, times say their unit.
 */
#ifndef HERD_COMMON_BASE_LIMITS_H
#define HERD_COMMON_BASE_LIMITS_H

/* Client lines (client-protocol.md, L4). A 64 KiB line is a protocol promise; no setting exceeds it, so
 * that every member can carry what any front-end accepts. */
#define LIMIT_LINE_SIZE     65536
#define LIMIT_LINE_SIZE_MIN 128
/* Bytes of a line that is too long which are shown in its answer. */
#define LIMIT_LINE_ECHO 64

/* Names of herds and members: they become ZeroMQ routing ids (at most 255 bytes) and file names. */
#define LIMIT_NAME_SIZE 63
/* Members of one herd file; the simulator's largest herd. */
#define LIMIT_MEMBERS 1024
/* Origins that one store can name: members of today and of earlier herd files. */
#define LIMIT_ORIGINS 4096
/* Neighbours with a mark bit of their own in each record; further ones are flooded without marks. */
#define LIMIT_MARKED_NEIGHBOURS 32

/* Public keys of one folder: a member, its front-end, and as many operators and watchers. */
#define LIMIT_KEYS 4096
/* One certificate; zcert writes some 500 bytes. */
#define LIMIT_CERTIFICATE_SIZE 8192

/* Holders of keys whose first connection from an address is remembered, so that it is logged once. */
#define LIMIT_KEYS_SEEN 1024
/* Connections in their handshake whose peers are remembered, of one socket. */
#define LIMIT_HANDSHAKES 1024

/* The herd file. Larger is a mistake, not a herd. */
#define LIMIT_CONFIG_SIZE 1048576
/* One line of it: czmq's zconfig reads no further into a line. */
#define LIMIT_CONFIG_LINE_SIZE 1024
/* Settings in it: a full herd of members with every key, and room; zconfig's work grows with the square. */
#define LIMIT_CONFIG_SETTINGS 16384
/* Findings reported about it; who has so many has read enough. */
#define LIMIT_CONFIG_FINDINGS 100
/* Ranges of settings (docs/configuration.md): a client's unread output in bytes, records, milliseconds. */
#define LIMIT_OUTPUT_SIZE_MIN        4096
#define LIMIT_OUTPUT_SIZE            1073741824
#define LIMIT_CLIENTS                1000000000
#define LIMIT_STORE_MEMORY           1099511627776
#define LIMIT_REQUEST_TIMEOUT_MS_MIN 10
#define LIMIT_REQUEST_TIMEOUT_MS     600000
#define LIMIT_CLOCK_LEAD_MS          86400000
/* Ten years, a day; in seconds. */
#define LIMIT_EXPIRE_AFTER_S 315360000
#define LIMIT_EXPIRE_GRACE_S 86400
/* Neighbours that an IAMAT may wait for (setting acknowledge): more is a herd that waits for its slowest. */
#define LIMIT_ACKNOWLEDGING_PEERS 16
/* Endpoints a front-end may listen on. */
#define LIMIT_LISTENERS 8
/* A Unix socket path, less its terminating zero (sun_path, unix(7)). */
#define LIMIT_IPC_PATH_SIZE 107

/* One record line on the bus: a client line and the fields that replication adds. */
#define LIMIT_RECORD_LINE_SIZE (LIMIT_LINE_SIZE + 256)
/* A batch stops growing at this size... */
#define LIMIT_BATCH_SIZE 65536
/* ...so a body is never larger than one batch and one record or reply more; each socket's MAXMSGSIZE. */
#define LIMIT_BODY_SIZE 1048576
/* Header frames are a few numbers and a generation. */
#define LIMIT_HEADER_SIZE 256
/* One formatted reply: an AT line and its JSON. */
#define LIMIT_REPLY_SIZE (LIMIT_BODY_SIZE - LIMIT_RECORD_LINE_SIZE)

/* High-water mark of each bus and request pipe, in messages: enough to keep a link busy, little enough that
 * a dead neighbour holds megabytes, not gigabytes. */
#define LIMIT_PIPE_MESSAGES 16
/* Replies queued for one front-end, in messages. A front-end has at most LIMIT_REQUEST_WINDOW batches
 * under way, so only WHATSAT answers that come later can pile up. */
#define LIMIT_REPLY_MESSAGES 4096
#define LIMIT_REQUEST_WINDOW 16
/* Messages queued on an operator's connection to a member, each way, of LIMIT_BODY_SIZE at most: a question has one answer, and
 * a member that is not asked any more is not read from. */
#define LIMIT_OPERATOR_MESSAGES 4
/* Messages one handler takes from a socket before the others have their turn. */
#define LIMIT_MESSAGES_PER_TURN 64

/* WHATSAT (client-protocol.md, W2, W3). */
#define LIMIT_RADIUS_KM 50
#define LIMIT_RESULTS   20
/* WHATSATs that wait for the places actor at one node. */
#define LIMIT_WAITING_QUERIES 65536
/* Bytes of AT replies that wait for neighbours to acknowledge their records, at one node: some 900,000, several
 * seconds of what a node takes. Up to twice that is allocated. */
#define LIMIT_PROMISES_SIZE 134217728
/* Front-ends that one node serves. */
#define LIMIT_FRONTENDS 256

/* The tap. Prefixes that subscribers have, all together, and their bytes: ZeroMQ keeps a node of a tree, some 50 bytes, for
 * each byte, so 13 MiB. One that is longer than LIMIT_TAP_PREFIX_SIZE gets nothing. */
#define LIMIT_TAP_SUBSCRIPTIONS      1024
#define LIMIT_TAP_SUBSCRIPTIONS_SIZE 262144
#define LIMIT_TAP_PREFIX_SIZE        255
/* A meta frame: a member's name, numbers, and a count for each length that a prefix may have. */
#define LIMIT_TAP_META_SIZE 65536
/* What a subscriber may send in a frame: prefixes, and what it takes to connect. More disconnects it: ZeroMQ keeps a
 * prefix as a tree of its bytes and walks it by recursion, so one of a megabyte overflows the stack. */
#define LIMIT_TAP_FRAME_SIZE 2048
/* Messages queued for one subscriber; as large as a batch each, when the bus is busy: 64 MiB. What comes then is lost for it. */
#define LIMIT_TAP_MESSAGES 1024

/* JSON of a provider: levels of brackets (Google's answers have six), and bytes of one answer. Google sends at most 20
 * places, and what fits no reply is of no use; OpenStreetMap sends all that there are, for us to choose from. */
#define LIMIT_JSON_DEPTH         32
#define LIMIT_PLACES_ANSWER_SIZE 1048576
#define LIMIT_OVERPASS_SIZE      16777216
/* The text of a question to a provider, and its path. */
#define LIMIT_PLACES_QUESTION_SIZE 4096
/* A provider's error message that is passed on. */
#define LIMIT_PLACES_MESSAGE_SIZE 1024
/* A provider's key; a host name and path in front of the provider's own path. */
#define LIMIT_KEY_SIZE      256
#define LIMIT_BASE_URL_SIZE 512
/* Requests to the provider under way (setting max_concurrent), and questions to it, under way or waiting, that differ. */
#define LIMIT_PLACES_CONCURRENT 64
/* The same for Overpass, whose public servers give each address two places. */
#define LIMIT_OVERPASS_CONCURRENT 2
#define LIMIT_PLACES_LOOKUPS      1024
/* Ranges of settings: milliseconds, failures, seconds. */
#define LIMIT_PLACES_TIMEOUT_MS_MIN 10
#define LIMIT_PLACES_TIMEOUT_MS     600000
#define LIMIT_BREAKER_FAILURES      1000
#define LIMIT_BREAKER_PAUSE_MS      3600000
#define LIMIT_CACHE_S               86400
/* Answers that are kept, and bytes of one: 64 MiB in all. */
#define LIMIT_KEPT_ANSWERS     2048
#define LIMIT_KEPT_ANSWER_SIZE 32768

/* One place's row in a GeoNames file; longer rows are skipped and counted. */
#define LIMIT_PLACE_ROW_SIZE 65536
/* A dump that is read as it is, and the rows of an imported one: the index keeps 32-bit offsets. */
#define LIMIT_PLACES_FILE_SIZE 4294967295
#define LIMIT_PLACES_ROWS_SIZE 4294967295

/* Client connections of one front-end (setting max_connections): what 20 bits of a session number name. */
#define LIMIT_CONNECTIONS 1048576

/* What one front-end holds for all its clients together: input without its LF yet, kept requests, unread
 * output. Past it, each client is held to a small share, so that no crowd of slow or silent ones can take
 * the machine: no more is read from a client beyond its share, and an unfinished line beyond it ends the
 * connection. */
#define LIMIT_CLIENTS_MEMORY 268435456
#define LIMIT_CLIENT_SHARE   8192
/* Replies may come out longer than was reserved for them: what one client may have beyond max_output. */
#define LIMIT_OUTPUT_OVERSHOOT 67108864
/* One turn's input of one client. */
#define LIMIT_READ_SIZE 65536
/* Connections one listener accepts before the others have their turn; those the kernel keeps meanwhile. */
#define LIMIT_ACCEPTS_PER_TURN 64
#define LIMIT_ACCEPT_QUEUE     4096
/* Addresses that one listener's host name may stand for. */
#define LIMIT_LISTENER_ADDRESSES 8

/* Open files that a program must be allowed (RLIMIT_NOFILE): its own sockets, event loops and threads take some
 * 30 of them, and libraries that find none abort. */
#define LIMIT_FILES_MIN 64

/* The log: one of two buffers fills while the other is written. What finds both full is counted, not kept. Each
 * holds some 40,000 lines of the usual length. */
#define LIMIT_LOG_BUFFER 4194304
/* The metrics of a herd as text: some 600 bytes a member and 3,000 a link; a thousand members with six links each. */
#define LIMIT_METRICS_SIZE 67108864
/* Bytes of a hostile sample shown in an event. */
#define LIMIT_LOG_SAMPLE 96
/* Bytes of an event's message, and of its peer: a member's name, or a client's address and number; longer ones are cut. */
#define LIMIT_LOG_MESSAGE 1024
#define LIMIT_LOG_PEER    95
/* Pairs of event and peer whose repeats are counted at the same time: a second's worth of trouble with many peers. */
#define LIMIT_LOG_REPEATS 64

#endif
