#include "node/requests/delivery.h"

#include "common/base/limits.h"

#include <stdio.h>

/* "Goloman:4711", "operator", or "?" (T2); `label` has FRONTENDS_LABEL_SIZE bytes, and what the
 * caller knows in it, or "". */
static text_t name_peer(const delivery_t *self, text_t peer, const message_t *message, char *label)
{
    if (message_is_question(message->type) || message->type == MESSAGE_REPORT) {
        return TEXT("operator");
    }
    const frontend_link_t *frontend = frontends_find(self->frontends, peer);
    bool known = label[0] != '\0';
    if (!known && (message->type == MESSAGE_HELLO || message->type == MESSAGE_FOLLOW)) {
        const char *key = message->type == MESSAGE_HELLO ? "frontend" : "follower";
        frontends_write_label(message->body, key, label);
    } else if (!known && frontend != NULL) {
        memcpy(label, frontend->label, FRONTENDS_LABEL_SIZE);
    } else if (!known) {
        return TEXT("?");
    }
    char *slash = strchr(label, '/');
    if (slash != NULL) {
        *slash = ':'; /* slashes part the topic */
    }
    return text_of(label);
}

static void show(const delivery_t *self, publication_kind_t kind, delivery_peer_t peer,
                 const message_t *message)
{
    char label[FRONTENDS_LABEL_SIZE];
    tap_changes(self->tap); /* even if no one wants this message */
    if (tap_wants(self->tap, kind)) {
        snprintf(label, sizeof label, "%s", peer.follower != NULL ? peer.follower : "");
        tap_message(self->tap, kind, name_peer(self, peer.name, message, label), message);
    }
}

void delivery_show_inbound(const delivery_t *self, delivery_peer_t peer, const message_t *message)
{
    show(self, PUBLICATION_REQUEST, peer, message);
}

status_t delivery_try_send(const delivery_t *self, delivery_peer_t peer, const message_t *message)
{
    status_t status = desk_send(self->desk, peer.name, message);
    if (status == STATUS_OK) {
        show(self, PUBLICATION_REPLY, peer, message);
    }
    return status;
}

bool delivery_send(const delivery_t *self, text_t peer, const message_t *message)
{
    status_t status = delivery_try_send(self, (delivery_peer_t){.name = peer}, message);
    if (status == STATUS_OK) {
        return true;
    }
    log_event(self->log, LOG_FRONTEND_UNDELIVERED, NULL,
              "a %s could not be delivered to a front-end or operator: %s; a front-end asks again",
              message_type_text(message->type), status_text(status));
    return false;
}

void delivery_send_replies(const delivery_t *self, frontend_link_t *frontend, unsigned answered)
{
    /* The next message of a broken session is answered RESET; the front-end then asks again (Q1,
     * Q7). */
    if (!frontend->broken) {
        char header[2 * TEXT_NUMBER_SIZE + 2];
        int size = snprintf(header, sizeof header, "%llu %u", (unsigned long long)frontend->session,
                            answered);
        const message_t reply = {.type = MESSAGE_REPLY,
                                 .header = {.data = header, .size = (size_t)size},
                                 .body = buffer_text(&frontend->replies)};
        frontend->broken = !delivery_send(self, frontends_routing_id(frontend), &reply);
    }
    buffer_clear(&frontend->replies);
}

void delivery_send_batch(const delivery_t *self, frontend_link_t *frontend)
{
    if (frontend->replies.size >= LIMIT_BATCH_SIZE) {
        delivery_send_replies(self, frontend, 0);
    }
}

void delivery_flush(const delivery_t *self)
{
    size_t slot = 0;
    frontend_link_t *frontend;
    while ((frontend = frontends_next(self->frontends, &slot)) != NULL) {
        if (frontend->replies.size > 0) {
            delivery_send_replies(self, frontend, 0);
        }
    }
}
