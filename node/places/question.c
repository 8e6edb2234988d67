#include "node/places/question.h"

#include "common/base/limits.h"

#include <stdio.h>

void places_question_init(places_question_t *self)
{
    sheet_t *const sheets[] = {&self->url, &self->headers, &self->body};
    for (size_t i = 0; i < sizeof sheets / sizeof sheets[0]; i++) {
        buffer_init(&self->buffers[i], LIMIT_PLACES_QUESTION_SIZE);
        *sheets[i] = sheet_begin(&self->buffers[i]);
    }
}

void places_question_done(places_question_t *self)
{
    buffer_done(self->url.out);
    buffer_done(self->headers.out);
    buffer_done(self->body.out);
}

void places_question_put_degrees(sheet_t *sheet, double degrees)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%.7f", degrees);
    while (text[size - 1] == '0' && text[size - 2] != '.') {
        size--;
    }
    sheet_put(sheet, (text_t){.data = text, .size = (size_t)size});
}

static bool is_unreserved(char byte)
{
    return text_is_alphanumeric(byte) || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void places_question_put_percent(sheet_t *sheet, text_t text)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (is_unreserved(byte)) {
            sheet_put_byte(sheet, byte);
        } else {
            sheet_format(sheet, "%%%02X", (unsigned)(unsigned char)byte);
        }
    }
}

status_t places_question_end(places_question_t *self)
{
    sheet_put_byte(&self->url, '\0');
    sheet_fail(&self->url, sheet_end(&self->headers));
    sheet_fail(&self->url, sheet_end(&self->body));
    return sheet_end(&self->url);
}

const char *places_question_url(const places_question_t *self)
{
    return self->url.out->data;
}

text_t places_question_headers(const places_question_t *self)
{
    return buffer_text(self->headers.out);
}

text_t places_question_body(const places_question_t *self)
{
    return buffer_text(self->body.out);
}
