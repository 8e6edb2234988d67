#include "common/config/ephemeral.h"

#include "common/base/files.h"

#include <fcntl.h>
#include <unistd.h>

static text_t read_setting(const char *path, char *out, size_t size)
{
    size_t read_size = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return (text_t){0};
    }
    bool fine = files_read(file, out, size, &read_size) == STATUS_OK;
    close(file);
    return (text_t){.data = out, .size = fine ? read_size : 0};
}

/* "32768<TAB>60999<LF>" */
static void parse_range(ephemeral_t *self, text_t range)
{
    text_t line;
    text_t first;
    text_t last;
    uint64_t numbers[2];
    if (text_take_line(&range, &line) && text_take_field(&line, &first) &&
        text_take_field(&line, &last) && text_to_u64(first, UINT16_MAX, &numbers[0]) &&
        text_to_u64(last, UINT16_MAX, &numbers[1])) {
        self->first = (uint16_t)numbers[0];
        self->last = (uint16_t)numbers[1];
    }
}

void ephemeral_parse(ephemeral_t *self, text_t range, text_t reserved)
{
    text_t line = reserved;
    (void)text_take_until(&reserved, '\n', &line);
    *self = (ephemeral_t){.first = EPHEMERAL_FIRST, .last = 60999};
    parse_range(self, range);
    line = text_first(line, sizeof self->reserved);
    (void)text_copy(line, self->reserved);
    self->reserved_size = line.size;
}

void ephemeral_read(ephemeral_t *self)
{
    char range[64];
    char reserved[EPHEMERAL_RESERVED_SIZE];
    ephemeral_parse(
        self, read_setting("/proc/sys/net/ipv4/ip_local_port_range", range, sizeof range),
        read_setting("/proc/sys/net/ipv4/ip_local_reserved_ports", reserved, sizeof reserved));
}

bool ephemeral_has(const ephemeral_t *self, uint16_t port)
{
    text_t rest = {.data = self->reserved, .size = self->reserved_size};
    text_t part;
    if (port < self->first || port > self->last) {
        return false;
    }
    while (text_take_until(&rest, ',', &part)) {
        text_t first;
        uint64_t from;
        uint64_t to;
        if (!text_take_until(&part, '-', &first) || !text_to_u64(first, UINT16_MAX, &from)) {
            continue;
        }
        if (!text_to_u64(part, UINT16_MAX, &to)) {
            to = from;
        }
        if (port >= from && port <= to) {
            return false;
        }
    }
    return true;
}
