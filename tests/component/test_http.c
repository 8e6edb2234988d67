/* The HTTP client against a server that does well or badly (node/places/http.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/provider.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"
#include "node/places/http.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CONNECT_MS = 10000,
    PATIENT_MS = 20000, /* for what must succeed on any machine */
    SHORT_MS = 300,     /* for what must run out */
    BODY_MAX = 100000,
    URL_SIZE = 128,
};

/* How the last request ended. */
typedef struct {
    size_t done_count;
    http_outcome_t outcome;
    unsigned status;
    int64_t retry_after_s;
    size_t body_size;
    char body[64]; /* its first bytes */
} ending_t;

static void on_done(void *argument, void *tag, const http_response_t *response)
{
    ending_t *ending = argument;
    assert_ptr_equal(tag, ending);
    assert_non_null(response->reason);
    ending->done_count++;
    ending->outcome = response->outcome;
    ending->status = response->status;
    ending->retry_after_s = response->retry_after_s;
    ending->body_size = response->body.size;
    snprintf(ending->body, sizeof ending->body, "%.*s", (int)text_first(response->body, 63).size,
             response->body.size > 0 ? response->body.data : "");
}

static http_t *new_http(ending_t *ending, const char *ca_file)
{
    assert_int_equal(http_global_init(), STATUS_OK);
    return http_new(&(http_settings_t){.ca_file = ca_file,
                                       .user_agent = "herd-test/1",
                                       .connect_timeout_ms = CONNECT_MS,
                                       .maximum = BODY_MAX,
                                       .done = on_done,
                                       .argument = ending});
}

static void submit(http_t *http, ending_t *ending, const char *url, int64_t timeout_ms)
{
    assert_int_equal(http_submit(http, &(http_request_t){.url = url,
                                                         .headers = TEXT("X-One: 1\nX-Two: 2\n"),
                                                         .timeout_ms = timeout_ms,
                                                         .tag = ending}),
                     STATUS_OK);
}

static void run_until(http_t *http, const ending_t *ending, size_t count)
{
    int64_t limit_ms = wait_clock_ms() + WAIT_LIMIT_MS;
    while (ending->done_count < count && wait_clock_ms() < limit_ms) {
        http_wait(http, NULL, 0, 100);
        http_step(http);
    }
    assert_int_equal(ending->done_count, count);
}

/* One request by a client of its own. */
static ending_t ask(const char *url, const char *ca_file, int64_t timeout_ms)
{
    ending_t ending = {0};
    http_t *http = new_http(&ending, ca_file);
    submit(http, &ending, url, timeout_ms);
    run_until(http, &ending, 1);
    http_destroy(&http);
    assert_null(http);
    return ending;
}

static ending_t ask_provider(provider_t *provider, int64_t timeout_ms)
{
    return ask(provider_url(provider), provider_ca_file(provider), timeout_ms);
}

static void an_answer_comes_whole(void **state)
{
    (void)state;
    provider_t *provider = provider_new(AUTHORITY_GOOD);
    provider_set_reply(provider, &(provider_reply_t){.status = 503,
                                                     .headers = "Retry-After: 7\r\n",
                                                     .body = "{\"busy\":true}"});
    ending_t ending = ask_provider(provider, PATIENT_MS);
    assert_int_equal(ending.outcome, HTTP_ANSWERED);
    assert_int_equal(ending.status, 503);
    assert_int_equal(ending.retry_after_s, 7);
    assert_string_equal(ending.body, "{\"busy\":true}");
    provider_expect(provider, "GET / HTTP/1.1\r\n");
    provider_expect(provider, "\r\nX-One: 1\r\nX-Two: 2\r\n");
    provider_expect(provider, "\r\nUser-Agent: herd-test/1\r\n");
    assert_true(provider_was_offered_http2(provider));
    provider_destroy(&provider);
}

