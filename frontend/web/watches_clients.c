/* Watches of single clients, found by the client: by its number in the copy while it is there, else
 * by its ID. So a change costs those who watch its client, not all who watch one. */
#include "common/base/memory.h"
#include "frontend/web/watches_parts.h"

#include <stdlib.h>
#include <xxhash.h>

enum { BUCKETS = 4096 };

struct watches_clients {
    list_link_t by_number[BUCKETS];
    list_link_t by_id[BUCKETS];
    uint64_t seed;
};

watches_clients_t *watches_clients_new(uint64_t seed)
{
    watches_clients_t *self = memory_new(sizeof *self);
    for (size_t i = 0; i < BUCKETS; i++) {
        list_init(&self->by_number[i]);
        list_init(&self->by_id[i]);
    }
    self->seed = seed;
    return self;
}

void watches_clients_destroy(watches_clients_t **self_p)
{
    free(*self_p);
    *self_p = NULL;
}

static list_link_t *bucket_of_id(watches_clients_t *self, text_t id)
{
    return &self->by_id[XXH3_64bits_withSeed(id.data, id.size, self->seed) % BUCKETS];
}

static list_link_t *bucket_of_number(watches_clients_t *self, uint32_t number)
{
    return &self->by_number[number % BUCKETS];
}

void watches_clients_put(watches_clients_t *self, watch_t *watch, uint32_t number)
{
    watch->client_number = number;
    list_remove(&watch->of_client);
    list_append(number == UINT32_MAX ? bucket_of_id(self, watch->view.client)
                                     : bucket_of_number(self, number),
                &watch->of_client);
}

void watches_clients_remove(watch_t *watch)
{
    list_remove(&watch->of_client);
    watch->client_number = UINT32_MAX;
}

void watches_clients_came(watches_clients_t *self, uint32_t number, text_t id)
{
    list_link_t *bucket = bucket_of_id(self, id);
    for (list_link_t *link = bucket->next, *next = link->next; link != bucket;
         link = next, next = link->next) {
        watch_t *watch = LIST_OWNER(link, watch_t, of_client);
        if (text_equal(watch->view.client, id)) {
            watches_clients_put(self, watch, number);
        }
    }
}

void watches_clients_each(watches_clients_t *self, uint32_t number,
                          void (*call)(void *argument, watch_t *watch), void *argument)
{
    list_link_t *bucket = bucket_of_number(self, number);
    for (list_link_t *link = bucket->next, *next = link->next; link != bucket;
         link = next, next = link->next) {
        watch_t *watch = LIST_OWNER(link, watch_t, of_client);
        if (watch->client_number == number) {
            call(argument, watch);
        }
    }
}
