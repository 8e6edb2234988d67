/* host.h - a host for one process: a Linux network namespace whose only wire ends in the test.
 *
 * Owner: the test. Threads: one; another may read and write the device's descriptor.
 * The wire is a TUN device (Linux, Documentation/networking/tuntap.rst): a read from its descriptor
 * returns one IPv4 packet that the host sent, and what is written there arrives at the host. The
 * namespace has no name, so it goes with its last process and descriptor, however the test ends.
 * Needs root, or the rights to make namespaces (CAP_SYS_ADMIN) and devices (CAP_NET_ADMIN).
 */
#ifndef HERD_TESTS_SUPPORT_HOST_H
#define HERD_TESTS_SUPPORT_HOST_H

#include <stdbool.h>
#include <stdint.h>

typedef struct host host_t;

/* Bytes of the largest packet: Ethernet's. */
enum { HOST_PACKET_SIZE = 1500 };

/* A host with this IPv4 address (in host byte order), up, on a network of 256 addresses. NULL, and
 * errno, if the machine or our rights do not allow it. Caller frees with host_destroy. */
host_t *host_new(uint32_t address);

/* Closes what it holds and clears the pointer; NULL is fine. Its processes go on without a wire. */
void host_destroy(host_t **self_p);

/* Descriptor of the namespace, for setns(2); owned by `self`. */
int host_namespace(const host_t *self);

/* Descriptor of the device, which does not block; owned by `self`. */
int host_device(const host_t *self);

/* Takes the device down, as `ip link set down` does, or up again. Fails the test if it cannot. */
void host_set_up(host_t *self, bool up);

#endif
