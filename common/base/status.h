/* status.h - the outcomes that library functions report.
 *
 * Owner: the caller of each function. Threads: values only, any thread.
 * A function that can fail in more than one way returns a status_t, which must be used. It writes
 * its outputs, named ret_..., on STATUS_OK only.
 */
#ifndef HERD_COMMON_BASE_STATUS_H
#define HERD_COMMON_BASE_STATUS_H

/* One line a status: its name, its text for people. */
#define STATUS_MAP(X)                                                                              \
    X(OK, "success")                                                                               \
    X(INVALID, "not in the expected form")                                                         \
    X(TOO_LONG, "longer than its limit")                                                           \
    X(OUT_OF_RANGE, "outside its range")                                                           \
    X(NOT_FOUND, "not found")                                                                      \
    X(FULL, "no room left")                                                                        \
    X(AGAIN, "nothing to be had now, try again")                                                   \
    X(UNREACHABLE, "no such peer")                                                                 \
    X(VERSION, "protocol version not supported")                                                   \
    X(IN_USE, "already in use")                                                                    \
    X(DAMAGED, "damaged: checksum or layout is wrong")                                             \
    X(SYSTEM, "system error, see errno")

typedef enum {
#define STATUS_ENUM(name, text) STATUS_##name,
    STATUS_MAP(STATUS_ENUM)
#undef STATUS_ENUM
} status_enum_t;

/* The compiler warns of a result that is not looked at, and a warning is an error. */
typedef status_enum_t status_t;
#define STATUS_MUST_USE __attribute__((warn_unused_result))

/* Text for people, e.g. "outside its range"; never NULL. */
const char *status_text(status_t status);

#endif
