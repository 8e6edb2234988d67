/* lan.h - hosts joined by a switch of the test's own, which can cut, lose and delay on each way between two of them.
 *
 * Owner: the test. Threads: one; the switch is a thread inside.
 * Each host is a network namespace with a TUN device (host.h). The switch reads the packets of all devices, and by
 * source and destination finds the way that a packet takes, and the faults on it. One mechanism for all faults:
 * veth pairs with `tc netem` would need a kernel module that many kernels lack (sch_netem) and could not cut a
 * single direction, a root's firewall would need nft and its modules; this needs nothing but /dev/net/tun. What a fault
 * does is real all the same: the kernel's TCP runs over it, sends again, backs off, and knows of nothing.
 */
#ifndef HERD_TESTS_LAN_H
#define HERD_TESTS_LAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lan lan_t;

enum {
    LAN_HOSTS_MAX = 16,
    LAN_ADDRESS_SIZE = 16, /* "10.77.0.254" and a zero */
};

/* What happens to the packets from one host to another (open value struct); all zero: nothing bad. */
typedef struct {
    bool cut;              /* none arrives */
    unsigned loss_percent; /* so many of a hundred are lost, each by itself */
    unsigned delay_ms;     /* the others arrive so much later, in order */
} lan_way_t;

/* Whether this machine lets us make hosts; says so on stderr where it does not. For the start of main. */
bool lan_is_possible(void);

/* `host_count` hosts, numbered from 0, all joined. Fails the test where it cannot. Caller frees with lan_destroy. */
lan_t *lan_new(size_t host_count);

/* Stops the switch, removes the hosts and clears the pointer; NULL is fine. */
void lan_destroy(lan_t **self_p);

/* The address of a host, as text. */
void lan_address(size_t host, char out[LAN_ADDRESS_SIZE]);

/* Descriptor of a host's network namespace, for process_options_t; owned by `self`. */
int lan_namespace(const lan_t *self, size_t host);

/* From now on, the way from one host to another is like this; also for packets under way. */
void lan_set_way(lan_t *self, size_t from, size_t to, const lan_way_t *way);

/* Takes the host's device down, or up again: it has no route to anybody, and is told so. */
void lan_set_up(lan_t *self, size_t host, bool up);

/* Packets that were cut or lost so far, on all ways. */
uint64_t lan_lost(lan_t *self);

#endif
