/* line_session.h - a connection whose client speaks lines (client-protocol.md): lines in, replies
 * in their order out.
 *
 * Owner and threads: as frontend/clients/session.h says, which has all that it can do.
 */
#ifndef HERD_FRONTEND_LINES_LINE_SESSION_H
#define HERD_FRONTEND_LINES_LINE_SESSION_H

#include "frontend/clients/session.h"

extern const session_kind_t line_session_kind;

#endif
