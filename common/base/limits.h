/* limits.h - every maximum of the herd, with its unit and the reason for it.
 *
 * Each queue, table, buffer and retry is bounded by a line of this file, or by a setting that the
 * configuration bounds; one that is not is a defect. Sizes are in bytes, counts are plain numbers,
 * times name their unit.
 */
#ifndef HERD_COMMON_BASE_LIMITS_H
#define HERD_COMMON_BASE_LIMITS_H

/* A client's line, and the least that a setting may allow (client-protocol.md, L4). 64 KiB is a
 * promise of the protocol: no setting exceeds it, so every member can carry what any front-end
 * accepts. */
#define LIMIT_LINE_SIZE     65536
#define LIMIT_LINE_SIZE_MIN 128
/* How much of a line that is too long its answer shows. */
#define LIMIT_LINE_ECHO 64

/* Names of herds and members: they become ZeroMQ routing ids (at most 255 bytes) and file names. */
#define LIMIT_NAME_SIZE 63
/* Members of one herd file: as many as the simulator's largest herd has. */
#define LIMIT_MEMBERS 1024
/* Origins that one store can name: members of this herd file and of earlier ones. */
#define LIMIT_ORIGINS 4096
/* Neighbours with a mark bit of their own in each record; the rest are flooded without marks. */
#define LIMIT_MARKED_NEIGHBOURS 32

/* Public keys in one folder: each member, its front-end, and as many operators and watchers. */
#define LIMIT_KEYS 4096
/* One certificate file; zcert writes about 500 bytes. */
#define LIMIT_CERTIFICATE_SIZE 8192

/* Pairs of a key's holder and an address that are remembered, so that the first connection from
 * there is logged once. */
#define LIMIT_KEYS_SEEN 1024
/* Connections of one socket that are watched: their peers, until the handshake ends, and what they
 * bring in. More than strangers may have, so that none goes unwatched. */
#define LIMIT_HANDSHAKES 4096
/* What a connection to bus or requests may have brought in behind its last whole message, in bytes:
 * a message is about 1 MiB at most; while more waits to be read, whole messages may be among them,
 * up to what fills the pipes. In 1-byte frames ZeroMQ takes some 20 bytes for each. */
#define LIMIT_OPEN_SIZE        2097152
#define LIMIT_OPEN_UNREAD_SIZE 20971520
/* The same of all connections to a socket that have not said whose they are. */
#define LIMIT_OPEN_TOTAL 8388608
/* All that a subscriber of the tap may send: 1,024 prefixes take 256 KiB. */
#define LIMIT_TAP_RECEIVED 524288
/* Connections to one socket that have not said whose they are. */
#define LIMIT_STRANGERS 1024

/* The herd file; a larger one is a mistake, not a herd. */
#define LIMIT_CONFIG_SIZE 1048576
/* One line of it. */
#define LIMIT_CONFIG_LINE_SIZE 1024
/* Settings in it: enough for a full herd whose members have every key. */
#define LIMIT_CONFIG_SETTINGS 16384
/* Findings reported about it; more would help no one. */
#define LIMIT_CONFIG_FINDINGS 100

/* Ranges of settings (docs/configuration.md). Bytes of output that a client has not read. */
#define LIMIT_OUTPUT_SIZE_MIN 4096
#define LIMIT_OUTPUT_SIZE     1073741824
/* Client records in one store, and bytes that they may take. */
#define LIMIT_CLIENTS      1000000000
#define LIMIT_STORE_MEMORY 1099511627776
/* Milliseconds: 10 minutes for a request; a day that a client's time may be ahead. */
#define LIMIT_REQUEST_TIMEOUT_MS_MIN 10
#define LIMIT_REQUEST_TIMEOUT_MS     600000
#define LIMIT_CLOCK_LEAD_MS          86400000
#define LIMIT_CLOCK_WARNING_MS_MIN   10
#define LIMIT_CLOCK_WARNING_MS       86400000
/* Seconds: ten years, a day. */
#define LIMIT_EXPIRE_AFTER_S 315360000
#define LIMIT_EXPIRE_GRACE_S 86400
#define LIMIT_IDLE_TIMEOUT_S 86400
/* Neighbours that an IAMAT may wait for (setting acknowledge); with more, a herd would wait for its
 * slowest member. */
