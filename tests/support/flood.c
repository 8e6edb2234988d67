#include "tests/support/flood.h"

#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/base/text.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK_SIZE = 99999 }; /* bytes: whole frames of three */

static bool shake_hands(int file, const char *type)
{
    char greeting[64] = {'\xff', 0, 0, 0, 0, 0, 0, 0, 0, '\x7f', 3, 0, 'N', 'U', 'L', 'L'};
    char ready[64] = "\x04";
    char got[sizeof greeting + 2];
    char rest[UINT8_MAX];
    greeting[32] = 1; /* as-server */
    size_t size = 2;
    size += (size_t)(text_copy(TEXT("\x05READY\x0bSocket-Type"), ready + size) - (ready + size));
    const char length[4] = {0, 0, 0, (char)strlen(type)};
    memcpy(ready + size, length, sizeof length);
    size += sizeof length;
    size += (size_t)(text_copy(text_of(type), ready + size) - (ready + size));
    ready[1] = (char)(size - 2);
    return send(file, greeting, sizeof greeting, MSG_NOSIGNAL) == sizeof greeting &&
           recv(file, got, sizeof got, MSG_WAITALL) == sizeof got &&
           recv(file, rest, (unsigned char)got[sizeof got - 1], MSG_WAITALL) > 0 &&
           send(file, ready, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static void flood_one(flood_t *self, int file)
{
    static const char frame[] = "\x01\x01x";
    char *chunk = memory_new(CHUNK_SIZE);
    for (size_t i = 0; i < CHUNK_SIZE; i += 3) {
        memcpy(chunk + i, frame, 3);
    }
    uint64_t sent = 0;
    ssize_t size = 0;
    bool shaken = shake_hands(file, self->type);
    while (shaken && size >= 0) {
        /* Whole frames: what is left of one goes out with the next. */
        size_t at = sent % 3;
        size = send(file, chunk + at, CHUNK_SIZE - at, MSG_NOSIGNAL);
        sent += size > 0 ? (uint64_t)size : 0;
    }
    if (shaken) {
        atomic_fetch_add(&self->cut, 1);
        if (sent > atomic_load(&self->largest)) {
            atomic_store(&self->largest, sent);
        }
    }
    free(chunk);
}

static void *flood_all(void *argument)
{
    flood_t *self = argument;
    int file;
    while ((file = accept(self->listener, NULL, NULL)) >= 0) {
        flood_one(self, file);
        close(file);
    }
    return NULL;
}

void flood_start(flood_t *self, uint16_t port, const char *type)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *self = (flood_t){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .type = type};
    assert_int_equal(setsockopt(self->listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)),
                     0);
    assert_int_equal(bind(self->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(self->listener, 16), 0);
    assert_int_equal(pthread_create(&self->thread, NULL, flood_all, self), 0);
}

void flood_stop(flood_t *self)
{
    shutdown(self->listener, SHUT_RDWR);
    pthread_join(self->thread, NULL);
    close(self->listener);
}
