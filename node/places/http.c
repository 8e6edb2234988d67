#include "node/places/http.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "node/places/retry_after.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>

enum {
    HEADER_SIZE = 1024,  /* bytes of a header line, which may hold a key */
    DESCRIPTORS_MAX = 8, /* of http_wait */
};

/* One request under way. */
typedef struct {
    CURL *easy;
    struct curl_slist *headers;
    buffer_t body;  /* received so far */
    bool too_large; /* more came than the body may hold */
    void *tag;
} transfer_t;

struct http {
    http_settings_t settings;
    CURLM *multi;
    transfer_t *transfers[LIMIT_PLACES_CONCURRENT]; /* NULL: free */
};

status_t http_global_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? STATUS_OK : STATUS_SYSTEM;
}

http_t *http_new(const http_settings_t *settings)
{
    http_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->multi = curl_multi_init();
    assert(self->multi != NULL);
    curl_multi_setopt(self->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(self->multi, CURLMOPT_MAXCONNECTS, (long)LIMIT_PLACES_CONCURRENT);
    return self;
}

/* Frees a transfer and its slot in the table. */
static void end_transfer(http_t *self, transfer_t *transfer)
{
    for (size_t i = 0; i < LIMIT_PLACES_CONCURRENT; i++) {
        if (self->transfers[i] == transfer) {
            self->transfers[i] = NULL;
        }
    }
    curl_multi_remove_handle(self->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    buffer_done(&transfer->body);
    free(transfer);
}

void http_destroy(http_t **self_p)
{
    http_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < LIMIT_PLACES_CONCURRENT; i++) {
        if (self->transfers[i] != NULL) {
            end_transfer(self, self->transfers[i]);
        }
    }
    curl_multi_cleanup(self->multi);
    free(self);
    *self_p = NULL;
}

/* libcurl hands over what it received. A result other than `size * count` ends the transfer. */
static size_t on_data(char *data, size_t size, size_t count, void *argument)
{
    transfer_t *transfer = argument;
    if (buffer_append(&transfer->body, data, size * count) != STATUS_OK) {
        transfer->too_large = true;
        return 0;
    }
    return size * count;
}

static bool add_headers(transfer_t *transfer, text_t headers)
{
    text_t line;
    char header[HEADER_SIZE];
    while (text_take_line(&headers, &line)) {
        if (line.size >= sizeof header) {
            return false;
        }
        *text_copy(line, header) = '\0';
        struct curl_slist *longer = curl_slist_append(transfer->headers, header);
        if (longer == NULL) {
            return false;
        }
        transfer->headers = longer;
    }
    return headers.size == 0;
}

/* Sets what is the same for all requests; false if libcurl lacks one of the options. */
static bool set_common(CURL *easy, const http_settings_t *settings)
{
    bool set = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    set = set && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
    set = set && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
    set = set &&
          curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
    set = set && curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    set = set &&
          curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) == CURLE_OK;
    /* "": neither the environment's proxies nor its exceptions. */
    const char *proxy = settings->proxy != NULL ? settings->proxy : "";
    set = set && curl_easy_setopt(easy, CURLOPT_PROXY, proxy) == CURLE_OK;
    set = set && curl_easy_setopt(easy, CURLOPT_NOPROXY, "") == CURLE_OK;
    if (settings->ca_file != NULL) {
        set = set && curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file) == CURLE_OK;
        set = set && curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
    }
    set = set && curl_easy_setopt(easy, CURLOPT_USERAGENT, settings->user_agent) == CURLE_OK;
    set = set && curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK;
    set = set && curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                                  (long)settings->connect_timeout_ms) == CURLE_OK;
    /* No signals in a program of several threads. */
    set = set && curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    /* A silent name server must not hold up the end of a request: its thread is left behind. */
    set = set && curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
    return set;
}

