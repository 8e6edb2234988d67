#include "tests/bench/bench_peer.h"

#include "common/base/timestamp.h"
#include "tests/bench/bench_http.h"

enum {
    DEGREE = 1000000,           /* of the 1e-6 degrees that positions are made in */
    LATITUDE_MAX = 80 * DEGREE, /* Redis takes none beyond 85.05 */
    LONGITUDE_MAX = 179 * DEGREE,
    RESP_LENGTH_MAX = 1024,
    PLACES_MAX = 5, /* of an answer */
    NEAR_MAX = 10,
};

/* What a RESP value in the beginning of a text is. */
typedef enum { RESP_PART, RESP_WHOLE, RESP_BAD } resp_t;

/* S. Vigna, https://prng.di.unimi.it/splitmix64.c, public domain. */
uint64_t bench_random(uint64_t *state)
{
    uint64_t value = *state += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static char *write_id(const bench_request_t *request, char *out)
{
    out = text_copy(TEXT("bench."), out);
    return out + text_write_u64(request->id, out);
}

/* `+034.068930`, with `digits` (2 or 3) before the point. */
static char *write_degrees(int64_t value, unsigned digits, char *out)
{
    uint64_t rest = (uint64_t)(value < 0 ? -value : value);
    char *end = out + 1 + digits + 7;
    *out = value < 0 ? '-' : '+';
    for (char *at = end - 1; at > out; at--) {
        if (at == out + 1 + digits) {
            *at = '.';
        } else {
            *at = (char)('0' + rest % 10);
            rest /= 10;
        }
    }
    return end;
}

int64_t bench_peer_latitude_e6(uint64_t position)
{
    return (int64_t)((position & UINT32_MAX) % (2 * LATITUDE_MAX + 1)) - LATITUDE_MAX;
}

int64_t bench_peer_longitude_e6(uint64_t position)
{
    return (int64_t)((position >> 32) % (2 * LONGITUDE_MAX + 1)) - LONGITUDE_MAX;
}

static int64_t within(int64_t value, int64_t most)
{
    return value > most ? most : value < -most ? -most : value;
}

uint64_t bench_peer_position(int32_t latitude_e6, int32_t longitude_e6)
{
    uint64_t north = (uint64_t)(within(latitude_e6, LATITUDE_MAX) + LATITUDE_MAX);
    uint64_t east = (uint64_t)(within(longitude_e6, LONGITUDE_MAX) + LONGITUDE_MAX);
    return east << 32 | north;
}

uint64_t bench_peer_position_near(uint64_t position, int32_t north_e6, int32_t east_e6)
{
    return bench_peer_position((int32_t)bench_peer_latitude_e6(position) + north_e6,
                               (int32_t)bench_peer_longitude_e6(position) + east_e6);
}

static char *write_latitude(const bench_request_t *request, char *out)
{
    return write_degrees(bench_peer_latitude_e6(request->position), 2, out);
}

static char *write_longitude(const bench_request_t *request, char *out)
{
    return write_degrees(bench_peer_longitude_e6(request->position), 3, out);
}

/* Where a client is, and since when: `+34.068930-118.445127 1621464827.959498503`. */
static char *write_place(const bench_request_t *request, char *out)
{
    out = write_longitude(request, write_latitude(request, out));
    *out++ = ' ';
    return out + timestamp_write(request->time_ns, out);
}

/* The three fields of an IAMAT that its answer repeats. */
static char *write_fields(const bench_request_t *request, char *out)
{
    out = write_id(request, out);
    *out++ = ' ';
    return write_place(request, out);
}

static char *write_line(const bench_request_t *request, char *out)
{
    if (request->kind == BENCH_IAMAT) {
        out = write_fields(request, text_copy(TEXT("IAMAT "), out));
    } else {
        text_t wanted = request->kind == BENCH_WHATSAT ? TEXT(" 10 5") : TEXT(" 0 0");
        out = text_copy(wanted, write_id(request, text_copy(TEXT("WHATSAT "), out)));
    }
    *out++ = '\n';
    return out;
}

/* A bulk string of RESP: its length and its bytes (redis.io/docs/reference/protocol-spec). */
static char *write_bulk(text_t text, char *out)
{
    *out++ = '$';
    out += text_write_u64(text.size, out);
    out = text_copy(TEXT("\r\n"), out);
    out = text_copy(text, out);
    return text_copy(TEXT("\r\n"), out);
}

static text_t between(const char *begin, const char *end)
{
    return (text_t){.data = begin, .size = (size_t)(end - begin)};
}

static char *write_geoadd(const bench_request_t *request, char *out)
{
    char part[BENCH_REQUEST_SIZE_MAX];
    out = text_copy(TEXT("*5\r\n$6\r\nGEOADD\r\n$10\r\nherd-bench\r\n"), out);
    out = write_bulk(between(part, write_longitude(request, part)), out);
    out = write_bulk(between(part, write_latitude(request, part)), out);
    return write_bulk(between(part, write_id(request, part)), out);
}

/* GEOSEARCH places FROMLONLAT -118.445127 +34.068930 */
static char *write_from_position(const bench_request_t *request, char *out)
{
    char part[BENCH_REQUEST_SIZE_MAX];
    out = text_copy(
        TEXT("*12\r\n$9\r\nGEOSEARCH\r\n$17\r\nherd-bench-places\r\n$10\r\nFROMLONLAT\r\n"), out);
    out = write_bulk(between(part, write_longitude(request, part)), out);
    return write_bulk(between(part, write_latitude(request, part)), out);
}

/* GEOSEARCH herd-bench FROMMEMBER bench.7 */
static char *write_from_member(const bench_request_t *request, char *out)
{
    char part[BENCH_REQUEST_SIZE_MAX];
    out = text_copy(TEXT("*11\r\n$9\r\nGEOSEARCH\r\n$10\r\nherd-bench\r\n$10\r\nFROMMEMBER\r\n"),
                    out);
    return write_bulk(between(part, write_id(request, part)), out);
}

static char *write_geosearch(const bench_request_t *request, char *out)
{
    out = request->around_places ? write_from_position(request, out)
                                 : write_from_member(request, out);
    return text_copy(TEXT("$8\r\nBYRADIUS\r\n$2\r\n10\r\n$2\r\nkm\r\n$3\r\nASC\r\n"
                          "$5\r\nCOUNT\r\n$1\r\n5\r\n$9\r\nWITHCOORD\r\n"),
                     out);
}

/* GEOPOS herd-bench bench.7 */
static char *write_geopos(const bench_request_t *request, char *out)
{
    char part[BENCH_REQUEST_SIZE_MAX];
    out = text_copy(TEXT("*3\r\n$6\r\nGEOPOS\r\n$10\r\nherd-bench\r\n"), out);
    return write_bulk(between(part, write_id(request, part)), out);
}

/* SET bench.7 "+34.068930-118.445127 1621464827.959498503": what an IAMAT tells. GET bench.7 */
static char *write_string(const bench_request_t *request, char *out)
{
    char part[BENCH_REQUEST_SIZE_MAX];
    bool sets = request->kind == BENCH_IAMAT;
    out = text_copy(sets ? TEXT("*3\r\n$3\r\nSET\r\n") : TEXT("*2\r\n$3\r\nGET\r\n"), out);
    out = write_bulk(between(part, write_id(request, part)), out);
    return sets ? write_bulk(between(part, write_place(request, part)), out) : out;
}

/* GEOSEARCH herd-bench FROMLONLAT -118.445127 +34.068930 */
static char *write_near(const bench_request_t *request, char *out)
{
    char part[BENCH_REQUEST_SIZE_MAX];
    out = text_copy(TEXT("*12\r\n$9\r\nGEOSEARCH\r\n$10\r\nherd-bench\r\n$10\r\nFROMLONLAT\r\n"),
                    out);
    out = write_bulk(between(part, write_longitude(request, part)), out);
    out = write_bulk(between(part, write_latitude(request, part)), out);
    return text_copy(TEXT("$8\r\nBYRADIUS\r\n$2\r\n10\r\n$2\r\nkm\r\n$3\r\nASC\r\n"
                          "$5\r\nCOUNT\r\n$2\r\n10\r\n$9\r\nWITHCOORD\r\n"),
                     out);
}

static char *write_geo(const bench_request_t *request, char *out)
{
    switch (request->kind) {
    case BENCH_IAMAT: return write_geoadd(request, out);
    case BENCH_WHATSAT: return write_geosearch(request, out);
    case BENCH_NEAR: return write_near(request, out);
    default: return write_geopos(request, out);
    }
}

size_t bench_peer_write(bench_peer_t peer, const bench_request_t *request, char *out)
{
    char *end;
    switch (peer) {
    case BENCH_PEER_REDIS: end = write_geo(request, out); break;
    case BENCH_PEER_REDIS_SET: end = write_string(request, out); break;
    case BENCH_PEER_WEB:
    case BENCH_PEER_HTTP: return bench_http_write(request, out);
    default: end = write_line(request, out); break;
    }
    return (size_t)(end - out);
}

/* AT Goloman +0.263873386 bench.7 +34.068930-118.445127 1621464827.959498503 */
static bool at_line_is_right(const bench_request_t *request, text_t line)
{
    char own[BENCH_REQUEST_SIZE_MAX];
    text_t word;
    text_t server;
    text_t difference;
    int64_t difference_ns;
    if (!text_take_until(&line, ' ', &word) || !text_equal(word, TEXT("AT")) ||
        !text_take_until(&line, ' ', &server) || server.size == 0 ||
        !text_take_until(&line, ' ', &difference) ||
        !timestamp_parse_difference(difference, &difference_ns)) {
        return false;
    }
    if (request->kind == BENCH_IAMAT) {
        return text_equal(line, between(own, write_fields(request, own)));
    }
    text_t id;
    return text_take_until(&line, ' ', &id) && text_equal(id, between(own, write_id(request, own)));
}

/* The lines that follow the first line of an answer to WHATSAT: `{"results": []}`, in several
 * lines, and an empty one. */
static bench_reply_t take_json(text_t *rest)
{
    if (rest->size == 0) {
        return BENCH_REPLY_PART;
    }
    if (rest->data[0] != '{') {
        return BENCH_REPLY_WRONG;
    }
    const char *end = memmem(rest->data, rest->size, "\n\n", 2);
    if (end == NULL) {
        return BENCH_REPLY_PART;
    }
    bool whole = end[-1] == '}';
    *rest = text_after(*rest, (size_t)(end - rest->data) + 2);
    return whole ? BENCH_REPLY_RIGHT : BENCH_REPLY_WRONG;
}

/* Of a wrong reply takes one line: the next reply may be right again. */
static bench_reply_t take_herd(const bench_request_t *request, text_t *rest)
{
    text_t line;
    if (!text_take_line(rest, &line)) {
        return BENCH_REPLY_PART;
    }
    if (!at_line_is_right(request, line)) {
        return BENCH_REPLY_WRONG;
    }
    return request->kind == BENCH_IAMAT ? BENCH_REPLY_RIGHT : take_json(rest);
}

static bench_reply_t take_echo(const bench_request_t *request, text_t *rest)
{
    char own[BENCH_REQUEST_SIZE_MAX];
    text_t line;
    if (!text_take_line(rest, &line)) {
        return BENCH_REPLY_PART;
    }
    text_t sent = between(own, write_line(request, own));
    return text_equal(line, text_first(sent, sent.size - 1)) ? BENCH_REPLY_RIGHT
                                                             : BENCH_REPLY_WRONG;
}

/* Cuts `:1`, `$7` or `*2` and its CR LF off. */
static resp_t take_resp_head(text_t *rest, char *ret_type, int64_t *ret_number)
{
    text_t line;
    if (!text_take_line(rest, &line)) {
        return RESP_PART;
    }
    if (line.size < 2 || line.data[line.size - 1] != '\r') {
        return RESP_BAD;
    }
    *ret_type = line.data[0];
    text_t number = text_first(text_after(line, 1), line.size - 2);
    return text_to_i64(number, ret_number) ? RESP_WHOLE : RESP_BAD;
}

static resp_t take_resp_bulk(text_t *rest, text_t *ret_text)
{
    char type;
    int64_t size;
    resp_t head = take_resp_head(rest, &type, &size);
    if (head != RESP_WHOLE) {
        return head;
    }
    if (type != '$' || size < 0 || size > RESP_LENGTH_MAX) {
        return RESP_BAD;
    }
    if (rest->size < (size_t)size + 2) {
        return RESP_PART;
    }
    *ret_text = text_first(*rest, (size_t)size);
    *rest = text_after(*rest, (size_t)size + 2);
    return RESP_WHOLE;
}

/* One place: "*2\r\n$7\r\nbench.7\r\n*2\r\n$5\r\n-118.\r\n$3\r\n34.\r\n"; its member. */
static resp_t take_resp_place(text_t *rest, text_t *ret_member)
{
    char type;
    int64_t count;
    text_t number;
    resp_t result = take_resp_head(rest, &type, &count);
    result = result == RESP_WHOLE && (type != '*' || count != 2) ? RESP_BAD : result;
    result = result == RESP_WHOLE ? take_resp_bulk(rest, ret_member) : result;
    result = result == RESP_WHOLE ? take_resp_head(rest, &type, &count) : result;
    result = result == RESP_WHOLE && (type != '*' || count != 2) ? RESP_BAD : result;
    result = result == RESP_WHOLE ? take_resp_bulk(rest, &number) : result;
    return result == RESP_WHOLE ? take_resp_bulk(rest, &number) : result;
}

/* At most five places, or ten clients; the first, at no distance, is the one that was asked about,
 * if a client was. */
static bench_reply_t take_resp_places(const bench_request_t *request, text_t *rest, int64_t count)
{
    char own[BENCH_REQUEST_SIZE_MAX];
    text_t id = between(own, write_id(request, own));
    bool is_near = request->kind == BENCH_NEAR;
    bool by_position = is_near || request->around_places;
    bool right = count >= (by_position ? 0 : 1) && count <= (is_near ? NEAR_MAX : PLACES_MAX);
    for (int64_t i = 0; i < count; i++) {
        text_t member;
        resp_t result = take_resp_place(rest, &member);
        if (result != RESP_WHOLE) {
            return result == RESP_PART ? BENCH_REPLY_PART : BENCH_REPLY_WRONG;
        }
        right = right && (i > 0 || by_position || text_equal(member, id));
    }
    return right ? BENCH_REPLY_RIGHT : BENCH_REPLY_WRONG;
}

static bench_reply_t reply_of(resp_t result)
{
    static const bench_reply_t replies[] = {[RESP_PART] = BENCH_REPLY_PART,
                                            [RESP_WHOLE] = BENCH_REPLY_RIGHT,
                                            [RESP_BAD] = BENCH_REPLY_WRONG};
    return replies[result];
}

/* Of one member, longitude and latitude: "*2\r\n$5\r\n-118.\r\n$3\r\n34.\r\n". */
static bench_reply_t take_resp_position(text_t *rest, int64_t members)
{
    char type = '\0';
    int64_t count = 0;
    text_t number;
    resp_t result = members == 1 ? take_resp_head(rest, &type, &count) : RESP_BAD;
    result = result == RESP_WHOLE && (type != '*' || count != 2) ? RESP_BAD : result;
    result = result == RESP_WHOLE ? take_resp_bulk(rest, &number) : result;
    return reply_of(result == RESP_WHOLE ? take_resp_bulk(rest, &number) : result);
}

static bench_reply_t take_redis(const bench_request_t *request, text_t *rest)
{
    char type = '\0';
    int64_t number;
    resp_t head = take_resp_head(rest, &type, &number);
    if (head != RESP_WHOLE) {
        return reply_of(head);
    }
    if (request->kind == BENCH_IAMAT) {
        return type == ':' && (number == 0 || number == 1) ? BENCH_REPLY_RIGHT : BENCH_REPLY_WRONG;
    }
    if (type != '*') {
        return BENCH_REPLY_WRONG;
    }
    return request->kind == BENCH_POSITION ? take_resp_position(rest, number)
                                           : take_resp_places(request, rest, number);
}

/* "+OK\r\n" */
static bench_reply_t take_ok(text_t *rest)
{
    text_t line;
    if (!text_take_line(rest, &line)) {
        return BENCH_REPLY_PART;
    }
    return text_equal(line, TEXT("+OK\r")) ? BENCH_REPLY_RIGHT : BENCH_REPLY_WRONG;
}

static bench_reply_t take_string(const bench_request_t *request, text_t *rest)
{
    text_t value;
    if (request->kind == BENCH_IAMAT) {
        return take_ok(rest);
    }
    return reply_of(take_resp_bulk(rest, &value));
}

bench_reply_t bench_peer_take(bench_peer_t peer, const bench_request_t *request, text_t *rest,
                              text_t *ret_reply)
{
    text_t left = *rest;
    bench_reply_t result;
    switch (peer) {
    case BENCH_PEER_REDIS: result = take_redis(request, &left); break;
    case BENCH_PEER_REDIS_SET: result = take_string(request, &left); break;
    case BENCH_PEER_ECHO: result = take_echo(request, &left); break;
    case BENCH_PEER_WEB: result = bench_http_take(request, true, &left); break;
    case BENCH_PEER_HTTP: result = bench_http_take(request, false, &left); break;
    default: result = take_herd(request, &left); break;
    }
    if (result != BENCH_REPLY_PART) {
        *ret_reply = text_first(*rest, rest->size - left.size);
        *rest = left;
    }
    return result;
}

bool bench_peer_shows(bench_peer_t peer, const bench_request_t *iamat, text_t reply)
{
    char own[BENCH_REQUEST_SIZE_MAX];
    text_t told;
    if (peer == BENCH_PEER_REDIS_SET) {
        return take_resp_bulk(&reply, &told) == RESP_WHOLE &&
               text_equal(told, between(own, write_place(iamat, own)));
    }
    return text_take_line(&reply, &told) && at_line_is_right(iamat, told);
}

static uint64_t count_of(text_t reply, text_t key)
{
    uint64_t count = 0;
    for (const char *at = reply.data, *end = reply.data + reply.size;
         (at = memmem(at, (size_t)(end - at), key.data, key.size)) != NULL; at++) {
        count++;
    }
    return count;
}

/* "*5\r\n" */
static uint64_t count_of_resp(text_t reply)
{
    uint64_t count = 0;
    text_t line = text_after(reply, reply.size > 0 ? 1 : 0);
    text_t number;
    bool read = text_take_until(&line, '\r', &number) && text_to_u64(number, UINT32_MAX, &count);
    return read ? count : 0;
}

uint64_t bench_peer_results(bench_peer_t peer, text_t reply)
{
    switch (peer) {
    case BENCH_PEER_REDIS: return count_of_resp(reply);
    case BENCH_PEER_WEB: return count_of(reply, TEXT("\"distance\":"));
    default: return count_of(reply, TEXT("\"place_id\""));
    }
}
