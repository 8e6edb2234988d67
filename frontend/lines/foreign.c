#include "frontend/lines/foreign.h"

#include <stddef.h>
#include <string.h>

static size_t capitals(text_t text)
{
    size_t size = 0;
    while (size < text.size && text.data[size] >= 'A' && text.data[size] <= 'Z') {
        size++;
    }
    return size;
}

/* GET /path HTTP/1.1 */
static bool is_http(text_t line)
{
    static const char version[] = " HTTP/1.1";
    const size_t size = sizeof version - 1;
    size_t method = capitals(line);
    if (method == 0 || line.size < method + 1 + 1 + size || line.data[method] != ' ') {
        return false;
    }
    const char *end = line.data + line.size - size;
    return memcmp(end, version, size - 3) == 0 && end[size - 2] == '.';
}

const char *foreign_line(text_t line)
{
    static const char proxy[] = "PROXY ";
    if (line.size >= sizeof proxy - 1 && memcmp(line.data, proxy, sizeof proxy - 1) == 0) {
        return "the PROXY protocol";
    }
    return is_http(line) ? "HTTP" : NULL;
}

const char *foreign_bytes(text_t bytes)
{
    static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
    const size_t size = sizeof signature - 1;
    return bytes.size >= size && memcmp(bytes.data, signature, size) == 0 ? "the PROXY protocol"
                                                                          : NULL;
}
