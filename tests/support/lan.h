/* lan.h - hosts on a switch of the test's own, which can cut, lose and delay packets on each way.
 *
 * Owner: the test. Threads: one; the switch is a thread inside.
 * Each host is a network namespace with a TUN device (host.h). The switch reads the packets of all
 * devices; source and destination tell the way of a packet, and so its faults. All faults have this
 * one mechanism, which needs only /dev/net/tun: veth pairs with `tc netem` would need a kernel
 * module that many kernels lack (sch_netem) and could not cut a single direction, and a firewall
 * would need nft and its modules. The effect of a fault is real: the kernel's TCP runs over it,
 * sends again and backs off.
 */
#ifndef HERD_TESTS_SUPPORT_LAN_H
#define HERD_TESTS_SUPPORT_LAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lan lan_t;

enum {
    LAN_HOSTS_MAX = 16,
    LAN_ADDRESS_SIZE = 16, /* "10.77.0.254" and a zero */
};

/* What happens to packets from one host to another (open value struct); all zero means no fault. */
typedef struct {
    bool cut;              /* no packet arrives */
    unsigned loss_percent; /* share of packets that are lost, each by itself */
    unsigned delay_ms;     /* the others arrive later by this, in order */
} lan_way_t;

/* Whether this machine lets us make hosts; if not, says so on stderr. For the start of main. */
bool lan_is_possible(void);

/* Makes `host_count` hosts, numbered from 0, all joined. Fails the test if it cannot. Caller frees
 * with lan_destroy. */
lan_t *lan_new(size_t host_count);

/* Stops the switch, removes the hosts and clears the pointer; NULL is fine. */
void lan_destroy(lan_t **self_p);

/* The address of a host, as text. */
void lan_address(size_t host, char out[LAN_ADDRESS_SIZE]);

/* Descriptor of a host's network namespace, for process_options_t; owned by `self`. */
int lan_namespace(const lan_t *self, size_t host);

/* From now on this is the way from one host to another, also for packets under way. */
void lan_set_way(lan_t *self, size_t from, size_t to, const lan_way_t *way);

/* Takes the host's device down, or up again. While it is down, the host has no route and knows
 * it. */
void lan_set_up(lan_t *self, size_t host, bool up);

/* Counts the packets that were cut or lost so far, on all ways. */
uint64_t lan_lost(lan_t *self);

#endif
