#include "common/security/roles.h"

#include <assert.h>

static const char *const role_texts[ROLES_COUNT] = {
#define ROLES_TEXT(name, text) [ROLES_##name] = (text),
    ROLES_MAP(ROLES_TEXT)
#undef ROLES_TEXT
};

static const char *const domain_texts[ROLES_DOMAIN_COUNT] = {
#define ROLES_TEXT(name, text) [ROLES_DOMAIN_##name] = (text),
    ROLES_DOMAIN_MAP(ROLES_TEXT)
#undef ROLES_TEXT
};

/* K2 */
static const bool admitted[ROLES_DOMAIN_COUNT][ROLES_COUNT] = {
    [ROLES_DOMAIN_BUS] = {[ROLES_MEMBER] = true},
    [ROLES_DOMAIN_REQUESTS] =
        {[ROLES_FRONT_END] = true, [ROLES_OPERATOR] = true, [ROLES_FOLLOWER] = true},
    [ROLES_DOMAIN_TAP] = {[ROLES_OPERATOR] = true, [ROLES_WATCHER] = true},
};

/* The index of `text` among `texts`; `count` if it is not there. */
static unsigned find(text_t text, const char *const *texts, unsigned count)
{
    unsigned i = 0;
    while (i < count && !text_equal(text, text_of(texts[i]))) {
        i++;
    }
    return i;
}

const char *roles_text(roles_role_t role)
{
    assert((unsigned)role < ROLES_COUNT);
    return role_texts[role];
}

const char *roles_domain_text(roles_domain_t domain)
{
    assert((unsigned)domain < ROLES_DOMAIN_COUNT);
    return domain_texts[domain];
}

bool roles_from_text(text_t text, roles_role_t *ret_role)
{
    unsigned role = find(text, role_texts, ROLES_COUNT);
    if (role == ROLES_COUNT) {
        return false;
    }
    *ret_role = (roles_role_t)role;
    return true;
}

bool roles_domain_from_text(text_t text, roles_domain_t *ret_domain)
{
    unsigned domain = find(text, domain_texts, ROLES_DOMAIN_COUNT);
    if (domain == ROLES_DOMAIN_COUNT) {
        return false;
    }
    *ret_domain = (roles_domain_t)domain;
    return true;
}

bool roles_admit(roles_domain_t domain, roles_role_t role)
{
    return (unsigned)domain < ROLES_DOMAIN_COUNT && (unsigned)role < ROLES_COUNT &&
           admitted[domain][role];
}

/* Lines are for front-ends, questions for operators; both may follow, too. */
bool roles_may_request(roles_role_t role, message_type_t type)
{
    switch (type) {
    case MESSAGE_HELLO:
    case MESSAGE_REQUEST:
    case MESSAGE_PING: return role == ROLES_FRONT_END;
    case MESSAGE_FOLLOW:
    case MESSAGE_WANT:
    case MESSAGE_ACK:
    case MESSAGE_NAK:
    case MESSAGE_COMPARE:
    case MESSAGE_RESET:
    case MESSAGE_GOODBYE:
        return role == ROLES_FRONT_END || role == ROLES_FOLLOWER || role == ROLES_OPERATOR;
    default: return role == ROLES_OPERATOR;
    }
}
