/* The node is made first: it is the one that finds out that the member runs already, before a
 * client comes to a listener of ours. Then the front-end: libuv calls those first that were started
 * last, so in one turn of the loop lines are read, the front-end asks, the node answers, and the
 * front-end writes, before the loop sleeps again. None of this is needed for a message to arrive:
 * each end is stirred (passage.h).
 *
 * A signal to end comes to the node, which leaves it to us: first the front-end ends, as that of a
 * pair would be ended first, and then the node. */
#include "frontend/single/single.h"

#include "common/base/memory.h"
#include "common/sockets/passage.h"
#include "frontend/lines/frontend.h"
#include "node/node.h"
#include "node/security/accept4.h"

#include <assert.h>
#include <stdlib.h>
#include <uv.h>

struct single {
    uv_loop_t loop;
    passage_t *passage;
    node_t *node;
    frontend_t *frontend;
    bool stopping; /* the front-end ends, or has ended */
};

static void on_stop_asked(void *argument)
{
    single_t *self = argument;
    if (!self->stopping) {
        self->stopping = true;
        frontend_stop(self->frontend);
    }
}

static void on_frontend_ended(void *argument)
{
    single_t *self = argument;
    node_stop(self->node);
}

static void on_reloaded(void *argument)
{
    const single_t *self = argument;
    if (!self->stopping) {
        frontend_reload(self->frontend);
    }
}

static void on_node_stopped(void *argument)
{
    single_t *self = argument;
    uv_stop(&self->loop);
}

static status_t make_node(single_t *self, const single_settings_t *settings)
{
    const node_settings_t node = {.config = settings->config,
                                  .member = settings->member,
                                  .log = settings->node_log,
                                  .loop = &self->loop,
                                  .passage = self->passage,
                                  .stop_asked = on_stop_asked,
                                  .reloaded = on_reloaded,
                                  .stopped = on_node_stopped,
                                  .argument = self};
    return node_new(&node, &self->node);
}

static status_t make_frontend(single_t *self, const single_settings_t *settings)
{
    const frontend_settings_t frontend = {.config = settings->config,
                                          .member = settings->member,
                                          .log = settings->frontend_log,
                                          .memory_max = settings->memory_max,
                                          .files_max = (size_t)accept4_ceiling(),
                                          .loop = &self->loop,
                                          .passage = self->passage,
                                          .ended = on_frontend_ended,
                                          .argument = self};
    return frontend_new(&frontend, &self->frontend);
}

status_t single_new(const single_settings_t *settings, single_t **ret_self)
{
    single_t *self = memory_new(sizeof *self);
    int outcome = uv_loop_init(&self->loop);
    assert(outcome == 0); /* at the start */
    self->passage = passage_new();
    status_t status = make_node(self, settings);
    if (status == STATUS_OK) {
        status = make_frontend(self, settings);
    }
    if (status != STATUS_OK) {
        single_destroy(&self);
        return status;
    }
    *ret_self = self;
    return STATUS_OK;
}

bool single_run(single_t *self, int signals)
{
    node_begin(self->node, signals);
    uv_run(&self->loop, UV_RUN_DEFAULT);
    return node_end(self->node);
}

void single_destroy(single_t **self_p)
{
    single_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    frontend_destroy(&self->frontend);
    node_destroy(&self->node);
    uv_run(&self->loop, UV_RUN_DEFAULT); /* until all handles are closed */
    int outcome = uv_loop_close(&self->loop);
    assert(outcome == 0);
    passage_destroy(&self->passage);
    free(self);
    *self_p = NULL;
}
