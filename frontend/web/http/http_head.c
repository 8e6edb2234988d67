/* A head is read in two steps. http_head_scan finds where it ends, looking at each byte once
 * however they come in, and refuses at once what is too long or ends its lines in another way than
 * by CR LF. http_head_read then takes the lines apart: the request line, each field, and those
 * fields that say how the body comes (RFC 9112, section 6) and what becomes of the connection. */
#include "frontend/web/http/http_head.h"

#include <string.h>

static const char *const methods[HTTP_METHODS] = {"GET",    "HEAD",    "PUT",  "POST",
                                                  "DELETE", "OPTIONS", "PATCH"};

static char to_lower(char byte)
{
    if (byte >= 'A' && byte <= 'Z') {
        return (char)(byte - 'A' + 'a');
    }
    return byte;
}

bool http_head_same_bytes(const char *one, const char *other, size_t size)
{
    size_t i = 0;
    while (i < size && (one[i] == other[i] || to_lower(one[i]) == to_lower(other[i]))) {
        i++;
    }
    return i == size;
}

/* tchar of RFC 9110, section 5.6.2 */
static bool is_token_byte(char byte)
{
    const text_set_t tchars = {.low = TEXT_SET_ONE('!') | TEXT_SET_RUN('#', '\'') |
                                      TEXT_SET_RUN('*', '+') | TEXT_SET_RUN('-', '.') |
                                      TEXT_SET_RUN('0', '9'),
                               .high = TEXT_SET_RUN('A', 'Z') | TEXT_SET_RUN('^', 'z') |
                                       TEXT_SET_ONE('|') | TEXT_SET_ONE('~')};
    return text_set_has(tchars, byte);
}

static bool is_token(text_t text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_token_byte(text.data[i])) {
            return false;
        }
    }
    return text.size > 0;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Without the white space around it (OWS of RFC 9110, section 5.6.3). */
