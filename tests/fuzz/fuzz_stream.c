/* Any bytes in any pieces at one end of a request link over a Unix socket. An input is pieces, each
 * a byte of its size and so many bytes. What is taken is what a reader of the whole would take:
 * the preamble, then messages, until something is none. */
#include "common/sockets/stream.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WHOLE_MAX = 65536 };

/* What the pieces are together, and how far it was taken. */
typedef struct {
    char bytes[WHOLE_MAX];
    size_t size;
    size_t taken;
    bool greeted;
    bool over; /* what came is no message */
} whole_t;

/* What the next message is, read from the whole. */
static status_t expected_next(const whole_t *whole, frame_head_t *ret_head)
{
    size_t size = whole->size - whole->taken;
    if (size < FRAME_HEAD_SIZE) {
        return STATUS_AGAIN;
    }
    status_t status = frame_read_head(whole->bytes + whole->taken, ret_head);
    bool whole_message = status == STATUS_OK &&
                         size >= FRAME_HEAD_SIZE + ret_head->header_size + ret_head->body_size;
    return status == STATUS_OK && !whole_message ? STATUS_AGAIN : status;
}

static void check_message(whole_t *whole, const message_t *message, const frame_head_t *head)
{
    const char *start = whole->bytes + whole->taken + FRAME_HEAD_SIZE;
    unsigned char written[FRAME_HEAD_SIZE];
    assert(message->type == head->type && message->header.size == head->header_size &&
           message->body.size == head->body_size);
    assert(memcmp(message->header.data, start, head->header_size) == 0);
    assert(memcmp(message->body.data, start + head->header_size, head->body_size) == 0);
    frame_write_head(message, written);
    assert(memcmp(written, whole->bytes + whole->taken, FRAME_HEAD_SIZE) == 0);
    whole->taken += FRAME_HEAD_SIZE + head->header_size + head->body_size;
}

static void take_messages(stream_t *stream, whole_t *whole)
{
    status_t status;
    do {
        frame_head_t head;
        message_t message;
        status_t expected = expected_next(whole, &head);
        status = stream_receive(stream, &message);
        assert(status == expected);
        if (status == STATUS_OK) {
            check_message(whole, &message, &head);
            assert(stream_open_size(stream) <= whole->size - whole->taken);
        }
    } while (status == STATUS_OK);
    whole->over = status != STATUS_AGAIN;
    assert(whole->over || stream_open_size(stream) == whole->size - whole->taken);
}

static void take_greeting(stream_t *stream, whole_t *whole)
{
    size_t compared = whole->size < FRAME_PREAMBLE_SIZE ? whole->size : FRAME_PREAMBLE_SIZE;
    bool fits = memcmp(whole->bytes, FRAME_PREAMBLE, compared) == 0;
    status_t expected = !fits                               ? STATUS_INVALID
                        : whole->size < FRAME_PREAMBLE_SIZE ? STATUS_AGAIN
                                                            : STATUS_OK;
    if ((unsigned char)whole->bytes[0] == FRAME_ZEROMQ) {
        expected = STATUS_UNREACHABLE;
    }
    status_t status = stream_take_greeting(stream);
    assert(status == expected);
    whole->over = status != STATUS_OK && status != STATUS_AGAIN;
    whole->greeted = status == STATUS_OK;
    whole->taken = whole->greeted ? FRAME_PREAMBLE_SIZE : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static whole_t whole;
    int pair[2];
    stream_t stream;
    int made = socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
    assert(made == 0);
    stream_init(&stream, pair[0]);
    whole.size = whole.taken = 0;
    whole.greeted = whole.over = false;
    while (size > 1 && !whole.over) {
        size_t piece = data[0] < size - 1 ? data[0] : size - 1;
        piece = piece > 0 ? piece : 1;
        if (whole.size + piece > WHOLE_MAX) {
            break;
        }
        memcpy(whole.bytes + whole.size, data + 1, piece);
        ssize_t sent = send(pair[1], data + 1, piece, 0);
        assert(sent == (ssize_t)piece);
        whole.size += piece;
        data += 1 + piece;
        size -= 1 + piece;
        if (!whole.greeted) {
            take_greeting(&stream, &whole);
        }
        if (whole.greeted && !whole.over) {
            take_messages(&stream, &whole);
        }
    }
    stream_done(&stream);
    close(pair[1]);
    return 0;
}
