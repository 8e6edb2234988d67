#include "tests/support/host.h"

#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* Packets that wait for the test's thread: a device cannot push back and drops what comes when
     * this is full. */
    QUEUE_PACKETS = 20000,
};

static const char own_namespace[] = "/proc/thread-self/ns/net";
static const char device_name[] = "herd0";
static const uint32_t network_mask = 0xFFFFFF00;

struct host {
    int namespace_fd; /* of /proc/.../ns/net */
    int device;       /* of /dev/net/tun */
    int control;      /* a socket in the namespace, with which its devices are set up */
};

/* A request about the device `name`. */
static struct ifreq request_for(const char *name)
{
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    return request;
}

static void put_address(struct ifreq *request, uint32_t address)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    memcpy(&request->ifr_addr, &ipv4, sizeof ipv4);
}

static bool set_flag_up(const host_t *self, const char *name, bool up)
{
    struct ifreq request = request_for(name);
    if (ioctl(self->control, SIOCGIFFLAGS, &request) < 0) {
        return false;
    }
    int flags = up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP;
    request.ifr_flags = (short)flags;
    return ioctl(self->control, SIOCSIFFLAGS, &request) == 0;
}

static bool make_device(host_t *self)
{
    struct ifreq request = request_for(device_name);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    self->device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return self->device >= 0 && ioctl(self->device, TUNSETIFF, &request) == 0;
}

static bool configure(const host_t *self, uint32_t address)
{
    struct ifreq request = request_for(device_name);
    request.ifr_mtu = HOST_PACKET_SIZE;
    bool set = ioctl(self->control, SIOCSIFMTU, &request) == 0;
    request.ifr_qlen = QUEUE_PACKETS;
    set = set && ioctl(self->control, SIOCSIFTXQLEN, &request) == 0;
    put_address(&request, address);
    set = set && ioctl(self->control, SIOCSIFADDR, &request) == 0;
    put_address(&request, network_mask);
    set = set && ioctl(self->control, SIOCSIFNETMASK, &request) == 0;
    return set && set_flag_up(self, "lo", true) && set_flag_up(self, device_name, true);
}

/* Called inside the new namespace, to which device and control socket then belong for good. */
static bool furnish(host_t *self, uint32_t address)
{
    self->namespace_fd = open(own_namespace, O_RDONLY | O_CLOEXEC);
    self->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return self->namespace_fd >= 0 && self->control >= 0 && make_device(self) &&
           configure(self, address);
}

host_t *host_new(uint32_t address)
{
    int home = open(own_namespace, O_RDONLY | O_CLOEXEC);
    if (home < 0 || unshare(CLONE_NEWNET) < 0) {
        int error = errno;
        close(home);
        errno = error;
        return NULL;
    }
    host_t *self = memory_new(sizeof *self);
    *self = (host_t){.namespace_fd = -1, .device = -1, .control = -1};
    bool made = furnish(self, address);
    int error = errno;
    if (setns(home, CLONE_NEWNET) < 0) {
        abort(); /* all the rest of the test would run in the wrong place */
    }
    close(home);
    if (!made) {
        host_destroy(&self);
    }
    errno = error;
    return self;
}

static void close_open(int descriptor)
{
    if (descriptor >= 0) {
        close(descriptor);
    }
}

void host_destroy(host_t **self_p)
{
    host_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    close_open(self->device);
    close_open(self->control);
    close_open(self->namespace_fd);
    free(self);
    *self_p = NULL;
}

int host_namespace(const host_t *self)
{
    return self->namespace_fd;
}

int host_device(const host_t *self)
{
    return self->device;
}

void host_set_up(host_t *self, bool up)
{
    if (!set_flag_up(self, device_name, up)) {
        fail_msg("%s %s: %s", device_name, up ? "up" : "down", strerror(errno));
    }
}
