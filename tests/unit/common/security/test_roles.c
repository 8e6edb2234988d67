/* Who may speak where (common/security/roles.h). */
#include "common/security/roles.h"

#include "tests/support/cmocka_herd.h"

static void roles_have_their_sockets_and_messages(void **state)
{
    (void)state;
    static const bool expected[ROLES_DOMAIN_COUNT][ROLES_COUNT] = {
        {true, false, false, false, false},
        {false, true, true, false, true},
        {false, false, true, true, false},
    };
    for (unsigned domain = 0; domain < ROLES_DOMAIN_COUNT; domain++) {
        for (unsigned role = 0; role < ROLES_COUNT; role++) {
            assert_int_equal(roles_admit((roles_domain_t)domain, (roles_role_t)role),
                             expected[domain][role]);
        }
    }
    /* The last ones are those of followers. */
    enum { OF_FRONTENDS_ALONE = 3 };
    static const message_type_t of_frontends[] = {
        MESSAGE_HELLO, MESSAGE_REQUEST, MESSAGE_PING, MESSAGE_GOODBYE, MESSAGE_FOLLOW,
        MESSAGE_WANT,  MESSAGE_ACK,     MESSAGE_NAK,  MESSAGE_COMPARE, MESSAGE_RESET};
    for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
        bool of_frontend = false;
        bool of_follower = false;
        for (size_t i = 0; i < ARRAY_COUNT(of_frontends); i++) {
            of_frontend = of_frontend || of_frontends[i] == (message_type_t)type;
            of_follower =
                of_follower || (i >= OF_FRONTENDS_ALONE && of_frontends[i] == (message_type_t)type);
        }
        assert_int_equal(roles_may_request(ROLES_FRONT_END, (message_type_t)type), of_frontend);
        assert_int_equal(roles_may_request(ROLES_FOLLOWER, (message_type_t)type), of_follower);
        assert_int_equal(roles_may_request(ROLES_OPERATOR, (message_type_t)type),
                         of_follower || !of_frontend);
        assert_false(roles_may_request(ROLES_MEMBER, (message_type_t)type));
        assert_false(roles_may_request(ROLES_WATCHER, (message_type_t)type));
    }
    roles_role_t role;
    assert_true(roles_from_text(TEXT("front-end"), &role));
    assert_int_equal(role, ROLES_FRONT_END);
    assert_false(roles_from_text(TEXT("frontend"), &role));
    assert_false(roles_from_text(TEXT(""), &role));
    assert_int_equal(role, ROLES_FRONT_END);
    roles_domain_t domain;
    assert_true(roles_domain_from_text(TEXT("tap"), &domain));
    assert_int_equal(domain, ROLES_DOMAIN_TAP);
    assert_false(roles_domain_from_text(TEXT("taps"), &domain));
    assert_false(roles_domain_from_text(TEXT(""), &domain));
    assert_int_equal(domain, ROLES_DOMAIN_TAP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_have_their_sockets_and_messages),
    };
    return cmocka_run_group_tests_name("roles", tests, NULL, NULL);
}
