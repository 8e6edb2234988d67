#include "frontend/web/http/http_body.h"

#include "common/base/limits.h"

#include <string.h>

enum { CHUNK_DIGITS = 8 }; /* hexadecimal, of a chunk's size */

http_status_t http_body_begin(http_body_t *self, const http_head_t *head)
{
    *self = (http_body_t){0};
    if (head->is_chunked) {
        self->state = HTTP_BODY_SIZE;
        return HTTP_OK;
    }
    self->left = self->total = head->content_length;
    self->state = self->left > 0 ? HTTP_BODY_PLAIN : HTTP_BODY_ENDED;
    return self->left > LIMIT_HTTP_BODY_SIZE ? HTTP_CONTENT_TOO_LARGE : HTTP_OK;
}

/* -1: it is no digit. */
static int digit_of(char byte)
{
    if (text_is_digit(byte)) {
        return byte - '0';
    }
    if (byte >= 'a' && byte <= 'f') {
        return byte - 'a' + 10;
    }
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* A byte of "1a3" or "1a3;name=value". */
static http_status_t take_size(http_body_t *self, char byte)
{
    int digit = digit_of(byte);
    if (digit >= 0) {
        self->left = self->left * 16 + (unsigned)digit;
        return ++self->digits <= CHUNK_DIGITS ? HTTP_OK : HTTP_BAD_REQUEST;
    }
    if (self->digits == 0 || (byte != ';' && byte != '\r')) {
        return HTTP_BAD_REQUEST;
    }
    self->state = byte == ';' ? HTTP_BODY_EXTENSION : HTTP_BODY_SIZE_LF;
    return HTTP_OK;
}

/* A byte that is passed over; at a CR the next state is `behind`. */
static http_status_t skip(http_body_t *self, char byte, http_body_state_t behind)
{
    unsigned char number = (unsigned char)byte;
    if (byte == '\r') {
        self->state = behind;
        return HTTP_OK;
    }
    bool is_control = (number < ' ' && byte != '\t') || number == 0x7f;
    if (is_control || ++self->extra > LIMIT_HTTP_TRAILERS_SIZE) {
        return is_control ? HTTP_BAD_REQUEST : HTTP_HEADER_FIELDS_TOO_LARGE;
    }
    return HTTP_OK;
}

/* The size of a chunk is known. */
static http_status_t begin_chunk(http_body_t *self)
{
    self->state = self->left > 0 ? HTTP_BODY_CHUNK : HTTP_BODY_TRAILER;
    self->digits = 0;
    self->total += self->left;
    return self->total <= LIMIT_HTTP_BODY_SIZE ? HTTP_OK : HTTP_CONTENT_TOO_LARGE;
}

static http_status_t expect(http_body_t *self, char byte, char expected, http_body_state_t behind)
{
    self->state = behind;
    return byte == expected ? HTTP_OK : HTTP_BAD_REQUEST;
}

/* Takes a byte that is not the body's. */
static http_status_t take_byte(http_body_t *self, char byte)
{
    switch (self->state) {
    case HTTP_BODY_SIZE: return take_size(self, byte);
    case HTTP_BODY_EXTENSION: return skip(self, byte, HTTP_BODY_SIZE_LF);
    case HTTP_BODY_SIZE_LF: return byte == '\n' ? begin_chunk(self) : HTTP_BAD_REQUEST;
    case HTTP_BODY_CHUNK_CR: return expect(self, byte, '\r', HTTP_BODY_CHUNK_LF);
    case HTTP_BODY_CHUNK_LF: return expect(self, byte, '\n', HTTP_BODY_SIZE);
    case HTTP_BODY_TRAILER:
        if (byte == '\r') {
            self->state = HTTP_BODY_LAST_LF;
            return HTTP_OK;
        }
        self->state = HTTP_BODY_TRAILER_IN;
        return byte == ' ' || byte == '\t' ? HTTP_BAD_REQUEST
                                           : skip(self, byte, HTTP_BODY_TRAILER_LF);
    case HTTP_BODY_TRAILER_IN: return skip(self, byte, HTTP_BODY_TRAILER_LF);
    case HTTP_BODY_TRAILER_LF: return expect(self, byte, '\n', HTTP_BODY_TRAILER);
    case HTTP_BODY_LAST_LF: return expect(self, byte, '\n', HTTP_BODY_ENDED);
    case HTTP_BODY_PLAIN:
    case HTTP_BODY_CHUNK:
    case HTTP_BODY_ENDED: break;
    }
    return HTTP_BAD_REQUEST;
}

static bool is_in_content(const http_body_t *self)
{
    return self->state == HTTP_BODY_PLAIN || self->state == HTTP_BODY_CHUNK;
}

/* Moves bytes of the body. Returns how many. */
static size_t take_content(http_body_t *self, text_t bytes, char *out)
{
    size_t size = self->left < bytes.size ? (size_t)self->left : bytes.size;
    if (out != bytes.data) {
        memmove(out, bytes.data, size);
    }
    self->left -= size;
    if (self->left == 0) {
        self->state = self->state == HTTP_BODY_PLAIN ? HTTP_BODY_ENDED : HTTP_BODY_CHUNK_CR;
    }
    return size;
}

http_body_outcome_t http_body_take(http_body_t *self, text_t bytes, char *out,
                                   http_body_part_t *ret_part)
{
    http_body_part_t part = {.status = HTTP_OK};
    while (part.status == HTTP_OK && part.taken < bytes.size && self->state != HTTP_BODY_ENDED) {
        if (is_in_content(self)) {
            size_t moved = take_content(self, text_after(bytes, part.taken), out + part.size);
            part.taken += moved;
            part.size += moved;
        } else {
            part.status = take_byte(self, bytes.data[part.taken++]);
        }
    }
    *ret_part = part;
    if (part.status != HTTP_OK) {
        return HTTP_BODY_REFUSED;
    }
    return self->state == HTTP_BODY_ENDED ? HTTP_BODY_DONE : HTTP_BODY_MORE;
}
