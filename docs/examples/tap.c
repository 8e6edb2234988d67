/* Prints what the tap at an endpoint publishes, e.g. tcp://127.0.0.1:11690: cc tap.c -lczmq -o tap */
#include <czmq.h>

int main(int argc, char **argv)
{
    zsock_t *tap = zsock_new(ZMQ_SUB);
    zsock_set_subscribe(tap, "apply/");
    zsock_set_subscribe(tap, "link/");
    zsock_connect(tap, "%s", argc > 1 ? argv[1] : "tcp://127.0.0.1:11690");
    for (zmsg_t *message; (message = zmsg_recv(tap)) != NULL; zmsg_destroy(&message)) {
        char *topic = zmsg_popstr(message), *meta = zmsg_popstr(message),
             *text = zmsg_popstr(message);
        printf("%s | %s | %s\n", topic, meta, text != NULL ? text : "");
        fflush(stdout);
        free(topic), free(meta), free(text);
    }
    zsock_destroy(&tap);
    return 0;
}
