#include "common/sockets/stream.h"

#include "common/base/limits.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    /* What one read asks for at least, and at most beyond the message that is under way. */
    READ_SIZE_MIN = 16384,
    READ_SIZE_MAX = LIMIT_BATCH_SIZE,
    PARTS = 3, /* head, header, body */
};

void stream_init(stream_t *self, int file)
{
    *self = (stream_t){.file = file};
    buffer_init(&self->input, FRAME_SIZE_MAX + READ_SIZE_MAX);
    buffer_init(&self->output, LIMIT_STREAM_OUTPUT_SIZE + FRAME_SIZE_MAX);
}

void stream_done(stream_t *self)
{
    if (self->file >= 0) {
        close(self->file);
        buffer_done(&self->input);
        buffer_done(&self->output);
    }
    *self = (stream_t){.file = -1};
}

int stream_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) > LIMIT_IPC_PATH_SIZE) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (file >= 0 && connect(file, (const struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        close(file);
        errno = error;
        file = -1;
    }
    return file;
}

/* Bytes that the kernel has taken; 0: none now; -1 with errno set: it has ended. */
static ssize_t send_parts(const stream_t *self, struct iovec *parts, size_t count)
{
    const struct msghdr header = {.msg_iov = parts, .msg_iovlen = count};
    ssize_t size;
    do {
        size = sendmsg(self->file, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (size < 0 && errno == EINTR);
    return size < 0 && errno == EAGAIN ? 0 : size;
}

/* Keeps what the kernel has not taken. */
static void keep_rest(stream_t *self, const struct iovec *parts, size_t taken)
{
    for (size_t i = 0; i < PARTS; i++) {
        size_t skipped = taken < parts[i].iov_len ? taken : parts[i].iov_len;
        taken -= skipped;
        status_t status = buffer_append(&self->output, (const char *)parts[i].iov_base + skipped,
                                        parts[i].iov_len - skipped);
        assert(status == STATUS_OK); /* one message more than the limit has room */
    }
}

status_t stream_flush(stream_t *self)
{
    if (stream_unsent(self) == 0) {
        return STATUS_OK;
    }
    struct iovec rest = {.iov_base = self->output.data + self->sent,
                         .iov_len = stream_unsent(self)};
    ssize_t size = send_parts(self, &rest, 1);
    if (size < 0) {
        return STATUS_SYSTEM;
    }
    self->sent += (size_t)size;
    if (stream_unsent(self) == 0) {
        buffer_done(&self->output); /* it is seldom used */
        self->sent = 0;
    } else if (self->sent >= LIMIT_BODY_SIZE) {
        buffer_consume(&self->output, self->sent);
        self->sent = 0;
    }
    return STATUS_OK;
}

static status_t send_all(stream_t *self, struct iovec *parts)
{
    if (stream_unsent(self) >= LIMIT_STREAM_OUTPUT_SIZE) {
        return STATUS_AGAIN;
    }
    ssize_t size = stream_unsent(self) > 0 ? 0 : send_parts(self, parts, PARTS);
    if (size < 0) {
        return STATUS_SYSTEM;
    }
    if (self->sent > 0) {
        buffer_consume(&self->output, self->sent);
        self->sent = 0;
    }
    keep_rest(self, parts, (size_t)size);
    return STATUS_OK;
}

/* The kernel does not write there. */
static struct iovec part(const void *data, size_t size)
{
    union {
        const void *read;
        void *written;
    } pointer = {.read = data};
    return (struct iovec){.iov_base = pointer.written, .iov_len = size};
}

status_t stream_send(stream_t *self, const message_t *message)
{
    unsigned char head[FRAME_HEAD_SIZE];
    frame_write_head(message, head);
    struct iovec parts[PARTS] = {part(head, sizeof head),
                                 part(message->header.data, message->header.size),
                                 part(message->body.data, message->body.size)};
    return send_all(self, parts);
}

status_t stream_greet(stream_t *self)
{
    struct iovec parts[PARTS] = {part(FRAME_PREAMBLE, FRAME_PREAMBLE_SIZE)};
    return send_all(self, parts);
}

size_t stream_open_size(const stream_t *self)
{
    return self->input.size - self->taken;
}

void stream_trim(stream_t *self, size_t keep)
{
    if (stream_open_size(self) == 0 && self->input.capacity > keep) {
        buffer_done(&self->input);
        self->taken = 0;
    }
}

/* The front of what has come and was not delivered. */
static const char *front(const stream_t *self)
{
    return self->input.data + self->taken;
}

/* The message at the front; `*ret_missing` is what it lacks at least, if STATUS_AGAIN. */
static status_t take_message(stream_t *self, message_t *ret_message, size_t *ret_missing)
{
    frame_head_t head;
    size_t size = stream_open_size(self);
    *ret_missing = FRAME_HEAD_SIZE;
    if (size < FRAME_HEAD_SIZE) {
        return STATUS_AGAIN;
    }
    status_t status = frame_read_head(front(self), &head);
    if (status != STATUS_OK) {
        return status;
    }
    size_t whole = FRAME_HEAD_SIZE + head.header_size + head.body_size;
    if (size < whole) {
        *ret_missing = whole - size;
        return STATUS_AGAIN;
    }
    const char *text = front(self) + FRAME_HEAD_SIZE;
    *ret_message = (message_t){.type = head.type,
                               .header = {.data = text, .size = head.header_size},
                               .body = {.data = text + head.header_size, .size = head.body_size}};
    self->taken += whole;
    return STATUS_OK;
}

/* Room for what is missing, but not much more than has come: a head costs its sender's bytes, not
 * those that it announces. */
static size_t room_for(const stream_t *self, size_t missing)
{
    size_t most = stream_open_size(self) > READ_SIZE_MAX ? stream_open_size(self) : READ_SIZE_MAX;
    size_t room = missing < most ? missing : most;
    return room > READ_SIZE_MIN ? room : READ_SIZE_MIN;
}

/* One read of up to `room` bytes, for which there is room. STATUS_AGAIN: nothing waits. */
static status_t read_once(stream_t *self, size_t room)
{
    ssize_t size;
    do {
        size = recv(self->file, self->input.data + self->input.size, room, MSG_DONTWAIT);
    } while (size < 0 && errno == EINTR);
    self->unread = size > 0 && (size_t)size == room;
    if (size > 0) {
        buffer_commit(&self->input, (size_t)size);
        return STATUS_OK;
    }
    if (size == 0) {
        errno = 0;
    }
    return size < 0 && errno == EAGAIN ? STATUS_AGAIN : STATUS_SYSTEM;
}

static status_t read_more(stream_t *self, size_t missing)
{
    buffer_consume(&self->input, self->taken);
    self->taken = 0;
    status_t status = buffer_reserve(&self->input, room_for(self, missing));
    assert(status == STATUS_OK); /* a message and a read fit, and no more is ever held */
    return read_once(self, self->input.capacity - self->input.size);
}

status_t stream_take_greeting(stream_t *self)
{
    if (self->greeted) {
        return STATUS_OK;
    }
    status_t status = buffer_reserve(&self->input, FRAME_PREAMBLE_SIZE);
    assert(status == STATUS_OK);
    status = read_once(self, FRAME_PREAMBLE_SIZE - self->input.size);
    if (status != STATUS_OK) {
        return status;
    }
    if ((unsigned char)self->input.data[0] == FRAME_ZEROMQ) {
        return STATUS_UNREACHABLE;
    }
    if (memcmp(self->input.data, FRAME_PREAMBLE, self->input.size) != 0) {
        return STATUS_INVALID;
    }
    if (self->input.size < FRAME_PREAMBLE_SIZE) {
        return STATUS_AGAIN;
    }
    buffer_clear(&self->input);
    self->greeted = true;
    self->unread = false;
    return STATUS_OK;
}

status_t stream_receive(stream_t *self, message_t *ret_message)
{
    size_t missing;
    status_t status = take_message(self, ret_message, &missing);
    if (status != STATUS_AGAIN) {
        return status;
    }
    status = read_more(self, missing);
    return status == STATUS_OK ? take_message(self, ret_message, &missing) : status;
}

bool stream_is_due(const stream_t *self)
{
    frame_head_t head;
    size_t size = stream_open_size(self);
    if (self->unread) {
        return true;
    }
    if (size < FRAME_HEAD_SIZE) {
        return false;
    }
    return frame_read_head(front(self), &head) != STATUS_OK ||
           size >= FRAME_HEAD_SIZE + head.header_size + head.body_size;
}
