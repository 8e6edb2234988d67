/* follow - a program that follows a node and prints what its copy is like, a line whenever that has
 * changed, for tests.
 *
 * usage: follow HERD NAME [--keys FOLDER ROLE] MEMBER ENDPOINT [MEMBER ENDPOINT]
 *   up=1 current=1 served=3 came=4 changed=9 removed=1 comparisons=0 root=0123... problem=...
 *
 * SIGUSR1 has it follow the other of two members. What the watcher was told is checked against what
 * the copy has whenever that is printed; where they differ the program aborts. */
#include "common/base/entropy.h"
#include "common/clock/clock.h"
#include "common/copy/copy.h"
#include "frontend/follower/follower.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { CLIENTS_MAX = 1000000, TICK_MS = 20, LINE_SIZE = 512 };

static struct {
    copy_t *copy;
    follower_t *follower;
    log_t *log;
    security_t *security;
    const char *const *members; /* name, endpoint, name, endpoint */
    int member_count;
    int followed; /* of these */
    unsigned long came;
    unsigned long changed;
    unsigned long removed;
    bool known[CLIENTS_MAX]; /* by number */
    char last[LINE_SIZE];
} self;

static void on_changed(void *argument, uint32_t number, const record_t *record, bool known)
{
    (void)argument;
    (void)record;
    assert(number < CLIENTS_MAX && self.known[number] == known);
    self.known[number] = true;
    self.came += known ? 0 : 1;
    self.changed += known ? 1 : 0;
}

static void on_removed(void *argument, uint32_t number, text_t client)
{
    (void)argument;
    (void)client;
    assert(number < CLIENTS_MAX && self.known[number]);
    self.known[number] = false;
    self.removed++;
}

static void check_watcher(void)
{
    for (uint32_t number = 0; number < copy_number_end(self.copy); number++) {
        record_t record;
        assert(copy_read(self.copy, number, &record) == self.known[number]);
    }
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
    char line[LINE_SIZE];
    char root[DIGEST_SUM_SIZE + 1] = "";
    copy_state_t state = copy_state(self.copy);
    const digest_t *digest = copy_digest(self.copy);
    if (digest != NULL) {
        digest_sum_write(digest_root(digest), root);
    }
    snprintf(line, sizeof line,
             "up=%d current=%d served=%zu came=%lu changed=%lu removed=%lu comparisons=%llu "
             "root=%s problem=%s\n",
             follower_is_up(self.follower), state.current, state.served, self.came, self.changed,
             self.removed, (unsigned long long)state.comparisons, root,
             follower_problem(self.follower));
    if (digest != NULL && strcmp(line, self.last) != 0) {
        check_watcher();
        memcpy(self.last, line, sizeof line);
        printf("%s", line);
        fflush(stdout);
    }
}

static void on_move(uv_signal_t *handle, int number)
{
    (void)handle;
    (void)number;
    self.followed = (self.followed + 1) % self.member_count;
    follower_move(self.follower, self.members[(size_t)self.followed * 2],
                  self.members[(size_t)self.followed * 2 + 1], NULL);
}

static void print_problem(void *argument, const char *problem)
{
    (void)argument;
    fprintf(stderr, "%s\n", problem);
}

/* --keys FOLDER ROLE */
static bool open_keys(const char *folder, const char *role, const char *name)
{
    security_settings_t settings = {.folder = folder, .name = name, .problem = print_problem};
    return roles_from_text(text_of(role), &settings.role) &&
           security_open(&settings, &self.security) == STATUS_OK;
}

int main(int argc, char **argv)
{
    int first = argc > 6 && strcmp(argv[3], "--keys") == 0 ? 6 : 3;
    if (argc < first + 2 || (first == 6 && !open_keys(argv[4], argv[5], argv[2]))) {
        fprintf(stderr, "usage: follow HERD NAME [--keys FOLDER ROLE] MEMBER ENDPOINT ...\n");
        return 2;
    }
    self.members = (const char *const *)argv + first;
    self.member_count = (argc - first) / 2;
    uv_loop_t *loop = uv_default_loop();
    const copy_settings_t of_copy = {.herd = text_of(argv[1]),
                                     .follower = text_of(argv[2]),
                                     .max_clients = CLIENTS_MAX,
                                     .seed = entropy_number(),
                                     .life = generation_new(),
                                     .changed = on_changed,
                                     .removed = on_removed};
    self.copy = copy_new(&of_copy);
    const follower_settings_t settings = {.loop = loop,
                                          .copy = self.copy,
                                          .endpoint = self.members[1],
                                          .herd = argv[1],
                                          .member = self.members[0],
                                          .name = argv[2],
                                          .security = self.security};
    if (follower_open(&settings, &self.follower) != STATUS_OK) {
        return 1;
    }
    uv_timer_t timer;
    uv_signal_t mover;
    uv_timer_init(loop, &timer);
    uv_timer_start(&timer, on_tick, TICK_MS, TICK_MS);
    uv_signal_init(loop, &mover);
    uv_signal_start(&mover, on_move, SIGUSR1);
    return uv_run(loop, UV_RUN_DEFAULT);
}
