/* Secrets as systemd, Kubernetes and Docker hand them in, on real file systems and by another user:
 * a provider's key and a CURVE certificate are taken and refused alike (common/base/secret.h).
 *
 * Each case runs in a child of its own, which mounts in a namespace of its own and then becomes
 * another user. Without the right to do so the program is skipped. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"
#include "common/security/certificates.h"
#include "node/places/key.h"

#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { WE = 61001, OUR_GROUP = 61002, OTHER_GROUP = 61003, PATH_SIZE = 512 };

/* An access list that lets the user WE read: owner r, WE r, group nothing, mask r, others nothing
 * (acl(5) as the kernel takes it, little-endian). */
static const char we_may_read[] = "\x02\0\0\0"
                                  "\x01\0\x04\0\xff\xff\xff\xff"
                                  "\x02\0\x04\0\x49\xee\0\0"
                                  "\x04\0\0\0\xff\xff\xff\xff"
                                  "\x10\0\x04\0\xff\xff\xff\xff"
                                  "\x20\0\0\0\xff\xff\xff\xff";

/* How a secret is handed in (open value struct). */
typedef struct {
    const char *what;
    mode_t mode;
    gid_t group;
    bool in_memory; /* on a tmpfs mounted for it; else on disk */
    bool read_only; /* the mount, after the file was written */
    bool has_list;  /* we_may_read */
    bool linked;    /* by ..data, as Kubernetes does */
    bool taken;
} case_t;

static const case_t cases[] = {
    {.what = "root's own", .mode = 0400, .taken = false}, /* cannot even be read */
    {.what = "LoadCredential", .mode = 0400, .in_memory = true, .has_list = true, .taken = true},
    {.what = "an access list on disk", .mode = 0400, .has_list = true, .taken = true},
    {.what = "fsGroup 0440",
     .mode = 0440,
     .group = OUR_GROUP,
     .in_memory = true,
     .linked = true,
     .taken = true},
    {.what = "fsGroup 0640",
     .mode = 0640,
     .group = OUR_GROUP,
     .in_memory = true,
     .linked = true,
     .taken = true},
    {.what = "another group on disk", .mode = 0444, .group = OTHER_GROUP, .taken = false},
    {.what = "Docker", .mode = 0444, .in_memory = true, .taken = true},
    {.what = "Kubernetes",
     .mode = 0644,
     .in_memory = true,
     .read_only = true,
     .linked = true,
     .taken = true},
    {.what = "0644 that can be written", .mode = 0644, .in_memory = true, .taken = false},
    {.what = "0644 on disk", .mode = 0644, .taken = false},
    {.what = "0444 on disk", .mode = 0444, .taken = false},
    {.what = "0666", .mode = 0666, .in_memory = true, .taken = false},
    {.what = "0664",
     .mode = 0664,
     .group = OUR_GROUP,
     .in_memory = true,
     .read_only = true,
     .taken = false},
};

/* Gives a file to the reader as the case says. */
static bool hand_in(const case_t *how, const char *path)
{
    bool given = chown(path, 0, how->group) == 0 && chmod(path, how->mode) == 0;
    return given && (!how->has_list || setxattr(path, "system.posix_acl_access", we_may_read,
                                                sizeof we_may_read - 1, 0) == 0);
}

/* Writes the key to FOLDER/..v1/NAME, and links FOLDER/NAME to it by ..data. */
static bool write_linked(const char *folder, const char *name, text_t text, char *ret_real)
{
    char path[PATH_SIZE];
    char target[PATH_SIZE];
    snprintf(path, sizeof path, "%s/..v1", folder);
    (void)mkdir(path, 0755);
    snprintf(ret_real, PATH_SIZE, "%s/..v1/%s", folder, name);
    workspace_write(ret_real, text);
    snprintf(path, sizeof path, "%s/..data", folder);
    (void)symlink("..v1", path);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(target, sizeof target, "..data/%s", name);
    return symlink(target, path) == 0;
}

static bool become_somebody(void)
{
    const gid_t groups[] = {OUR_GROUP};
    return setgroups(1, groups) == 0 && setresgid(WE, WE, WE) == 0 && setresuid(WE, WE, WE) == 0;
}

static bool write_secret(const case_t *how, const char *folder, const char *name, text_t text)
{
    char real[PATH_SIZE];
    if (how->linked) {
        return write_linked(folder, name, text, real) && hand_in(how, real);
    }
    snprintf(real, sizeof real, "%s/%s", folder, name);
    workspace_write(real, text);
    return hand_in(how, real);
}

/* In the child: 0 if both are as expected, 1 and 2 if the key or the certificate is not, 3 if the
 * case cannot be set up. */
static int run_child(const case_t *how, const char *folder, text_t certificate)
{
    char path[PATH_SIZE];
    places_key_t key;
    certificates_pair_t pair;
    certificates_problem_t problem = {.text = ""};
    if (how->in_memory &&
        (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
         mount("none", folder, "tmpfs", 0, "mode=755") != 0)) {
        return 3;
    }
    if (!write_secret(how, folder, "key", TEXT("AIza\n")) ||
        !write_secret(how, folder, "A.cert_secret", certificate) ||
        (how->read_only && mount(NULL, folder, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL)) ||
        !become_somebody()) {
        return 3;
    }
    snprintf(path, sizeof path, "%s/key", folder);
    if ((places_key_from_file(path, &key) == STATUS_OK) != how->taken) {
        return 1;
    }
    snprintf(path, sizeof path, "%s/A.cert_secret", folder);
    return (certificates_read_secret(path, &pair, &problem) == STATUS_OK) != how->taken ? 2 : 0;
}

/* A secret certificate; caller frees. */
static char *make_certificate(size_t *ret_size)
{
    certificates_problem_t problem;
    char *folder = workspace_new();
    char *keys = workspace_path(folder, "keys");
    assert_int_equal(certificates_make_pair(keys, ROLES_MEMBER, "A", &problem), STATUS_OK);
    char *path = certificates_secret_path(keys, ROLES_MEMBER, "A");
    char *text = workspace_read(path, ret_size);
    assert_non_null(text);
    free(path);
    free(keys);
    free(folder);
    return text;
}

/* The workspace, and what is above it, lets others through. */
static char *open_folder(void)
{
    char *folder = workspace_new();
    char *parent = workspace_path(folder, "..");
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(parent, 0755), 0);
    free(parent);
    return folder;
}

static void secrets_are_taken_as_they_are_handed_in(void **state)
{
    (void)state;
    size_t size;
    char *certificate = make_certificate(&size);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char *folder = open_folder();
        int status = 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            _exit(run_child(&cases[i], folder, (text_t){.data = certificate, .size = size}));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fail_msg("%s: status %d", cases[i].what, status);
        }
        free(folder);
    }
    free(certificate);
}

/* Whether this process may mount and become another user. */
static bool is_possible(void)
{
    int status = 1;
    pid_t child = fork();
    if (child == 0) {
        _exit(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                      become_somebody()
                  ? 0
                  : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_taken_as_they_are_handed_in),
    };
    if (!is_possible()) {
        fprintf(stderr, "skipped: mounting and other users need root\n");
        return HERD_EXIT_SKIPPED;
    }
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
