/* The file of a Unix socket that is listened on (common/sockets/local_socket.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/workspace.h"

#include "common/sockets/local_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *folder;
    char *path;
} scene_t;

static scene_t scene_new(void)
{
    scene_t self = {.folder = workspace_new()};
    self.path = workspace_path(self.folder, "socket");
    return self;
}

static void scene_done(scene_t *self)
{
    free(self->path);
    free(self->folder);
}

static unsigned mode_of(const char *path)
{
    struct stat found;
    assert_int_equal(lstat(path, &found), 0);
    return found.st_mode & 07777;
}

static void its_file_is_for_its_owner_whatever_the_mask(void **state)
{
    (void)state;
    scene_t scene = scene_new();
    local_socket_t local;
    int file;
    mode_t mask = umask(0);
    assert_int_equal(local_socket_listen(scene.path, &file, &local), STATUS_OK);
    assert_int_equal(umask(mask), 0); /* it was not touched */
    assert_int_equal(mode_of(scene.path), 0700);
    assert_true(local_socket_is_there(&local));
    local_socket_remove(&local);
    assert_int_equal(access(scene.path, F_OK), -1);
    local_socket_remove(&local);
    assert_true(local_socket_is_there(&local)); /* none is missing */
    close(file);
    scene_done(&scene);
}

static void a_path_in_use_is_left_to_its_owner(void **state)
{
    (void)state;
    scene_t scene = scene_new();
    local_socket_t first;
    local_socket_t second = {0};
    int file;
    int other = -1;
    assert_int_equal(local_socket_listen(scene.path, &file, &first), STATUS_OK);
    assert_int_equal(local_socket_listen(scene.path, &other, &second), STATUS_IN_USE);
    assert_int_equal(errno, EADDRINUSE);
    assert_true(local_socket_is_there(&first));
    assert_int_equal(unlink(scene.path), 0);
    assert_int_equal(local_socket_listen(scene.path, &other, &second), STATUS_OK);
    assert_false(local_socket_is_there(&first));
    local_socket_remove(&first); /* which is not its own any more */
    assert_true(local_socket_is_there(&second));
    close(other); /* its process has ended: the file is left, and taken over */
    assert_int_equal(local_socket_listen(scene.path, &other, &second), STATUS_OK);
    local_socket_remove(&second);
    close(other);
    close(file);
    scene_done(&scene);
}

static void what_is_no_socket_is_not_removed(void **state)
{
    (void)state;
    scene_t scene = scene_new();
    local_socket_t local;
    int file;
    workspace_write(scene.path, TEXT("mine"));
    assert_int_equal(local_socket_listen(scene.path, &file, &local), STATUS_SYSTEM);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(access(scene.path, F_OK), 0);
    assert_int_equal(unlink(scene.path), 0);
    assert_int_equal(local_socket_listen(scene.path, &file, &local), STATUS_OK);
    assert_int_equal(unlink(scene.path), 0);
    workspace_write(scene.path, TEXT("mine"));
    assert_false(local_socket_is_there(&local));
    local_socket_remove(&local);
    assert_int_equal(access(scene.path, F_OK), 0);
    close(file);
    scene_done(&scene);
}

static void its_folder_is_made_again(void **state)
{
    (void)state;
    scene_t scene = scene_new();
    local_socket_t local;
    int file;
    assert_int_equal(local_socket_listen(scene.path, &file, &local), STATUS_OK);
    assert_int_equal(unlink(scene.path), 0);
    assert_int_equal(rmdir(scene.folder), 0);
    int again;
    local_socket_t second;
    assert_int_equal(local_socket_listen(scene.path, &again, &second), STATUS_SYSTEM);
    assert_int_equal(errno, ENOENT);
    local_socket_make_folder(&local);
    assert_int_equal(mode_of(scene.folder), 0700);
    assert_int_equal(local_socket_listen(scene.path, &again, &second), STATUS_OK);
    local_socket_remove(&second);
    close(again);
    close(file);
    scene_done(&scene);
}

static void paths_have_a_length(void **state)
{
    (void)state;
    char path[LIMIT_IPC_PATH_SIZE + 2];
    local_socket_t local;
    int file;
    memset(path, 'x', sizeof path);
    path[LIMIT_IPC_PATH_SIZE + 1] = '\0';
    assert_int_equal(local_socket_listen(path, &file, &local), STATUS_SYSTEM);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_int_equal(local_socket_listen("", &file, &local), STATUS_SYSTEM);
    assert_int_equal(errno, EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_file_is_for_its_owner_whatever_the_mask),
        cmocka_unit_test(a_path_in_use_is_left_to_its_owner),
        cmocka_unit_test(what_is_no_socket_is_not_removed),
        cmocka_unit_test(its_folder_is_made_again),
        cmocka_unit_test(paths_have_a_length),
    };
    return workspace_finish(cmocka_run_group_tests_name("local_socket", tests, NULL, NULL));
}
