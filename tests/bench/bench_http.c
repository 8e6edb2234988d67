#include "tests/bench/bench_http.h"

#include "common/base/timestamp.h"

enum {
    BODY_SIZE_MAX = 96, /* of a PUT; the longest has about 70 */
    DECIMALS = 6,
    E6 = 1000000,
};

/* -118.445127: a number of JSON has no leading zeros. */
static char *write_degrees(int64_t value_e6, char *out)
{
    uint64_t rest = (uint64_t)(value_e6 < 0 ? -value_e6 : value_e6);
    uint64_t decimals = rest % E6;
    if (value_e6 < 0) {
        *out++ = '-';
    }
    out += text_write_u64(rest / E6, out);
    *out = '.';
    for (size_t i = DECIMALS; i > 0; i--) {
        out[i] = (char)('0' + decimals % 10);
        decimals /= 10;
    }
    return out + 1 + DECIMALS;
}

static char *write_latitude(const bench_request_t *request, char *out)
{
    return write_degrees(bench_peer_latitude_e6(request->position), out);
}

static char *write_longitude(const bench_request_t *request, char *out)
{
    return write_degrees(bench_peer_longitude_e6(request->position), out);
}

/* {"lat":34.06893,"lon":-118.445127,"time":1621464827.959498503} */
static size_t write_body(const bench_request_t *request, char *out)
{
    char *at = text_copy(TEXT("{\"lat\":"), out);
    at = text_copy(TEXT(",\"lon\":"), write_latitude(request, at));
    at = text_copy(TEXT(",\"time\":"), write_longitude(request, at));
    at += timestamp_write(request->time_ns, at);
    *at++ = '}';
    return (size_t)(at - out);
}

static char *write_put(const bench_request_t *request, char *out)
{
    char body[BODY_SIZE_MAX];
    size_t size = write_body(request, body);
    out = text_copy(TEXT("PUT /v1/clients/bench."), out);
    out += text_write_u64(request->id, out);
    out = text_copy(TEXT(" HTTP/1.1\r\nHost: localhost\r\nContent-Length: "), out);
    out += text_write_u64(size, out);
    out = text_copy(TEXT("\r\n\r\n"), out);
    return text_copy((text_t){.data = body, .size = size}, out);
}

static char *write_near(const bench_request_t *request, char *out)
{
    out = write_latitude(request, text_copy(TEXT("GET /v1/near?lat="), out));
    out = write_longitude(request, text_copy(TEXT("&lon="), out));
    return text_copy(TEXT("&radius=10000&limit=10 HTTP/1.1\r\nHost: localhost\r\n\r\n"), out);
}

static char *write_get(const bench_request_t *request, char *out)
{
    out = text_copy(TEXT("GET /v1/clients/bench."), out);
    out += text_write_u64(request->id, out);
    return text_copy(TEXT(" HTTP/1.1\r\nHost: localhost\r\n\r\n"), out);
}

size_t bench_http_write(const bench_request_t *request, char *out)
{
    char *end;
    switch (request->kind) {
    case BENCH_IAMAT: end = write_put(request, out); break;
    case BENCH_NEAR: end = write_near(request, out); break;
    default: end = write_get(request, out); break;
    }
    return (size_t)(end - out);
}

/* Whether a Feature of the request's client begins there, and has its time if it was told. */
static bool feature_is_right(const bench_request_t *request, text_t body)
{
    enum { OWN_SIZE = 64 };
    char own[OWN_SIZE];
    char *end = text_copy(TEXT("{\"type\":\"Feature\",\"id\":\"bench."), own);
    end += text_write_u64(request->id, end);
    *end++ = '"';
    size_t size = (size_t)(end - own);
    if (!text_equal(text_first(body, size), (text_t){.data = own, .size = size})) {
        return false;
    }
    if (request->kind != BENCH_IAMAT) {
        return true;
    }
    end = text_copy(TEXT("\"time\":\""), own);
    end += timestamp_write(request->time_ns, end);
    while (end[-1] == '0') {
        end--; /* a number has none at its end */
    }
    end -= end[-1] == '.';
    *end++ = '"';
    return memmem(body.data, body.size, own, (size_t)(end - own)) != NULL;
}

static bool is_right(const bench_request_t *request, uint64_t status, text_t body)
{
    if (request->kind == BENCH_NEAR) {
        text_t begin = TEXT("{\"type\":\"FeatureCollection\"");
        return status == 200 && text_equal(text_first(body, begin.size), begin);
    }
    bool good = status == 200 || (status == 201 && request->kind == BENCH_IAMAT);
    return good && feature_is_right(request, body);
}

/* Of "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Length: 95"; 204 has no length. */
static bool read_head(text_t head, uint64_t *ret_status, uint64_t *ret_size)
{
    text_t version = TEXT("HTTP/1.1 ");
    text_t field = TEXT("\r\nContent-Length: ");
    text_t number;
    if (!text_equal(text_first(head, version.size), version) ||
        !text_to_u64(text_first(text_after(head, version.size), 3), 999, ret_status)) {
        return false;
    }
    const char *length = memmem(head.data, head.size, field.data, field.size);
    *ret_size = 0;
    if (length == NULL) {
        return *ret_status == 204;
    }
    text_t rest = text_after(head, (size_t)(length - head.data) + field.size);
    return text_take_until(&rest, '\r', &number) && text_to_u64(number, UINT32_MAX, ret_size);
}

bench_reply_t bench_http_take(const bench_request_t *request, bool strict, text_t *rest)
{
    uint64_t status;
    uint64_t size;
    const char *end = memmem(rest->data, rest->size, "\r\n\r\n", 4);
    if (end == NULL) {
        return BENCH_REPLY_PART;
    }
    size_t head_size = (size_t)(end - rest->data);
    if (!read_head(text_first(*rest, head_size), &status, &size)) {
        *rest = text_after(*rest, rest->size);
        return BENCH_REPLY_WRONG;
    }
    text_t behind = text_after(*rest, head_size + 4);
    if (behind.size < size) {
        return BENCH_REPLY_PART;
    }
    bool right = strict ? is_right(request, status, text_first(behind, size))
                        : status >= 200 && status < 300;
    *rest = text_after(behind, size);
    return right ? BENCH_REPLY_RIGHT : BENCH_REPLY_WRONG;
}