static text_t trimmed(text_t text)
{
    while (text.size > 0 && is_blank(text.data[0])) {
        text = text_after(text, 1);
    }
    while (text.size > 0 && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

static http_scan_outcome_t refuse(http_status_t status, http_status_t *ret_status)
{
    *ret_status = status;
    return HTTP_SCAN_REFUSED;
}

/* Whether what came is too much, `end` being where the line ends that was looked at last. */
static bool is_too_long(const http_scan_t *self, size_t end, http_status_t *ret_status)
{
    if (!self->begun && end - self->line > LIMIT_HTTP_LINE_SIZE) {
        *ret_status = HTTP_URI_TOO_LONG;
        return true;
    }
    if (self->begun && end - self->start > LIMIT_HTTP_HEAD_SIZE) {
        *ret_status = HTTP_HEADER_FIELDS_TOO_LARGE;
        return true;
    }
    return false;
}

/* The line from `line` to the LF at `lf` has ended. */
static http_scan_outcome_t end_line(http_scan_t *self, text_t bytes, size_t lf,
                                    http_status_t *ret_status)
{
    bool has_cr = lf > self->line && bytes.data[lf - 1] == '\r';
    bool is_empty = lf == self->line + 1;
    if (!has_cr) {
        return refuse(HTTP_BAD_REQUEST, ret_status);
    }
    self->line = lf + 1;
    self->scanned = lf + 1;
    if (is_empty && self->begun) {
        return HTTP_SCAN_FOUND;
    }
    if (is_empty) {
        /* One may stand in front, left over from a body (RFC 9112, section 2.2). */
        bool first = self->start == 0;
        self->start = lf + 1;
        return first ? HTTP_SCAN_MORE : refuse(HTTP_BAD_REQUEST, ret_status);
    }
    self->fields += self->begun;
    self->begun = true;
    if (self->fields > LIMIT_HTTP_FIELDS) {
        return refuse(HTTP_HEADER_FIELDS_TOO_LARGE, ret_status);
    }
    return HTTP_SCAN_MORE;
}

/* What no head begins with need not be waited for: a handshake of TLS, say. */
static bool begins_like_none(const http_scan_t *self, text_t bytes)
{
    bool has_first = !self->begun && bytes.size > self->line;
    return has_first && bytes.data[self->line] != '\r' && !is_token_byte(bytes.data[self->line]);
}

http_scan_outcome_t http_head_scan(http_scan_t *self, text_t bytes, http_status_t *ret_status)
{
    http_scan_outcome_t outcome = HTTP_SCAN_MORE;
    while (outcome == HTTP_SCAN_MORE) {
        text_t rest = text_after(bytes, self->scanned);
        if (begins_like_none(self, bytes)) {
            return refuse(HTTP_BAD_REQUEST, ret_status);
        }
        const char *lf = rest.size > 0 ? memchr(rest.data, '\n', rest.size) : NULL;
        size_t end = lf != NULL ? (size_t)(lf - bytes.data) : bytes.size;
        if (is_too_long(self, end, ret_status)) {
            return HTTP_SCAN_REFUSED;
        }
        if (lf == NULL) {
            self->scanned = bytes.size;
            return HTTP_SCAN_MORE;
        }
        outcome = end_line(self, bytes, end, ret_status);
    }
    return outcome;
}

/* Cuts the next line off, without its CR LF; http_head_scan has seen to it that there is one. */
static text_t take_line(text_t *rest)
{
    const char *lf = memchr(rest->data, '\n', rest->size);
    size_t size = (size_t)(lf - rest->data);
    text_t line = text_first(*rest, size - 1);
    *rest = text_after(*rest, size + 1);
    return line;
}

static http_status_t read_method(text_t text, http_method_t *ret_method)
{
    if (!is_token(text)) {
        return HTTP_BAD_REQUEST;
    }
    for (size_t i = 0; i < HTTP_METHODS; i++) {
        if (text_equal(text, text_of(methods[i]))) {
            *ret_method = (http_method_t)i;
            return HTTP_OK;
        }
    }
    return HTTP_NOT_IMPLEMENTED;
}

/* HTTP/1.1 */
static http_status_t read_version(text_t text, unsigned *ret_minor)
{
    static const char form[] = "HTTP/d.d";
    if (text.size != sizeof form - 1 || memcmp(text.data, form, 5) != 0 ||
        !text_is_digit(text.data[5]) || text.data[6] != '.' || !text_is_digit(text.data[7])) {
        return HTTP_BAD_REQUEST;
    }
    if (text.data[5] != '1') {
        return HTTP_VERSION_NOT_SUPPORTED;
    }
    *ret_minor = text.data[7] == '0' ? 0 : 1;
    return HTTP_OK;
}

/* Of a name, or of an address of IPv4. */
static bool is_name_byte(char byte)
{
    const text_set_t bytes = {.low = TEXT_SET_RUN('-', '.') | TEXT_SET_RUN('0', '9'),
                              .high = TEXT_SET_RUN('A', 'Z') | TEXT_SET_ONE('_') |
                                      TEXT_SET_RUN('a', 'z') | TEXT_SET_ONE('~')};
    return text_set_has(bytes, byte);
}

/* Of an address of IPv6. */
static bool is_address_byte(char byte)
{
    const text_set_t bytes = {.low = TEXT_SET_ONE('.') | TEXT_SET_RUN('0', ':'),
                              .high = TEXT_SET_RUN('A', 'F') | TEXT_SET_RUN('a', 'f')};
    return text_set_has(bytes, byte);
}

/* Nothing, ":" or ":11790" */
static bool is_port(text_t port)
{
    uint64_t number;
    return port.size == 0 ||
           (port.data[0] == ':' &&
            (port.size == 1 || text_to_u64(text_after(port, 1), UINT16_MAX, &number)));
}

/* uri-host and port of RFC 3986, section 3.2, without escapes and user; an address of IPv6 stands
 * in brackets. */
static bool is_host(text_t host)
{
    bool in_brackets = host.size > 0 && host.data[0] == '[';
    size_t size = in_brackets ? 1 : 0;
    while (size < host.size &&
           (in_brackets ? is_address_byte(host.data[size]) : is_name_byte(host.data[size]))) {
        size++;
    }
    if (in_brackets && (size == host.size || host.data[size++] != ']')) {
        return false;
    }
    return size > 0 && host.size <= LIMIT_HTTP_HOST_SIZE && is_port(text_after(host, size));
}

/* Cuts "http://host:port" off the front (RFC 9112, section 3.2.2). False if it is malformed. */
static bool take_authority(text_t *target, text_t *ret_host)
{
    text_t scheme = TEXT("http://");
    if (!http_head_same(text_first(*target, scheme.size), scheme)) {
        return false;
    }
    text_t rest = text_after(*target, scheme.size);
    size_t size = 0;
    while (size < rest.size && rest.data[size] != '/' && rest.data[size] != '?') {
        size++;
    }
    *ret_host = text_first(rest, size);
    *target = text_after(rest, size);
    return is_host(*ret_host);
}

/* /v1/near?client=kiwi */
static http_status_t read_target(text_t target, http_head_t *head)
{
    for (size_t i = 0; i < target.size; i++) {
        char byte = target.data[i];
        if (byte <= ' ' || byte >= 0x7f || byte == '#') {
            return HTTP_BAD_REQUEST;
        }
    }
    if (head->method == HTTP_OPTIONS && text_equal(target, TEXT("*"))) {
        head->path = target;
        return HTTP_OK;
    }
    if (target.size > 0 && target.data[0] != '/' && !take_authority(&target, &head->host)) {
        return HTTP_BAD_REQUEST;
    }
    const char *mark = target.size > 0 ? memchr(target.data, '?', target.size) : NULL;
    size_t size = mark != NULL ? (size_t)(mark - target.data) : target.size;
    head->path = size > 0 ? text_first(target, size) : TEXT("/");
    head->query = mark != NULL ? text_after(target, size + 1) : (text_t){0};
    /* "PUT  HTTP/1.1": nothing between the spaces */
    return target.size > 0 || head->host.size > 0 ? HTTP_OK : HTTP_BAD_REQUEST;
}

static http_status_t read_request_line(text_t line, http_head_t *head)
{
    text_t method;
    text_t rest;
    const char *first = memchr(line.data, ' ', line.size);
    const char *last = memrchr(line.data, ' ', line.size);
    if (first == NULL || first == last) {
        return HTTP_BAD_REQUEST;
    }
    method = text_first(line, (size_t)(first - line.data));
    rest = text_after(line, method.size + 1);
    text_t target = text_first(rest, (size_t)(last - rest.data));
    http_status_t status = read_version(text_after(rest, target.size + 1), &head->minor);
    http_status_t known = read_method(method, &head->method);
    if (known == HTTP_BAD_REQUEST || status == HTTP_BAD_REQUEST) {
        return HTTP_BAD_REQUEST;
    }
    if (status != HTTP_OK || known != HTTP_OK) {
        return status != HTTP_OK ? status : known;
    }
    return read_target(target, head);
}

/* field-value of RFC 9110, section 5.5: no control bytes but the tab. */
static bool is_value(text_t value)
{
    for (size_t i = 0; i < value.size; i++) {
        unsigned char byte = (unsigned char)value.data[i];
        if ((byte < ' ' && byte != '\t') || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

/* A folded line begins with white space, and so is no token. */
static bool read_field(text_t line, http_field_t *ret_field)
{
    const char *colon = memchr(line.data, ':', line.size);
    if (colon == NULL) {
        return false;
    }
    size_t size = (size_t)(colon - line.data);
    ret_field->name = text_first(line, size);
    ret_field->value = trimmed(text_after(line, size + 1));
    return is_token(ret_field->name) && is_value(ret_field->value);
}

bool http_head_list_has(text_t list, text_t token)
{
    text_t part;
    while (text_take_until(&list, ',', &part)) {
        if (http_head_same(trimmed(part), token)) {
            return true;
        }
    }
    return false;
}

/* Whether the weight behind a coding is 0: "q=0", "q=0.000" (RFC 9110, section 12.4.2). */
static bool is_weightless(text_t parameters)
{
    text_t weight = trimmed(parameters);
    if (weight.size < 3 || !http_head_same(text_first(weight, 2), TEXT("q=")) ||
        weight.data[2] != '0') {
        return false;
    }
    for (size_t i = 3; i < weight.size; i++) {
        if (weight.data[i] != '.' && weight.data[i] != '0') {
            return false;
        }
    }
    return true;
}

/* gzip, deflate;q=0.5, *;q=0 */
static bool list_takes_gzip(text_t list)
{
    text_t part;
    bool any = false;
    while (text_take_until(&list, ',', &part)) {
        text_t coding;
        if (!text_take_until(&part, ';', &coding)) {
            continue;
        }
        coding = trimmed(coding);
        if (http_head_same(coding, TEXT("gzip")) || http_head_same(coding, TEXT("x-gzip"))) {
            return !is_weightless(part);
        }
        any = any || (text_equal(coding, TEXT("*")) && !is_weightless(part));
    }
    return any;
}

static http_status_t take_length(http_head_t *head, text_t value)
{
    if (head->has_length || !text_to_u64(value, INT64_MAX, &head->content_length)) {
        return HTTP_BAD_REQUEST;
    }
    head->has_length = true;
    return HTTP_OK;
}

static http_status_t take_coding(http_head_t *head, text_t value)
{
    if (head->is_chunked || head->minor == 0) {
        return HTTP_BAD_REQUEST;
    }
    if (!http_head_same(value, TEXT("chunked"))) {
        return http_head_list_has(value, TEXT("chunked")) && !is_token(value) ? HTTP_NOT_IMPLEMENTED
                                                                              : HTTP_BAD_REQUEST;
    }
    head->is_chunked = true;
    return HTTP_OK;
}

/* `ret_seen`: a Host was there already. */
static http_status_t take_host(http_head_t *head, text_t value, bool *ret_seen)
{
    bool other = head->host.size > 0 && !http_head_same(head->host, value);
    if (*ret_seen || other || !is_host(value)) {
        return HTTP_BAD_REQUEST;
    }
    *ret_seen = true;
    head->host = value;
    return HTTP_OK;
}

/* Of the fields those that decide how the body comes, and for whom the request is. */
static http_status_t take_framing(http_head_t *head)
{
    bool has_host = false;
    for (size_t i = 0; i < head->field_count; i++) {
        const http_field_t *field = &head->fields[i];
        http_status_t status = HTTP_OK;
        if (http_head_same(field->name, TEXT("content-length"))) {
            status = take_length(head, field->value);
        } else if (http_head_same(field->name, TEXT("transfer-encoding"))) {
            status = take_coding(head, field->value);
        } else if (http_head_same(field->name, TEXT("host"))) {
            status = take_host(head, field->value, &has_host);
        }
        if (status != HTTP_OK) {
            return status;
        }
    }
    return !has_host || (head->has_length && head->is_chunked) ? HTTP_BAD_REQUEST : HTTP_OK;
}

/* And those about the connection and the answer. */
static http_status_t take_wishes(http_head_t *head)
{
    bool upgrades = false;
    bool websocket = false;
    head->keeps_alive = head->minor >= 1;
    for (size_t i = 0; i < head->field_count; i++) {
        const http_field_t *field = &head->fields[i];
        if (http_head_same(field->name, TEXT("connection"))) {
            bool keep = head->keeps_alive || http_head_list_has(field->value, TEXT("keep-alive"));
            head->keeps_alive = keep && !http_head_list_has(field->value, TEXT("close"));
            upgrades = upgrades || http_head_list_has(field->value, TEXT("upgrade"));
        } else if (http_head_same(field->name, TEXT("upgrade"))) {
            websocket = websocket || http_head_list_has(field->value, TEXT("websocket"));
        } else if (http_head_same(field->name, TEXT("accept-encoding"))) {
            head->takes_gzip = head->takes_gzip || list_takes_gzip(field->value);
        } else if (http_head_same(field->name, TEXT("expect"))) {
            if (!http_head_same(field->value, TEXT("100-continue"))) {
                return HTTP_EXPECTATION_FAILED;
            }
            head->expects_continue = head->minor >= 1;
        }
    }
    head->wants_websocket = upgrades && websocket;
    return HTTP_OK;
}

http_status_t http_head_read(text_t bytes, http_head_t *ret_head)
{
    http_head_t *head = ret_head;
    memset(head, 0, offsetof(http_head_t, fields));
    text_t line = take_line(&bytes);
    if (line.size == 0) {
        line = take_line(&bytes);
    }
    http_status_t status = read_request_line(line, head);
    if (status != HTTP_OK) {
        return status;
    }
    for (line = take_line(&bytes); line.size > 0; line = take_line(&bytes)) {
        if (head->field_count == LIMIT_HTTP_FIELDS) {
            return HTTP_HEADER_FIELDS_TOO_LARGE;
        }
        if (!read_field(line, &head->fields[head->field_count++])) {
            return HTTP_BAD_REQUEST;
        }
    }
    status = take_framing(head);
    return status == HTTP_OK ? take_wishes(head) : status;
}

bool http_head_find(const http_head_t *self, text_t name, text_t *ret_value)
{
    for (size_t i = 0; i < self->field_count; i++) {
        if (http_head_same(self->fields[i].name, name)) {
            *ret_value = self->fields[i].value;
            return true;
        }
    }
    return false;
}
