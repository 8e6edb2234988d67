/* What a test asks a herd as a client and as an operator, and what it waits to see. */
#include "tests/support/herd_parts.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SEEN_LIMIT_MS = WAIT_LIMIT_MS };

const char *herd_keep(herd_t *self, text_t text)
{
    size_t count = self->kept_count + 1;
    self->kept = memory_resize(self->kept, count * sizeof *self->kept);
    self->kept[self->kept_count] = memory_copy_text(text.data, text.size);
    return self->kept[self->kept_count++];
}

client_t *herd_connect(herd_t *self, const char *member)
{
    return client_new(herd_port(self, member));
}

const char *herd_ask(herd_t *self, const char *member, const char *lines)
{
    client_t *client = herd_connect(self, member);
    client_say(client, lines);
    client_half_close(client);
    const char *answer = herd_keep(self, client_read_all(client));
    client_destroy(&client);
    return answer;
}

typedef struct {
    herd_t *herd;
    const char *member;
    const char *line;     /* the WHATSAT to ask */
    const char *expected; /* what its answer must begin with */
    const char *answer;   /* the last one */
} sight_t;

static bool is_seen(void *argument)
{
    sight_t *sight = argument;
    sight->answer = herd_ask(sight->herd, sight->member, sight->line);
    return strncmp(sight->answer, sight->expected, strlen(sight->expected)) == 0;
}

void herd_wait_seen(herd_t *self, const char *member, const char *client, const char *at_line)
{
    char *line = NULL;
    if (asprintf(&line, "WHATSAT %s 0 0\n", client) < 0) {
        abort();
    }
    sight_t sight = {.herd = self, .member = member, .line = line, .expected = at_line};
    bool seen = wait_until(is_seen, &sight, SEEN_LIMIT_MS);
    free(line);
    if (!seen) {
        fail_msg("%s does not know \"%s\", it says \"%s\"", member, at_line, sight.answer);
    }
}

int herd_control(herd_t *self, const char *const *arguments, const char **ret_output)
{
    char *program = herd_program("herdctl");
    char *output = workspace_path(self->folder, "herdctl.out");
    const char *argv[HERD_CONTROL_ARGUMENTS_MAX + 4] = {program, "--config", self->file};
    for (size_t i = 0; arguments[i] != NULL && i < HERD_CONTROL_ARGUMENTS_MAX; i++) {
        argv[3 + i] = arguments[i];
    }
    (void)unlink(output);
    int status = process_run(&(process_options_t){.argv = argv, .output = output}, WAIT_LIMIT_MS);
    size_t size;
    char *text = workspace_read(output, &size);
    assert_non_null(text);
    const char *kept = herd_keep(self, (text_t){.data = text, .size = size});
    if (ret_output != NULL) {
        *ret_output = kept;
    }
    free(text);
    free(output);
    free(program);
    return status;
}

typedef struct {
    const char *path; /* of the log */
    const char *part; /* what it must contain */
    size_t count;     /* at least so often */
} logged_t;

static char *log_path(const herd_t *self, const char *member, const char *program)
{
    char name[128];
    snprintf(name, sizeof name, "log/%s.%s.log", member, program);
    return workspace_path(self->folder, name);
}

static bool is_logged(void *argument)
{
    const logged_t *logged = argument;
    size_t size;
    char *content = workspace_read(logged->path, &size);
    bool found = content != NULL && count_in(content, logged->part) >= logged->count;
    free(content);
    return found;
}

size_t herd_count_logged(const herd_t *self, const char *member, const char *program,
                         const char *part)
{
    size_t size;
    char *path = log_path(self, member, program);
    char *content = workspace_read(path, &size);
    assert_non_null(content);
    size_t count = count_in(content, part);
    free(content);
    free(path);
    return count;
}

/* Waits until it is there `count` times, or more. */
static void wait_logged(const herd_t *self, const char *member, const char *program,
                        logged_t logged)
{
    char *path = log_path(self, member, program);
    logged.path = path;
    bool found = wait_until(is_logged, &logged, WAIT_LIMIT_MS);
    if (!found) {
        herd_print_file(path);
    }
    free(path);
    if (!found) {
        fail_msg("\"%s\" is not %zu times in the log of the %s of %s", logged.part, logged.count,
                 program, member);
    }
}

void herd_wait_logged(const herd_t *self, const char *member, const char *program, const char *part)
{
    wait_logged(self, member, program, (logged_t){.part = part, .count = 1});
}

void herd_expect_logged(const herd_t *self, const char *member, const char *program,
                        const char *part, size_t count)
{
    wait_logged(self, member, program, (logged_t){.part = part, .count = count});
    assert_int_equal(herd_count_logged(self, member, program, part), count);
}
