#include "frontend/web/http/http_answer.h"

#include "common/base/limits.h"
#include "common/base/sheet.h"
#include "common/json/json_string.h"
#include "frontend/web/http/http_gzip.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    GZIP_SIZE_MIN = 1024, /* bytes of content for which it is worth it */
    GZIP_EXTRA = 64,      /* what gzip may add to content that does not get shorter */
};

void http_answer_date(int64_t time_s, char out[HTTP_ANSWER_DATE_SIZE])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm parts = {.tm_mday = 1};
    time_t seconds = (time_t)time_s;
    (void)gmtime_r(&seconds, &parts);
    snprintf(out, HTTP_ANSWER_DATE_SIZE, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
             &days[(size_t)3 * (parts.tm_wday % 7)], (unsigned)parts.tm_mday % 100,
             &months[(size_t)3 * (parts.tm_mon % 12)], (unsigned)(parts.tm_year + 1900) % 10000,
             (unsigned)parts.tm_hour % 100, (unsigned)parts.tm_min % 100,
             (unsigned)parts.tm_sec % 100);
}

/* What all answers have. Nothing of ours is for pages of other sites, or to be guessed at. */
static void put_head(sheet_t *sheet, const http_answer_t *self, const http_manner_t *manner)
{
    sheet_put(sheet, TEXT("HTTP/1.1 "));
    sheet_put_u64(sheet, (uint64_t)self->status);
    sheet_put_byte(sheet, ' ');
    sheet_put_string(sheet, http_status_phrase(self->status));
    sheet_put(sheet, TEXT("\r\nDate: "));
    sheet_put(sheet, manner->date);
    sheet_put(sheet, TEXT("\r\n"));
    if (self->type != NULL) {
        sheet_put(sheet, TEXT("Content-Type: "));
        sheet_put_string(sheet, self->type);
        sheet_put(sheet, TEXT("\r\nX-Content-Type-Options: nosniff\r\n"
                              "Cross-Origin-Resource-Policy: same-origin\r\n"));
    }
    if (self->fields != NULL) {
        sheet_put_string(sheet, self->fields);
    }
    if (!manner->keep_alive) {
        sheet_put(sheet, TEXT("Connection: close\r\n"));
    } else if (manner->old) {
        sheet_put(sheet, TEXT("Connection: keep-alive\r\n"));
    }
}

/* Puts length and content. 204 and 304 have neither (RFC 9110, section 8.6). */
static void put_content(sheet_t *sheet, http_status_t status, text_t content, bool without)
{
    if (status == HTTP_NO_CONTENT || status == HTTP_NOT_MODIFIED) {
        sheet_put(sheet, TEXT("\r\n"));
        return;
    }
    sheet_put(sheet, TEXT("Content-Length: "));
    sheet_put_u64(sheet, content.size);
    sheet_put(sheet, TEXT("\r\n\r\n"));
    if (!without && content.size > 0) {
        sheet_put(sheet, content);
    }
}

/* The content compressed by gzip; made here, it is kept in `room`. False: it gets no shorter. */
static bool compress(const http_answer_t *self, buffer_t *room, text_t *ret_packed)
{
    if (self->packed.size > 0) {
        *ret_packed = self->packed;
        return true;
    }
    if (!http_gzip(self->content, room)) {
        return false;
    }
    *ret_packed = buffer_text(room);
    return true;
}

status_t http_answer_write(const http_answer_t *self, const http_manner_t *manner, buffer_t *out)
{
    buffer_t packed;
    text_t content = self->content;
    sheet_t sheet = sheet_begin(out);
    buffer_init(&packed, content.size + GZIP_EXTRA);
    put_head(&sheet, self, manner);
    if (content.size >= GZIP_SIZE_MIN) {
        sheet_put(&sheet, TEXT("Vary: Accept-Encoding\r\n"));
        if (manner->gzip && compress(self, &packed, &content)) {
            sheet_put(&sheet, TEXT("Content-Encoding: gzip\r\n"));
        }
    }
    put_content(&sheet, self->status, content, manner->without);
    buffer_done(&packed);
    return sheet_end(&sheet);
}

status_t http_answer_write_endless(const http_answer_t *self, const http_manner_t *manner,
                                   buffer_t *out)
{
    sheet_t sheet = sheet_begin(out);
    put_head(&sheet, self, manner);
    sheet_put(&sheet, TEXT("\r\n"));
    return sheet_end(&sheet);
}

status_t http_answer_write_problem(http_status_t status, const char *detail, buffer_t *out)
{
    sheet_t sheet = sheet_begin(out);
    sheet_put(&sheet, TEXT("{\"type\":\"about:blank\",\"title\":\""));
    sheet_put_string(&sheet, http_status_phrase(status));
    sheet_put(&sheet, TEXT("\",\"status\":"));
    sheet_put_u64(&sheet, (uint64_t)status);
    sheet_put(&sheet, TEXT(",\"detail\":"));
    json_string_put(&sheet, text_of(detail));
    sheet_put(&sheet, TEXT("}\n"));
    return sheet_end(&sheet);
}