static void connections_are_used_again(void **state)
{
    (void)state;
    provider_t *provider = provider_new(AUTHORITY_GOOD);
    ending_t ending = {0};
    http_t *http = new_http(&ending, provider_ca_file(provider));
    for (size_t i = 1; i <= 5; i++) {
        submit(http, &ending, provider_url(provider), PATIENT_MS);
        run_until(http, &ending, i);
        assert_int_equal(ending.outcome, HTTP_ANSWERED);
    }
    assert_int_equal(provider_request_count(provider), 5);
    assert_int_equal(provider_connection_count(provider), 1);
    http_destroy(&http);
    provider_destroy(&provider);
}

static void only_good_certificates_are_trusted(void **state)
{
    (void)state;
    static const authority_kind_t kinds[] = {AUTHORITY_OTHER_CA, AUTHORITY_OTHER_HOST,
                                             AUTHORITY_EXPIRED};
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        provider_t *provider = provider_new(kinds[i]);
        ending_t ending = ask_provider(provider, PATIENT_MS);
        assert_int_equal(ending.outcome, HTTP_UNTRUSTED);
        assert_int_equal(provider_request_count(provider), 0);
        provider_destroy(&provider);
    }
    /* libcurl does not tell a bad signature from other trouble of the handshake. */
    provider_t *provider = provider_new(AUTHORITY_FORGED);
    assert_int_equal(ask_provider(provider, PATIENT_MS).outcome, HTTP_BROKEN);
    assert_int_equal(provider_request_count(provider), 0);
    provider_destroy(&provider);
    provider = provider_new(AUTHORITY_GOOD);
    ending_t ending = ask(provider_url(provider), NULL, PATIENT_MS); /* the system's authorities */
    assert_int_equal(ending.outcome, HTTP_UNTRUSTED);
    assert_int_equal(provider_request_count(provider), 0);
    provider_destroy(&provider);
}

static void redirects_are_answers(void **state)
{
    (void)state;
    provider_t *target = provider_new_plain();
    provider_t *provider = provider_new(AUTHORITY_GOOD);
    char headers[URL_SIZE];
    snprintf(headers, sizeof headers, "Location: %s/\r\n", provider_url(target));
    provider_set_reply(provider, &(provider_reply_t){.status = 302, .headers = headers});
    ending_t ending = ask_provider(provider, PATIENT_MS);
    assert_int_equal(ending.outcome, HTTP_ANSWERED);
    assert_int_equal(ending.status, 302);
    assert_int_equal(provider_request_count(target), 0);
    provider_destroy(&provider);
    provider_destroy(&target);
}

static void assert_ends(provider_t *provider, provider_manner_t manner, int64_t timeout_ms,
                        http_outcome_t outcome)
{
    provider_set_reply(
        provider, &(provider_reply_t){.manner = manner, .body = "{\"a\":[1,2,3,4,5,6,7,8,9]}"});
    ending_t ending = ask_provider(provider, timeout_ms);
    assert_int_equal(ending.outcome, outcome);
    assert_int_equal(ending.status, 0);
    assert_int_equal(ending.body_size, 0);
}

static void trouble_has_names(void **state)
{
    (void)state;
    provider_t *provider = provider_new(AUTHORITY_GOOD);
    assert_ends(provider, PROVIDER_HANGS, SHORT_MS, HTTP_TIMED_OUT);
    assert_ends(provider, PROVIDER_DRIPS, SHORT_MS, HTTP_TIMED_OUT);
    assert_ends(provider, PROVIDER_FLOODS, PATIENT_MS, HTTP_TOO_LARGE);
    assert_ends(provider, PROVIDER_CUTS, PATIENT_MS, HTTP_BROKEN);
    assert_ends(provider, PROVIDER_RESETS, PATIENT_MS, HTTP_BROKEN);
    assert_ends(provider, PROVIDER_BABBLES, PATIENT_MS, HTTP_BROKEN);
    char *url = memory_copy_text(provider_url(provider), strlen(provider_url(provider)));
    char *ca_file =
        memory_copy_text(provider_ca_file(provider), strlen(provider_ca_file(provider)));
    provider_destroy(&provider);
    assert_int_equal(ask(url, ca_file, PATIENT_MS).outcome, HTTP_UNREACHABLE);
    free(url);
    free(ca_file);
}

