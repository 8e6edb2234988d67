#include "frontend/upstream/upstream_passage.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <zmq.h>

struct upstream_passage {
    passage_t *passage;
};

upstream_passage_t *upstream_passage_open(const upstream_socket_settings_t *settings)
{
    upstream_passage_t *self = memory_new(sizeof *self);
    self->passage = settings->passage;
    passage_clear(self->passage);
    passage_tell(self->passage, PASSAGE_FRONTEND, settings->stirred, settings->argument);
    return self;
}

status_t upstream_passage_send(upstream_passage_t *self, const message_t *message)
{
    return passage_send(self->passage, PASSAGE_FRONTEND, message);
}

status_t upstream_passage_receive(upstream_passage_t *self, transport_inbound_t *ret_inbound)
{
    ret_inbound->frame_count = 0;
    ret_inbound->peer = (text_t){0};
    ret_inbound->address = (text_t){0};
    return passage_receive(self->passage, PASSAGE_FRONTEND, &ret_inbound->message);
}

int upstream_passage_events(upstream_passage_t *self)
{
    return (passage_has(self->passage, PASSAGE_FRONTEND) ? ZMQ_POLLIN : 0) |
           (passage_has_room(self->passage, PASSAGE_FRONTEND) ? ZMQ_POLLOUT : 0);
}

void upstream_passage_close(upstream_passage_t **self_p)
{
    upstream_passage_t *self = *self_p;
    if (self != NULL) {
        passage_tell(self->passage, PASSAGE_FRONTEND, NULL, NULL);
        free(self);
        *self_p = NULL;
    }
}
