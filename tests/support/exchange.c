#include "tests/support/exchange.h"

#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"

#include <stdio.h>
#include <stdlib.h>

void exchange_expect_request(const exchange_t *self, const places_asking_t *asking,
                             const exchange_request_t *expected)
{
    places_question_t question;
    places_question_init(&question);
    places_asking_t asked = *asking;
    asked.query = &self->query;
    self->ask(&asked, &question);
    assert_int_equal(places_question_end(&question), STATUS_OK);
    assert_string_equal(places_question_url(&question), expected->url);
    assert_text_equal(places_question_headers(&question), expected->headers);
    assert_text_equal(places_question_body(&question), expected->body);
    places_question_done(&question);
}

/* The notes of a reply that becomes this answer. */
static places_notes_t expect(const exchange_t *self, const places_reply_t *reply,
                             places_status_t status, const char *expected)
{
    buffer_t out;
    places_notes_t notes = {0};
    buffer_init(&out, LIMIT_REPLY_SIZE);
    assert_int_equal(self->decode(reply, &self->query, &notes, &out), status);
    assert_text_equal(buffer_text(&out), expected);
    buffer_done(&out);
    return notes;
}

void exchange_expect_answer(const exchange_t *self, unsigned http_status, const char *body,
                            places_status_t status, const char *expected)
{
    const places_reply_t reply = {
        .http_status = http_status, .body = text_of(body), .field_mask = self->field_mask};
    const places_notes_t notes = expect(self, &reply, status, expected);
    if (places_answer_is_good(status)) {
        assert_int_equal(notes.dropped, 0);
        assert_false(notes.garbled);
    }
}

void exchange_expect_partial(const exchange_t *self, const char *body, size_t dropped,
                             places_status_t status, const char *expected)
{
    const places_reply_t reply = {
        .http_status = 200, .body = text_of(body), .field_mask = self->field_mask};
    const places_notes_t notes = expect(self, &reply, status, expected);
    assert_int_equal(notes.dropped, dropped);
    assert_false(notes.garbled);
    assert_true(notes.sample.data >= body && notes.sample.data < body + strlen(body));
}

void exchange_expect_refusal(const exchange_t *self, unsigned http_status, const char *body,
                             places_status_t status, const char *message)
{
    char *expected;
    assert_true(asprintf(&expected,
                         "{\n   \"error_message\" : \"%s\",\n   \"html_attributions\" : [],\n"
                         "   \"results\" : [],\n   \"status\" : \"%s\"\n}\n\n",
                         message, places_answer_status_name(status)) > 0);
    exchange_expect_answer(self, http_status, body, status, expected);
    free(expected);
}

void exchange_expect_garbage(const exchange_t *self, const char *const *bodies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        exchange_expect_refusal(self, 200, bodies[i], PLACES_STATUS_UNKNOWN_ERROR,
                                "the places provider's answer is not in the expected form");
    }
}
