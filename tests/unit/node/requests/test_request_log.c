/* What the log says of IAMATs without an answer (node/requests/request_log.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "node/requests/request_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A log in a file of its own, a group of one front-end, and what the log said. */
typedef struct {
    char path[64];
    request_log_t log;
    request_t *request;
    frontend_link_t frontend;
    char said[4096];
} fixture_t;

static void begin(fixture_t *self)
{
    *self = (fixture_t){.path = "/tmp/herd-test-request-log.XXXXXX",
                        .frontend = {.label = "Clark/4711"},
                        .request = memory_new(sizeof *self->request)};
    int file = mkstemp(self->path);
    assert_true(file >= 0);
    close(file);
    const log_options_t options = {
        .path = self->path, .member = "Clark", .program = "node", .traffic = true};
    assert_int_equal(log_open(&options, &self->log.log), STATUS_OK);
    buffer_init(&self->frontend.replies, 4096);
}

/* Adds a line to the group. */
static void add(fixture_t *self, const char *line, request_result_t result, const char *reply)
{
    request_t *request = self->request;
    buffer_t *replies = &self->frontend.replies;
    request->outcomes[request->outcome_count] =
        (request_outcome_t){.result = result,
                            .connection = 7,
                            .sequence = request->outcome_count + 1,
                            .line = text_of(line),
                            .reply_start = replies->size,
                            .reply_size = strlen(reply)};
    request->outcome_count++;
    assert_int_equal(buffer_append(replies, reply, strlen(reply)), STATUS_OK);
}

/* Writes the log, and expects these parts in it, in this order; NULL ends them. */
static void end(fixture_t *self, const char *const *parts)
{
    log_close(&self->log.log);
    FILE *file = fopen(self->path, "re");
    assert_non_null(file);
    (void)fread(self->said, 1, sizeof self->said - 1, file);
    assert_int_equal(fclose(file), 0);
    unlink(self->path);
    const char *rest = self->said;
    for (size_t i = 0; parts[i] != NULL; i++) {
        const char *found = strstr(rest, parts[i]);
        assert_non_null(found);
        rest = found + strlen(parts[i]);
    }
    buffer_done(&self->frontend.replies);
    free(self->request);
}

static void reasons_are_written_and_no_lines(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    add(&fixture, "IAMAT kiwi +1-1 1", REQUEST_ANSWERED, "AT Clark +1 kiwi +1-1 1\n");
    add(&fixture, "IAMAT emu +1-1 1", REQUEST_NO_ROOM, "");
    add(&fixture, "WHATSAT kiwi 10 5", REQUEST_WAITS, "");
    add(&fixture, "IAMAT rhea +1-1 1", REQUEST_NO_PROMISE, "");
    request_log_group(&fixture.log, fixture.request, &fixture.frontend);
    end(&fixture, (const char *const[]){
                      "Clark/4711 store-full: no room for another client",
                      "promise-unkept: too many IAMATs wait for neighbours: 1 IAMATs not answered",
                      NULL,
                  });
    assert_null(strstr(fixture.said, "kiwi"));
    assert_null(strstr(fixture.said, "emu"));
    assert_int_equal(fixture.log.unkept, 1);
    assert_int_equal(fixture.log.unstored, 1);
}

static void late_ones_are_counted(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    request_log_late(&fixture.log, 0, "neighbours");
    assert_int_equal(fixture.log.unkept, 0);
    request_log_late(&fixture.log, 3, "neighbours");
    assert_int_equal(fixture.log.unkept, 3);
    end(&fixture, (const char *const[]){"neighbours did not take IAMATs in time: 3 IAMATs not "
                                        "answered, their clients will be disconnected; 3 since",
                                        NULL});
    assert_null(strstr(fixture.said, ": 0 IAMATs"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_are_written_and_no_lines),
        cmocka_unit_test(late_ones_are_counted),
    };
    return cmocka_run_group_tests_name("request_log", tests, NULL, NULL);
}
