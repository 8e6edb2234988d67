/* What the node has sent and was not taken (frontend/upstream/backlog.h), over a connection of this
 * machine. */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "frontend/upstream/backlog.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Both ends of a TCP connection. */
typedef struct {
    int node;
    int ours;
    int reserve;
    backlog_t backlog;
} scene_t;

static void begin(scene_t *self)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *self = (scene_t){.ours = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(connect(self->ours, (struct sockaddr *)&address, size), 0);
    self->node = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(self->node >= 0);
    close(listener);
    self->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    backlog_begin(&self->backlog, self->ours);
}

static void end(scene_t *self)
{
    close(self->node);
    close(self->ours);
    close(self->reserve);
}

/* The node sends that much, and ZeroMQ, which is us here, reads it. */
static void bring(scene_t *self, size_t size)
{
    enum { PIECE = 65536 };
    char *piece = memory_new(PIECE);
    while (size > 0) {
        size_t part = size < PIECE ? size : PIECE;
        assert_int_equal(send(self->node, piece, part, MSG_NOSIGNAL), part);
        assert_int_equal(recv(self->ours, piece, part, MSG_WAITALL), part);
        size -= part;
    }
    free(piece);
}

static void what_is_not_taken_has_a_bound(void **state)
{
    (void)state;
    assert_null(backlog_judge(0, true));
    assert_null(backlog_judge(LIMIT_OPEN_SIZE, true));
    assert_non_null(backlog_judge(LIMIT_OPEN_SIZE + 1, true));
    assert_null(backlog_judge(LIMIT_OPEN_SIZE + 1, false));
    assert_null(backlog_judge(LIMIT_CLIENTS_MEMORY, false));
    assert_non_null(backlog_judge(LIMIT_CLIENTS_MEMORY + 1, false));
}

static void a_message_without_end_is_cut(void **state)
{
    (void)state;
    scene_t scene;
    char byte;
    begin(&scene);
    bring(&scene, LIMIT_OPEN_SIZE);
    assert_null(backlog_look(&scene.backlog, true));
    bring(&scene, 1);
    assert_non_null(backlog_look(&scene.backlog, true));
    backlog_cut(&scene.backlog, scene.reserve);
    assert_true(recv(scene.node, &byte, 1, 0) <= 0);
    assert_null(backlog_look(&scene.backlog, true)); /* there is no connection any more */
    end(&scene);
}

/* However much comes, as long as it is taken; what ZeroMQ adds on the wire does not add up. */
static void whole_messages_are_not(void **state)
{
    (void)state;
    scene_t scene;
    begin(&scene);
    for (size_t i = 0; i < 8; i++) {
        bring(&scene, LIMIT_OPEN_SIZE);
        backlog_delivered(&scene.backlog, LIMIT_OPEN_SIZE / 2);
        assert_null(backlog_look(&scene.backlog, true));
    }
    bring(&scene, LIMIT_OPEN_SIZE);
    backlog_delivered(&scene.backlog, LIMIT_OPEN_SIZE);
    assert_null(backlog_look(&scene.backlog, false)); /* others wait, behind it */
    bring(&scene, LIMIT_OPEN_SIZE + 1);
    assert_null(backlog_look(&scene.backlog, false));
    assert_non_null(backlog_look(&scene.backlog, true));
    end(&scene);
}

static void a_descriptor_that_became_anothers_is_left_alone(void **state)
{
    (void)state;
    scene_t scene;
    scene_t other;
    begin(&scene);
    begin(&other);
    assert_int_equal(dup2(other.ours, scene.ours), scene.ours);
    bring(&other, LIMIT_OPEN_SIZE + 1);
    assert_null(backlog_look(&scene.backlog, true));
    backlog_cut(&scene.backlog, scene.reserve);
    bring(&other, 1);
    end(&scene);
    end(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_taken_has_a_bound),
        cmocka_unit_test(a_message_without_end_is_cut),
        cmocka_unit_test(whole_messages_are_not),
        cmocka_unit_test(a_descriptor_that_became_anothers_is_left_alone),
    };
    return cmocka_run_group_tests_name("backlog", tests, NULL, NULL);
}