#define LIMIT_ACKNOWLEDGING_PEERS 16
/* Milliseconds: a minute between what a journal commits. */
#define LIMIT_JOURNAL_INTERVAL_MS 60000
/* Endpoints on which a front-end may listen. */
#define LIMIT_LISTENERS 8
/* The path of a Unix socket without its terminating zero (sun_path, unix(7)). */
#define LIMIT_IPC_PATH_SIZE 107

/* One record line on the bus: a client's line and the fields that replication adds. */
#define LIMIT_RECORD_LINE_SIZE (LIMIT_LINE_SIZE + 256)
/* A batch that has reached this size takes no more lines... */
#define LIMIT_BATCH_SIZE 65536
/* ...so a body is at most one batch and one record or reply more. Each socket's MAXMSGSIZE. */
#define LIMIT_BODY_SIZE 1048576
/* A header frame: a few numbers and a generation. */
#define LIMIT_HEADER_SIZE 256
/* One formatted reply: an AT line and its JSON. */
#define LIMIT_REPLY_SIZE (LIMIT_BODY_SIZE - LIMIT_RECORD_LINE_SIZE)

/* Messages in each pipe of the bus and of requests (high-water mark): enough to keep a link busy,
 * and few enough that a dead neighbour holds megabytes, not gigabytes. */
#define LIMIT_PIPE_MESSAGES 16
/* Messages of requests that a front-end may have under way. */
#define LIMIT_REQUEST_WINDOW 16
/* Messages of replies queued for one front-end. The request window bounds most of them; only
 * WHATSAT answers, which come later, can pile up. */
#define LIMIT_REPLY_MESSAGES 4096
/* The same over a Unix socket, in bytes that the kernel does not take: beyond the first number the
 * node reads nothing more of that peer, beyond the second a message is lost, and with it the
 * session. All peers together: past the third, whoever has most is cut off. */
#define LIMIT_STREAM_UNSENT_SIZE  65536
#define LIMIT_STREAM_OUTPUT_SIZE  67108864
#define LIMIT_STREAM_OUTPUT_TOTAL 268435456
/* Messages queued on an operator's connection to a member, each way, of LIMIT_BODY_SIZE at most. A
 * question has one answer, and a member that has no question left is not read from. */
#define LIMIT_OPERATOR_MESSAGES 4
/* Messages that one handler takes from a socket before the others have their turn. */
#define LIMIT_MESSAGES_PER_TURN 64
/* Nanoseconds after which it takes no further one: a message may bring a thousand lines. */
#define LIMIT_MESSAGES_TURN_NS 2000000

/* WHATSAT: its radius and its number of results (client-protocol.md, W2, W3). */
#define LIMIT_RADIUS_KM 50
#define LIMIT_RESULTS   20
/* WHATSATs of one node that wait for the places actor. */
#define LIMIT_WAITING_QUERIES 65536
/* Bytes of AT replies of one node that wait until neighbours acknowledge their records: about
 * 900,000 replies, several seconds of a node's work. Up to twice that is allocated. */
#define LIMIT_PROMISES_SIZE 134217728
/* Front-ends that one node serves. */
#define LIMIT_FRONTENDS 256

/* Programs that follow one node (setting max_followers): each has a cursor, and what a member
 * takes costs a look at each. */
#define LIMIT_FOLLOWERS 64

/* Connections to a node's Unix socket: front-ends, followers, and those that have not said whose
 * they are. */
