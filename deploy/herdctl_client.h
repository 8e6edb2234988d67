/* herdctl_client.h - the ID of a client, as commands are given it.
 *
 * Owner: none. Threads: any.
 */
#ifndef HERD_HERDCTL_CLIENT_H
#define HERD_HERDCTL_CLIENT_H

#include "common/text.h"

#include <stdbool.h>

enum { HERDCTL_CLIENT_SHOWN = 128 }; /* bytes of a client in messages, escaped, and a zero */

/* Whether it may be one: it stands between white space in a client's line. Says so on stderr where not. */
bool herdctl_is_client(const char *client);

/* The body of a question about it: the ID and an LF. Caller frees with free(). */
char *herdctl_client_line(const char *client);

#endif
