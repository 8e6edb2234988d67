#include "node/places.h"
status_t places_new(const config_t *c, log_t *l, places_t **r)
{
    (void)c;
    (void)l;
    (void)r;
    return STATUS_INVALID;
}
void places_destroy(places_t **s)
{
    (void)s;
}
void *places_socket(places_t *s)
{
    (void)s;
    return NULL;
}
status_t places_ask(places_t *s, const places_query_t *q, size_t n)
{
    (void)s;
    (void)q;
    (void)n;
    return STATUS_AGAIN;
}
bool places_receive(places_t *s, places_answer_fn *a, void *g)
{
    (void)s;
    (void)a;
    (void)g;
    return false;
}
