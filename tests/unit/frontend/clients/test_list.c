/* Lists whose links lie in what they link (frontend/clients/list.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/clients/list.h"

typedef struct {
    char name;
    list_link_t link;
} member_t;

/* The names of the list's members in their order; in a static text. */
static const char *names(const list_link_t *head)
{
    static char text[8];
    size_t size = 0;
    for (list_link_t *link = head->next; link != head; link = link->next) {
        assert_ptr_equal(link->previous->next, link);
        text[size++] = LIST_OWNER(link, member_t, link)->name;
    }
    text[size] = '\0';
    return text;
}

static void members_stand_in_the_order_they_came(void **state)
{
    (void)state;
    list_link_t head;
    member_t a = {.name = 'a'};
    member_t b = {.name = 'b'};
    member_t c = {.name = 'c'};
    list_init(&head);
    assert_true(list_is_empty(&head));
    assert_null(list_take_first(&head));
    assert_false(list_is_linked(&a.link));
    list_append(&head, &a.link);
    list_append(&head, &b.link);
    list_append(&head, &c.link);
    list_append(&head, &a.link); /* is there */
    assert_string_equal(names(&head), "abc");
    list_remove(&b.link);
    list_remove(&b.link); /* is gone */
    assert_false(list_is_linked(&b.link));
    assert_string_equal(names(&head), "ac");
    assert_ptr_equal(list_take_first(&head), &a.link);
    assert_ptr_equal(list_take_first(&head), &c.link);
    assert_true(list_is_empty(&head));
}

static void a_list_takes_all_of_another(void **state)
{
    (void)state;
    list_link_t head;
    list_link_t from;
    member_t a = {.name = 'a'};
    member_t b = {.name = 'b'};
    member_t c = {.name = 'c'};
    list_init(&head);
    list_init(&from);
    list_take_all(&head, &from);
    assert_true(list_is_empty(&head));
    list_append(&head, &a.link);
    list_append(&from, &b.link);
    list_append(&from, &c.link);
    list_take_all(&head, &from);
    assert_string_equal(names(&head), "abc");
    assert_true(list_is_empty(&from));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_stand_in_the_order_they_came),
        cmocka_unit_test(a_list_takes_all_of_another),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
