#include "frontend/lines/foreign.h"

#include <stddef.h>
#include <string.h>

/* "\r\n" "\r\n" "\0\r\n" "QUIT\n": four lines */
static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
enum {
    SIGNATURE_SIZE = sizeof signature - 1,
    FIRST_LINE = 2,
    SECOND_LINE = 4, /* the end of it */
};

static bool is_capital(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

/* "GET", "M-SEARCH" */
static size_t method_size(text_t text)
{
    size_t size = 0;
    while (size < text.size &&
           (is_capital(text.data[size]) || (size > 0 && text.data[size] == '-'))) {
        size++;
    }
    return size;
}

/* Of "GET /path HTTP/1.1" the name in front of "/1.1", as far as it is in capitals. */
static text_t protocol_name(text_t line)
{
    enum { VERSION_SIZE = 4 };
    text_t name = {0};
    if (line.size < VERSION_SIZE) {
        return name;
    }
    size_t start = line.size - VERSION_SIZE;
    const char *version = line.data + start;
    if (version[0] != '/' || !text_is_digit(version[1]) || version[2] != '.' ||
        !text_is_digit(version[3])) {
        return name;
    }
    size_t end = start;
    while (start > 0 && is_capital(line.data[start - 1])) {
        start--;
    }
    return (text_t){.data = line.data + start, .size = end - start};
}

/* GET /path HTTP/1.1 */
static const char *http_or_kin(text_t line)
{
    size_t method = method_size(line);
    text_t name = protocol_name(line);
    /* Between the two there are a space, at least one byte, and a space. */
    bool is_head = method > 0 && name.size > 0 && method + 3 <= (size_t)(name.data - line.data) &&
                   line.data[method] == ' ' && name.data[-1] == ' ';
    if (!is_head) {
        return NULL;
    }
    return text_equal(name, TEXT("HTTP")) ? "HTTP" : "a protocol like HTTP";
}

static bool begins_with(text_t text, text_t with)
{
    return text.size >= with.size && memcmp(text.data, with.data, with.size) == 0;
}

/* The type of a handshake and a version, from SSL 3.0 to TLS 1.3 (RFC 8446, section 5.1). */
const char *foreign_unfinished(text_t bytes)
{
    bool is_tls =
        begins_with(bytes, TEXT("\x16\x03")) && bytes.size > 2 && (unsigned char)bytes.data[2] <= 4;
    return is_tls ? "TLS" : NULL;
}

const char *foreign_line(text_t line)
{
    if (begins_with(line, TEXT("PROXY "))) {
        return "the PROXY protocol";
    }
    if (begins_with(line, TEXT("SSH-")) && line.size > 4 && text_is_digit(line.data[4])) {
        return "SSH";
    }
    const char *unfinished = foreign_unfinished(line);
    return unfinished != NULL ? unfinished : http_or_kin(line);
}

bool foreign_head_take(foreign_head_t *self, text_t *chunk)
{
    while (!self->decided && self->matched < SIGNATURE_SIZE && chunk->size > 0) {
        self->decided = chunk->data[0] != signature[self->matched];
        if (!self->decided) {
            self->matched++;
            *chunk = text_after(*chunk, 1);
        }
    }
    return self->matched == SIGNATURE_SIZE;
}

text_t foreign_head_give(foreign_head_t *self, bool must)
{
    uint8_t end = self->decided || must ? self->matched : FIRST_LINE;
    if (end > self->matched || end <= self->given) {
        return (text_t){0};
    }
    text_t given = {.data = signature + self->given, .size = (size_t)(end - self->given)};
    self->given = end;
    return given;
}

bool foreign_head_holds(const foreign_head_t *self)
{
    return !self->decided && self->matched >= SECOND_LINE && self->given < self->matched;
}