#define LIMIT_STREAMS (LIMIT_FRONTENDS + LIMIT_FOLLOWERS + LIMIT_STRANGERS)

/* The tap: prefixes that all subscribers have together, and their bytes. ZeroMQ keeps a node of a
 * tree, about 50 bytes, for each byte: 13 MiB in all. */
#define LIMIT_TAP_SUBSCRIPTIONS      1024
#define LIMIT_TAP_SUBSCRIPTIONS_SIZE 262144
/* Subscriptions of one subscriber that wait for the node. ZeroMQ takes all that waits in one go, in
 * the node's thread, and goes on as long as more comes in: with 1,024 three subscribers of 100,000
 * prefixes each stopped a member for a minute. Not 1: with CURVE and ZAP the credentials count as
 * written and never as read, and such a subscriber would wait for ever (libzmq 4.3.4). */
#define LIMIT_TAP_PENDING 2
/* A subscriber's prefix that is longer than this gets nothing. */
#define LIMIT_TAP_PREFIX_SIZE 255
/* A meta frame: a member's name, numbers, and a count for each length that a prefix may have. */
#define LIMIT_TAP_META_SIZE 65536
/* One frame of a subscriber: a prefix, or what a handshake needs. A longer one ends the connection,
 * because ZeroMQ keeps a prefix as a tree of its bytes and walks it recursively: a prefix of a
 * megabyte overflows the stack. */
#define LIMIT_TAP_FRAME_SIZE 2048
/* Messages queued for one subscriber. On a busy bus each is as large as a batch: 64 MiB. The
 * subscriber loses what comes beyond. */
#define LIMIT_TAP_MESSAGES 1024
/* The same at its end, for `herdctl tap`: what more comes waits with the node. What may come by one
 * connection while nothing is read, and by all: as much as fills that with large messages. A member
 * that sends more, or a message without end, is cut off. */
#define LIMIT_TAP_WATCHER_MESSAGES 32
#define LIMIT_TAP_WATCHER_SIZE     8388608
#define LIMIT_TAP_WATCHER_TOTAL    67108864

/* JSON of a provider: levels of brackets; Google's answers have six. */
#define LIMIT_JSON_DEPTH 32
/* One answer of a provider. Google sends at most 20 places, and more would fit no reply... */
#define LIMIT_PLACES_ANSWER_SIZE 1048576
/* ...but OpenStreetMap sends every place, and we choose. */
#define LIMIT_OVERPASS_SIZE 16777216
/* The text of a question to a provider with its path. */
#define LIMIT_PLACES_QUESTION_SIZE 4096
/* How much of a provider's error message is passed on. */
#define LIMIT_PLACES_MESSAGE_SIZE 1024
/* Room in an answer for what comes behind its results: a token for the next page, the status. */
#define LIMIT_PLACES_TAIL_SIZE 16384
/* A provider's key. */
#define LIMIT_KEY_SIZE 256
/* A host name and a path that stand before the provider's own path. */
#define LIMIT_BASE_URL_SIZE 512

/* Whose tiles the map of herd-web shows (web_tiles_attribution), and their levels. */
#define LIMIT_ATTRIBUTION_SIZE 256
#define LIMIT_TILES_ZOOM       22
/* Requests to a provider that are under way (setting max_concurrent); the public servers of
 * Overpass give each address two slots. */
#define LIMIT_PLACES_CONCURRENT   64
#define LIMIT_OVERPASS_CONCURRENT 2
/* Different questions to a provider that are under way or wait for a slot. */
#define LIMIT_PLACES_LOOKUPS 1024
/* Ranges of settings: milliseconds, failures in a row, seconds. */
#define LIMIT_PLACES_TIMEOUT_MS_MIN 10
#define LIMIT_PLACES_TIMEOUT_MS     600000
#define LIMIT_BREAKER_FAILURES      1000
#define LIMIT_BREAKER_PAUSE_MS      3600000
/* The longest Retry-After of a provider that is heeded, in seconds: then it is asked once. */
#define LIMIT_RETRY_AFTER_S 3600
#define LIMIT_CACHE_S       86400
/* Answers in the cache, and the size of one: 64 MiB in all. */
#define LIMIT_KEPT_ANSWERS     2048
#define LIMIT_KEPT_ANSWER_SIZE 32768

