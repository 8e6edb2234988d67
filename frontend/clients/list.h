/* list.h - doubly linked lists whose links lie inside their members.
 *
 * Owner: whoever embeds the head; a list never owns its members. Threads: one at a time.
 * A head is a link too. The head of an empty list points at itself; a link in no list is all zero.
 */
#ifndef HERD_FRONTEND_CLIENTS_LIST_H
#define HERD_FRONTEND_CLIENTS_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct list_link {
    struct list_link *previous; /* NULL if in no list */
    struct list_link *next;     /* NULL if in no list */
} list_link_t;

/* The struct of type `type` whose field `field` is `*link`. */
#define LIST_OWNER(link, type, field) ((type *)(void *)((char *)(link)-offsetof(type, field)))

static inline void list_init(list_link_t *head)
{
    head->previous = head->next = head;
}

static inline bool list_is_empty(const list_link_t *head)
{
    return head->next == head;
}

static inline bool list_is_linked(const list_link_t *link)
{
    return link->next != NULL;
}

/* Appends `link`; no effect if it is in a list already. */
static inline void list_append(list_link_t *head, list_link_t *link)
{
    if (!list_is_linked(link)) {
        link->previous = head->previous;
        link->next = head;
        head->previous->next = link;
        head->previous = link;
    }
}

/* Takes `link` out of its list; no effect if it is in none. */
static inline void list_remove(list_link_t *link)
{
    if (list_is_linked(link)) {
        link->previous->next = link->next;
        link->next->previous = link->previous;
        link->previous = link->next = NULL;
    }
}

/* Takes the first link out and returns it; NULL if the list is empty. */
static inline list_link_t *list_take_first(list_link_t *head)
{
    list_link_t *first = head->next;
    if (first == head) {
        return NULL;
    }
    list_remove(first);
    return first;
}

/* Moves all links of `from`, in their order, to the end of `head`. */
static inline void list_take_all(list_link_t *head, list_link_t *from)
{
    for (list_link_t *link = list_take_first(from); link != NULL; link = list_take_first(from)) {
        list_append(head, link);
    }
}

#endif
