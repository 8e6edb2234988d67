/* The connection of a command to a member. */
#include "common/sockets.h"
#include "deploy/herdctl.h"

#include <zmq.h>

void *herdctl_connect(void *context, const security_t *keys, const config_member_t *member)
{
    void *socket = zmq_socket(context, ZMQ_DEALER);
    /* Without a routing id: two connections of one name would take it from each other. */
    if (socket != NULL &&
        (sockets_configure(socket, SOCKETS_OPERATOR_DEALER, member->requests, NULL) != STATUS_OK ||
         security_connect(keys, socket, member->name) != STATUS_OK ||
         zmq_connect(socket, member->requests) != 0)) {
        zmq_close(socket);
        socket = NULL;
    }
    return socket;
}