/* One place's row in a GeoNames file; longer rows are skipped and counted. */
#define LIMIT_PLACE_ROW_SIZE 65536
/* A GeoNames file that is used as it is, and the rows of an imported one: the index keeps 32-bit
 * offsets. */
#define LIMIT_PLACES_FILE_SIZE 4294967295
#define LIMIT_PLACES_ROWS_SIZE 4294967295

/* Client connections of one front-end (setting max_connections): a session number has 20 bits for
 * them. */
#define LIMIT_CONNECTIONS 1048576
/* When all are in use, a newcomer takes the place of a client that has been idle for this time, in
 * milliseconds: of one that never sent a line, or else of any. */
#define LIMIT_NEWCOMER_IDLE_MS 1000
#define LIMIT_IDLE_MS          5000
/* Idle clients that are looked at for that, those that have been idle longest first. */
#define LIMIT_IDLE_LOOKED_AT 64

/* What one front-end holds for all its clients together: lines without their LF, kept requests,
 * output that is not read. */
#define LIMIT_CLIENTS_MEMORY 268435456
/* The same with replies that are longer than was reserved for them, or come out of turn: a client
 * whose reply does not fit any more is disconnected. */
#define LIMIT_ANSWERS_MEMORY 536870912
/* What each client may hold once all together hold more than that, so that no crowd of slow or
 * silent clients can take the machine. A client beyond its share is not read from; an unfinished
 * line beyond it ends the connection. */
#define LIMIT_CLIENT_SHARE 8192
/* What one client may have beyond max_output: replies can be longer than was reserved for them. */
#define LIMIT_OUTPUT_OVERSHOOT 67108864
/* One turn's input of one client. */
#define LIMIT_READ_SIZE 65536
/* What the lines of one client may cost in its part of a turn: each its bytes and 64 for itself, as
 * much time as 64 bytes take. Some 70 lines of IAMAT, 120 empty ones, or one of 64 KiB; then the
 * other clients have their parts. */
#define LIMIT_TURN_COST 8192
/* Requests of one client that go into a batch before the others have theirs. */
#define LIMIT_REQUESTS_PER_TURN 32
/* All that one turn of a front-end's loop reads and cuts into lines, in nanoseconds: beyond that a
 * client's input waits for its part, but for what is so short, in bytes, that it costs no one. */
#define LIMIT_TURN_NS    1000000
#define LIMIT_SHORT_READ 4096
/* WHATSATs of one client that are under way; when there are more than so many of all clients of a
 * front-end together, each may have the second number. The next ones wait in the client's turn. */
#define LIMIT_LOOKUPS         32
#define LIMIT_LOOKUPS_CROWDED 2
#define LIMIT_LOOKUPS_ALL     800
/* Lines, received and answered, that the traffic log of a process takes from one client in a
 * second, and bytes after which it takes no more... */
#define LIMIT_TRAFFIC_LINES 2000
#define LIMIT_TRAFFIC_SIZE  524288
/* ...and bytes of all clients together: a tenth of what a disk takes. What each client has up to so
 * many lines and bytes is taken in any case: many greedy ones cost no one the record of others. */
#define LIMIT_TRAFFIC_TOTAL      16777216
#define LIMIT_TRAFFIC_SURE_LINES 100
#define LIMIT_TRAFFIC_SURE_SIZE  16384
/* Connections that one listener accepts before the others have their turn, and those that the
 * kernel keeps until then. */