static bool set_request(transfer_t *transfer, const http_request_t *request)
{
    CURL *easy = transfer->easy;
    bool set = add_headers(transfer, request->headers);
    set = set && curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK;
    set = set && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK;
    set = set && curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms) == CURLE_OK;
    set = set && curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data) == CURLE_OK;
    set = set && curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK;
    set = set && curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK;
    if (request->is_post) {
        curl_off_t size = (curl_off_t)request->body.size;
        set = set && curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, size) == CURLE_OK;
        set = set && curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body.data) == CURLE_OK;
    }
    return set;
}

static transfer_t **free_slot(http_t *self)
{
    for (size_t i = 0; i < LIMIT_PLACES_CONCURRENT; i++) {
        if (self->transfers[i] == NULL) {
            return &self->transfers[i];
        }
    }
    return NULL;
}

status_t http_submit(http_t *self, const http_request_t *request)
{
    transfer_t **slot = free_slot(self);
    if (slot == NULL) {
        return STATUS_FULL;
    }
    transfer_t *transfer = memory_new(sizeof *transfer);
    buffer_init(&transfer->body, self->settings.maximum);
    transfer->tag = request->tag;
    transfer->easy = curl_easy_init();
    assert(transfer->easy != NULL);
    *slot = transfer;
    if (!set_common(transfer->easy, &self->settings) || !set_request(transfer, request) ||
        curl_multi_add_handle(self->multi, transfer->easy) != CURLM_OK) {
        end_transfer(self, transfer);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

static http_outcome_t outcome_of(CURLcode code, const transfer_t *transfer)
{
    if (transfer->too_large) {
        return HTTP_TOO_LARGE;
    }
    switch (code) {
    case CURLE_OK: return HTTP_ANSWERED;
    case CURLE_OPERATION_TIMEDOUT: return HTTP_TIMED_OUT;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT: return HTTP_UNREACHABLE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return HTTP_UNTRUSTED;
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR: return HTTP_GARBLED; /* zlib's, as on_data fails only if too large */
    default: return HTTP_BROKEN;
    }
}

/* The first header of that name of the last answer; empty if it is not there. */
static text_t header_of(CURL *easy, const char *name)
{
    struct curl_header *header;
    return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK
               ? text_of(header->value)
               : (text_t){0};
}

/* curl's own reading (CURLINFO_RETRY_AFTER) compares a date with our clock. */
static int64_t retry_after_of(CURL *easy)
{
    int64_t now_s = clock_now_ns() / TIMESTAMP_NS_PER_S;
    return retry_after_read(header_of(easy, "Retry-After"), header_of(easy, "Date"), now_s);
}

static void finish(http_t *self, CURL *easy, CURLcode code)
{
    transfer_t *transfer = NULL;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    http_response_t response = {.outcome = outcome_of(code, transfer),
                                .reason = curl_easy_strerror(code)};
    if (response.outcome == HTTP_ANSWERED) {
        response.status = (unsigned)status;
        response.body = buffer_text(&transfer->body);
        response.retry_after_s = retry_after_of(easy);
    }
    self->settings.done(self->settings.argument, transfer->tag, &response);
    end_transfer(self, transfer);
}

void http_step(http_t *self)
{
    int running;
    int left;
    CURLMsg *message;
    curl_multi_perform(self->multi, &running);
    while ((message = curl_multi_info_read(self->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            finish(self, message->easy_handle, message->data.result);
        }
    }
}

void http_wait(http_t *self, const int *descriptors, size_t count, int64_t timeout_ms)
{
    struct curl_waitfd also[DESCRIPTORS_MAX];
    assert(count <= DESCRIPTORS_MAX);
    for (size_t i = 0; i < count; i++) {
        also[i] = (struct curl_waitfd){.fd = descriptors[i], .events = CURL_WAIT_POLLIN};
    }
    int limit_ms = timeout_ms < INT32_MAX ? (int)timeout_ms : INT32_MAX;
    curl_multi_poll(self->multi, also, (unsigned)count, limit_ms, NULL);
}
