/* accept4.h - accept4(2) as ZeroMQ calls it in this process: some descriptors are kept free.
 *
 * libzmq 4.3.4 ends the process when a Unix socket cannot accept for want of a descriptor
 * (ipc_listener.cpp), and takes a whole core when a TCP socket cannot: it is told again and again
 * that someone waits. It has no option for either. But it calls accept4 by its name, and the one of
 * the program comes before that of the C library. So a connection that would take one of the last
 * descriptors is reset here, and ZeroMQ takes it for one that its peer gave up; what must go on,
 * links, log, reload, still finds some.
 *
 * Owner: the process. Threads: any.
 */
#ifndef HERD_NODE_SECURITY_ACCEPT4_H
#define HERD_NODE_SECURITY_ACCEPT4_H

#include <stdbool.h>

/* From now on no connection is accepted that gets the descriptor `ceiling` or a higher one: the
 * lowest free number is given, so that as many are in use. 0: whatever there is. Not kept with
 * whoever asked, because descriptors are the process's. */
void accept4_set_ceiling(int ceiling);

/* What that was last; 0 at first. */
int accept4_ceiling(void);

/* Accepts a connection at a listener of our own, by the same ceiling: a descriptor that does not
 * block; -1 with errno, ECONNABORTED if one came and was reset. Never pauses. */
int accept4_take(int listener);

/* Gives ZeroMQ a connection that was accepted already. ZeroMQ "listens" at the other end of
 * `sender`, a pair of SOCK_SEQPACKET (ZMQ_USE_FD), and gets the connection when it calls accept4.
 * Closes `file`. False: too many are under way, and the connection is ended. */
bool accept4_hand_over(int sender, int file);

#endif