static void a_body_at_its_maximum_is_taken(void **state)
{
    (void)state;
    provider_t *provider = provider_new_plain();
    char *body = memory_new(BODY_MAX + 2);
    memset(body, 'x', BODY_MAX);
    provider_set_body(provider, body);
    ending_t ending = ask(provider_url(provider), NULL, PATIENT_MS);
    assert_int_equal(ending.outcome, HTTP_ANSWERED);
    assert_int_equal(ending.body_size, BODY_MAX);
    body[BODY_MAX] = 'x';
    provider_set_body(provider, body);
    assert_int_equal(ask(provider_url(provider), NULL, PATIENT_MS).outcome, HTTP_TOO_LARGE);
    free(body);
    provider_destroy(&provider);
}

static void the_environment_has_no_say(void **state)
{
    (void)state;
    provider_t *provider = provider_new_plain();
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    assert_int_equal(ask(provider_url(provider), NULL, PATIENT_MS).outcome, HTTP_ANSWERED);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    provider_destroy(&provider);
}

static void the_setting_names_the_proxy(void **state)
{
    (void)state;
    provider_t *proxy = provider_new_plain();
    ending_t ending = {0};
    http_t *http = http_new(&(http_settings_t){.proxy = provider_url(proxy),
                                               .user_agent = "herd-test/1",
                                               .connect_timeout_ms = CONNECT_MS,
                                               .maximum = BODY_MAX,
                                               .done = on_done,
                                               .argument = &ending});
    submit(http, &ending, "http://127.0.0.1:1/there", PATIENT_MS);
    run_until(http, &ending, 1);
    assert_int_equal(ending.outcome, HTTP_ANSWERED);
    provider_expect(proxy, "GET http://127.0.0.1:1/there HTTP/1.1\r\n");
    http_destroy(&http);
    provider_destroy(&proxy);
}

static void other_protocols_are_refused(void **state)
{
    (void)state;
    assert_int_equal(ask("file:///etc/passwd", NULL, PATIENT_MS).outcome, HTTP_BROKEN);
    assert_int_equal(ask("https://", NULL, PATIENT_MS).outcome, HTTP_BROKEN);
}

static void what_is_under_way_can_be_left(void **state)
{
    (void)state;
    provider_t *provider = provider_new(AUTHORITY_GOOD);
    provider_set_reply(provider, &(provider_reply_t){.manner = PROVIDER_HANGS});
    ending_t ending = {0};
    http_t *http = new_http(&ending, provider_ca_file(provider));
    submit(http, &ending, provider_url(provider), PATIENT_MS);
    submit(http, &ending, provider_url(provider), PATIENT_MS);
    int64_t limit_ms = wait_clock_ms() + WAIT_LIMIT_MS;
    while (provider_request_count(provider) < 2 && wait_clock_ms() < limit_ms) {
        http_wait(http, NULL, 0, 10);
        http_step(http);
    }
    assert_int_equal(provider_request_count(provider), 2);
    http_destroy(&http);
    assert_int_equal(ending.done_count, 0);
    provider_destroy(&provider);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_whole),
        cmocka_unit_test(connections_are_used_again),
        cmocka_unit_test(only_good_certificates_are_trusted),
        cmocka_unit_test(redirects_are_answers),
        cmocka_unit_test(trouble_has_names),
        cmocka_unit_test(a_body_at_its_maximum_is_taken),
        cmocka_unit_test(the_environment_has_no_say),
        cmocka_unit_test(the_setting_names_the_proxy),
        cmocka_unit_test(other_protocols_are_refused),
        cmocka_unit_test(what_is_under_way_can_be_left),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
