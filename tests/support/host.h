/* host.h - a host of its own for a process: a Linux network namespace with one device, whose wire ends in the test.
 *
 * Owner: the test. Threads: one; the device's descriptor may be read and written by another.
 * The device is a TUN device (Linux, Documentation/networking/tuntap.rst): what the host sends is read from its
 * descriptor, one IPv4 packet a read, and what is written there arrives at the host. The namespace has no name:
 * it is gone with the last process in it and the last descriptor of it, however the test ends.
 * Needs root, or what of it makes namespaces (CAP_SYS_ADMIN) and devices (CAP_NET_ADMIN).
 */
#ifndef HERD_TESTS_HOST_H
#define HERD_TESTS_HOST_H

#include <stdbool.h>
#include <stdint.h>

typedef struct host host_t;

/* Largest packet, in bytes: Ethernet's. */
enum { HOST_PACKET_SIZE = 1500 };

/* A host with this IPv4 address (in the order of the machine), up, on a network of 256 addresses. NULL where
 * the machine or our rights do not allow it (errno). Caller frees with host_destroy. */
host_t *host_new(uint32_t address);

/* Closes what it holds and clears the pointer; NULL is fine. Processes in it go on, without a wire. */
void host_destroy(host_t **self_p);

/* Descriptor of the namespace, for setns(2); owned by `self`. */
int host_namespace(const host_t *self);

/* Descriptor of the device, which does not block; owned by `self`. */
int host_device(const host_t *self);

/* Takes the device down, as `ip link set down` does, or up again. Fails the test where it cannot. */
void host_set_up(host_t *self, bool up);

#endif
