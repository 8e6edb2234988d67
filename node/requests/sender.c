#include "node/requests/sender.h"

#include <stdio.h>

/* localhost:1000:1000:4711: user, group and process at the other end of a Unix socket, which the
 * kernel vouches for (SO_PEERCRED, unix(7)). */
static bool read_process(text_t address, uint64_t *ret_user, uint64_t *ret_process)
{
    text_t host;
    text_t user;
    text_t group;
    return text_take_until(&address, ':', &host) && text_equal(host, TEXT("localhost")) &&
           text_take_until(&address, ':', &user) && text_take_until(&address, ':', &group) &&
           text_to_u64(user, UINT32_MAX, ret_user) && text_to_u64(address, INT32_MAX, ret_process);
}

void sender_write(text_t address, const security_holder_t *holder, char out[SENDER_SIZE])
{
    char from[LIMIT_LOG_SAMPLE];
    uint64_t user;
    uint64_t process;
    if (read_process(address, &user, &process)) {
        snprintf(from, sizeof from, "process %llu of user %llu", (unsigned long long)process,
                 (unsigned long long)user);
    } else if (address.size > 0) {
        text_escape(address, from, sizeof from);
    } else {
        snprintf(from, sizeof from, "somebody");
    }
    if (holder != NULL) {
        snprintf(out, SENDER_SIZE, "%s/%s at %s", roles_text(holder->role), holder->name, from);
    } else {
        snprintf(out, SENDER_SIZE, "%s", from);
    }
}
