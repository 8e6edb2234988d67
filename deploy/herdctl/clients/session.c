#include "deploy/herdctl/clients/session.h"

#include "common/base/entropy.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/program/allowance.h"
#include "deploy/herdctl/frame/ask.h"
#include "deploy/herdctl/frame/connection.h"
#include "frontend/follower/follower.h"

#include <poll.h>
#include <stdio.h>
#include <uv.h>

enum {
    ANSWER_LIMIT_MS = 2000, /* for the first answer of a member */
    TICK_MS = 50,
    MEMORY_PARTS = 4, /* of what the process may take, records may take all but one */
};

static const int64_t refused_ns = 5 * TIMESTAMP_NS_PER_S; /* a member that does not take us */

typedef struct {
    const herdctl_session_settings_t *settings;
    uv_loop_t loop;
    uv_timer_t timer;
    copy_t *copy;
    follower_t *follower;
    const char *member;
    int64_t up_ns; /* steady: when the member last took us, or when we began */
    bool was_up;   /* it took us */
    bool refused;  /* it did not, for too long */
} session_t;

static herdctl_answer_t take_answer(void *argument, size_t index, text_t body, int64_t elapsed_ns)
{
    (void)body;
    (void)elapsed_ns;
    *(size_t *)argument = index;
    return HERDCTL_ANSWER_COMPLETE;
}

/* The member that is asked for, or that answers first. NULL after the error. */
static const config_member_t *find_member(herdctl_ask_t *ask, const char *from)
{
    size_t found = 0;
    size_t count;
    const config_member_t *const *members = herdctl_ask_members(ask, &count);
    const herdctl_question_t question = {.type = MESSAGE_ECHO,
                                         .limit_ms = ANSWER_LIMIT_MS,
                                         .enough = 1,
                                         .take = take_answer,
                                         .argument = &found};
    if (herdctl_ask(ask, &question) == 0) {
        if (from != NULL) {
            fprintf(stderr, "herdctl: %s did not answer\n", from);
        } else {
            fputs("herdctl: no member answered\n", stderr);
        }
        return NULL;
    }
    herdctl_ask_rest(ask);
    return members[found];
}

/* A signal stays pending: what it means is for the command, or the system, to say. */
static bool is_signalled(const session_t *self)
{
    struct pollfd signals = {.fd = self->settings->signals, .events = POLLIN};
    return poll(&signals, 1, 0) == 1;
}

static void on_turned(void *argument)
{
    session_t *self = argument;
    const herdctl_session_settings_t *settings = self->settings;
    int64_t now_ns = clock_steady_ns();
    herdctl_session_state_t state = {.member = self->member,
                                     .problem = follower_problem(self->follower),
                                     .up = follower_is_up(self->follower),
                                     .copy = copy_state(self->copy)};
    self->up_ns = state.up ? now_ns : self->up_ns;
    self->was_up = self->was_up || state.up;
    state.was_up = self->was_up;
    state.away_ns = now_ns - self->up_ns;
    self->refused = self->refused || (!state.was_up && state.away_ns > refused_ns);
    if (is_signalled(self) || self->refused || !settings->turned(settings->argument, &state)) {
        uv_stop(&self->loop);
    }
}

static void on_tick(uv_timer_t *timer)
{
    on_turned(timer->data);
}

/* Follows until it is over. False after the error if the member did not take us. */
static bool run(session_t *self)
{
    uv_timer_start(&self->timer, on_tick, TICK_MS, TICK_MS);
    uv_run(&self->loop, UV_RUN_DEFAULT);
    if (self->refused) {
        const char *problem = follower_problem(self->follower);
        fprintf(stderr, "herdctl: %s cannot be followed%s%s\n", self->member,
                problem[0] != '\0' ? ": " : "", problem);
    }
    return !self->refused;
}

static copy_t *make_copy(const herdctl_session_settings_t *settings, const config_t *config,
                         const char *name)
{
    uint64_t allowed = allowance_read().size;
    const copy_settings_t of_copy = {.herd = text_of(config->herd_name),
                                     .follower = text_of(name),
                                     .max_clients = config->max_clients,
                                     .max_memory = allowed - allowed / MEMORY_PARTS,
                                     .seed = entropy_number(),
                                     .life = generation_new(),
                                     .keeps = settings->keeps,
                                     .changed = settings->changed,
                                     .removed = settings->removed,
                                     .argument = settings->argument};
    return copy_new(&of_copy);
}

static bool follow(session_t *self, const config_t *config, const config_member_t *member,
                   const security_t *keys)
{
    const char *name = keys != NULL ? security_name(keys) : HERDCTL_PROGRAM;
    self->copy = make_copy(self->settings, config, name);
    const follower_settings_t settings = {.loop = &self->loop,
                                          .copy = self->copy,
                                          .endpoint = member->requests,
                                          .herd = config->herd_name,
                                          .member = member->name,
                                          .name = name,
                                          .security = keys,
                                          .turned = on_turned,
                                          .argument = self};
    self->member = member->name;
    self->up_ns = clock_steady_ns();
    uv_loop_init(&self->loop);
    uv_timer_init(&self->loop, &self->timer);
    self->timer.data = self;
    bool good = follower_open(&settings, &self->follower) == STATUS_OK;
    if (good) {
        good = run(self);
    } else {
        fprintf(stderr, "herdctl: %s cannot be followed at %s\n", member->name, member->requests);
    }
    follower_close(&self->follower);
    uv_close((uv_handle_t *)&self->timer, NULL);
    uv_run(&self->loop, UV_RUN_DEFAULT); /* until all are closed */
    uv_loop_close(&self->loop);
    copy_destroy(&self->copy);
    return good;
}

bool herdctl_session_run(const herdctl_session_settings_t *settings)
{
    char *names[] = {(char *)(uintptr_t)settings->from, NULL};
    const options_operands_t operands = {.items = names, .count = settings->from != NULL};
    security_t *keys = NULL;
    herdctl_ask_t *ask = herdctl_ask_new(settings->herdctl, operands);
    const config_member_t *member = ask != NULL ? find_member(ask, settings->from) : NULL;
    session_t session = {.settings = settings};
    bool good = member != NULL && herdctl_connection_open_keys(herdctl_ask_config(ask), &keys) &&
                follow(&session, herdctl_ask_config(ask), member, keys);
    security_close(&keys);
    herdctl_ask_destroy(&ask);
    return good;
}