#define LIMIT_ACCEPTS_PER_TURN 64
#define LIMIT_ACCEPT_QUEUE     4096
/* Addresses on which one listener listens: those of its host name. */
#define LIMIT_LISTENER_ADDRESSES 8

/* The least number of open files that a program needs (RLIMIT_NOFILE), without neighbours and
 * clients: its own sockets, event loops and threads take about 30, and libraries abort when there
 * is none. */
#define LIMIT_FILES_MIN 64
/* The least number of threads that a program needs beside its first: the log's, ZeroMQ's two, those
 * of handshakes and places, and some that look up names; libraries abort when there is none. */
#define LIMIT_THREADS_MIN 8
/* Open files that clients leave to their front-end: a connection to a node that was restarted takes
 * five, of which the former one may still hold as many; the log, keys and a name to look up take
 * some more. */
#define LIMIT_FILES_RESERVE 16

/* herd-web. The first line of a request: an ID of LIMIT_LINE_SIZE bytes, each of them escaped; and
 * all of its head. */
#define LIMIT_HTTP_LINE_SIZE (3 * LIMIT_LINE_SIZE + 256)
#define LIMIT_HTTP_HEAD_SIZE (LIMIT_HTTP_LINE_SIZE + 16384)
#define LIMIT_HTTP_FIELDS    64
/* A name of the domain name system, and a port. */
#define LIMIT_HTTP_HOST_SIZE 262
/* The body of a request: a batch of positions that an app has kept while it was offline. */
#define LIMIT_HTTP_BODY_SIZE 1048576
/* Extensions of chunks, and fields behind the last one, which nothing here uses. */
#define LIMIT_HTTP_TRAILERS_SIZE 8192
/* The content of an answer: a page of clients with the longest IDs, or all metrics. */
#define LIMIT_HTTP_CONTENT_SIZE 16777216
/* Requests of one connection that are under way: the next ones wait in the kernel. */
#define LIMIT_HTTP_PIPELINE 64
/* Until a request has come whole, from its first byte on; an answer that is not read moves by so
 * much at least once, too. */
#define LIMIT_HTTP_ARRIVAL_MS 20000
#define LIMIT_HTTP_READING_MS 60000
/* WebSocket: a message of a client, all its fragments. Output that waits for it before no more is
 * read of it. Who was silent for two thirds of the time is asked by a ping with its next turn, so
 * that one who answers is asked so often, and disconnected if it stays silent. */
#define LIMIT_WEBSOCKET_MESSAGE_SIZE 4096
#define LIMIT_WEBSOCKET_OUTPUT_SIZE  16384
#define LIMIT_WEBSOCKET_PING_MS      30000
#define LIMIT_WEBSOCKET_SILENT_MS    60000
/* Between two changes of a watcher's view; of those that come sooner the newest counts. */
#define LIMIT_WEBSOCKET_VIEW_MS 200

/* What herd-web remembers of clients that departed, for watchers that come back: clients, and the
 * bytes of their IDs. As many numbers of its copy rest before they are used again. */
#define LIMIT_PAST_CLIENTS 65536
#define LIMIT_PAST_SIZE    16777216

/* One of the log's two buffers, about 40,000 lines: one fills while the other is written. What
 * comes when both are full is counted, not kept. */
#define LIMIT_LOG_BUFFER 4194304
/* The metrics of a herd as text: about 600 bytes a member and 3,000 a link, for a thousand members
 * with six links each. */
#define LIMIT_METRICS_SIZE 67108864
/* How much of a hostile sample an event shows. */
#define LIMIT_LOG_SAMPLE 96
/* An event's message, and its peer: a member's name, or a client's address and number. Longer ones
 * are cut. */
#define LIMIT_LOG_MESSAGE 1024
#define LIMIT_LOG_PEER    95
/* Pairs of event and peer whose repeats are counted at the same time: a second of trouble with many
 * peers. */
#define LIMIT_LOG_REPEATS 64

#endif
