/* Any bytes as what a client of HTTP sends, in pieces that the first byte chooses: pieces change
 * nothing, heads that are taken say how their bodies come in one way only, and bodies keep to their
 * limits. Where http-parser (2.9.4, Joyent) is there, it takes each request that is taken here, and
 * finds a body of the same size. */
#include "common/base/limits.h"
#include "frontend/web/http/http_body.h"
#include "frontend/web/http/http_head.h"

#include <assert.h>
#include <stdlib.h>

#ifdef HERD_HTTP_PARSER
#include "tests/fuzz/http_oracle.h"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Scans in steps. */
static http_scan_outcome_t scan_in_steps(http_scan_t *scan, text_t bytes, size_t step)
{
    http_scan_outcome_t outcome = HTTP_SCAN_MORE;
    http_status_t status;
    for (size_t end = step; outcome == HTTP_SCAN_MORE && end < bytes.size + step; end += step) {
        outcome = http_head_scan(scan, text_first(bytes, end), &status);
    }
    return outcome;
}

/* What must hold of a head that was taken. */
static void check_head(const http_head_t *head)
{
    assert(head->field_count <= LIMIT_HTTP_FIELDS && head->host.size > 0);
    assert(!(head->is_chunked && head->has_length));
    assert(head->path.size > 0 && (head->path.data[0] == '/' || head->path.data[0] == '*'));
}

static void take_body(const http_head_t *head, text_t bytes, size_t head_size, size_t step)
{
    http_body_t body;
    http_body_part_t part;
    http_body_outcome_t outcome = HTTP_BODY_MORE;
    size_t taken = head_size;
    size_t size = 0;
    char *out = malloc(bytes.size + 1);
    if (http_body_begin(&body, head) == HTTP_OK) {
        do {
            outcome = http_body_take(&body, text_first(text_after(bytes, taken), step), out + size,
                                     &part);
            taken += part.taken;
            size += part.size;
        } while (outcome == HTTP_BODY_MORE && taken < bytes.size);
        assert(taken <= bytes.size && size <= taken && size <= LIMIT_HTTP_BODY_SIZE);
    }
#ifdef HERD_HTTP_PARSER
    if (outcome == HTTP_BODY_DONE && !head->wants_websocket) {
        assert(http_oracle_agrees(bytes.data, taken, size));
    }
#endif
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static http_head_t head;
    if (size == 0) {
        return 0;
    }
    size_t step = data[0] % 32 + 1;
    text_t bytes = {.data = (const char *)data + 1, .size = size - 1};
    http_scan_t scan = {0};
    http_scan_t whole = {0};
    http_scan_outcome_t outcome = scan_in_steps(&scan, bytes, step);
    assert(outcome == scan_in_steps(&whole, bytes, bytes.size + 1));
    if (outcome != HTTP_SCAN_FOUND) {
        return 0;
    }
    assert(scan.scanned == whole.scanned && scan.scanned <= bytes.size);
    if (http_head_read(text_first(bytes, scan.scanned), &head) == HTTP_OK) {
        check_head(&head);
        take_body(&head, bytes, scan.scanned, step);
    }
    return 0;
}
