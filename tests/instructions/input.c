#include "tests/instructions/input.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/protocol/command.h"
#include "tests/sim/random.h"
#include "tests/support/cmocka_herd.h"

#include <stdio.h>

/* Millionths of a degree. */
enum { DEGREE_E6 = 1000000 };

static void begin(input_t *self)
{
    buffer_init(&self->bytes, LIMIT_BODY_SIZE);
}

/* Ends text `index`, which was just appended. */
static void end_line(input_t *self, size_t index, status_t status)
{
    assert_int_equal(status, STATUS_OK);
    self->ends[index] = self->bytes.size;
    assert_int_equal(buffer_append(&self->bytes, "\n", 1), STATUS_OK);
}

/* kiwi-17, 17.kiwi.example, or a longer one. */
static void write_client(size_t index, char *out, size_t size)
{
    static const char *const formats[] = {"kiwi-%zu", "%zu.kiwi.example", "kiwi.%zu.cs.ucla.edu"};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(out, size, formats[index % ARRAY_COUNT(formats)], index);
#pragma GCC diagnostic pop
}

void input_iamats(input_t *self, int round)
{
    random_t random;
    char client[64];
    begin(self);
    random_init(&random, 1, 0);
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        /* Around one city, as WHATSATs with places need it. */
        unsigned latitude = 34 * DEGREE_E6 + (unsigned)random_below(&random, DEGREE_E6 / 2);
        unsigned longitude = 118 * DEGREE_E6 + (unsigned)random_below(&random, DEGREE_E6 / 2);
        write_client(i, client, sizeof client);
        status_t status = buffer_format(
            &self->bytes, "IAMAT %s +%02u.%06u-%03u.%06u %lld.%09u", client, latitude / DEGREE_E6,
            latitude % DEGREE_E6, longitude / DEGREE_E6, longitude % DEGREE_E6,
            (long long)(INPUT_TIME_S + round), (unsigned)random_below(&random, TIMESTAMP_NS_PER_S));
        end_line(self, i, status);
    }
}

void input_whatsats(input_t *self)
{
    char client[64];
    begin(self);
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        write_client(i, client, sizeof client);
        end_line(self, i, buffer_format(&self->bytes, "WHATSAT %s 10 5", client));
    }
}

void input_malformed(input_t *self)
{
    static const char *const lines[] = {
        "",
        "IAMAT",
        "AT Clark +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503",
        "IAMAT kiwi.cs.ucla.edu +34.068930-118.445127",
        "IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503 1",
        "IAMAT kiwi.cs.ucla.edu +94.068930-118.445127 1621464827.959498503",
        "IAMAT kiwi.cs.ucla.edu +34.068930-118.44512x 1621464827.959498503",
        "IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503Z",
        "WHATSAT kiwi.cs.ucla.edu 51 5",
        "WHATSAT kiwi.cs.ucla.edu 10 -5",
        "GET /index.html HTTP/1.1",
        "\x16\x03\x01\x02\x01\x01\xfc\x03\x03\x7f",
    };
    begin(self);
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        const char *line = lines[i % ARRAY_COUNT(lines)];
        end_line(self, i, buffer_append(&self->bytes, line, strlen(line)));
    }
}

void input_requests(input_t *self, const input_t *lines)
{
    const int64_t first_ns = INPUT_TIME_S * TIMESTAMP_NS_PER_S;
    begin(self);
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        text_t line = input_line(lines, i);
        long long receipt_ns = first_ns + 1000 * (int64_t)i;
        status_t status = buffer_format(&self->bytes, "1048577 %zu %lld ", i + 1, receipt_ns);
        assert_int_equal(status, STATUS_OK);
        end_line(self, i, buffer_append(&self->bytes, line.data, line.size));
    }
}

void input_done(input_t *self)
{
    buffer_done(&self->bytes);
}

text_t input_line(const input_t *self, size_t index)
{
    size_t start = index > 0 ? self->ends[index - 1] + 1 : 0;
    return (text_t){.data = self->bytes.data + start, .size = self->ends[index] - start};
}

record_t input_record(const input_t *iamats, size_t index, const char *origin)
{
    command_t command = command_parse(input_line(iamats, index));
    assert_int_equal(command.kind, COMMAND_IAMAT);
    return (record_t){.client = command.client,
                      .position = command.position,
                      .client_time = command.client_time,
                      .origin = text_of(origin),
                      .client_time_ns = command.client_time_ns,
                      .receipt_time_ns = command.client_time_ns + 263873386,
                      .order_time_ns = command.client_time_ns};
}
