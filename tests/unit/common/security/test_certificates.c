/* Certificates on disk (common/security/certificates.h); how files are looked at is tested in
 * test_security.c. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/workspace.h"

#include "common/security/certificates.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int set_up(void **state)
{
    char *folder = workspace_new();
    *state = workspace_path(folder, "keys");
    free(folder);
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void make(const char *keys, roles_role_t role, const char *name)
{
    certificates_problem_t problem;
    if (certificates_make_pair(keys, role, name, &problem) != STATUS_OK) {
        fail_msg("%s", problem.text);
    }
}

static unsigned mode_of(const char *path)
{
    struct stat state;
    assert_int_equal(stat(path, &state), 0);
    return (unsigned)state.st_mode & 0777U;
}

static void pairs_are_made_and_never_overwritten(void **state)
{
    const char *keys = *state;
    certificates_pair_t public_pair;
    certificates_pair_t secret_pair;
    certificates_pair_t again;
    certificates_problem_t problem;
    make(keys, ROLES_MEMBER, "A");
    char *folder = certificates_role_folder(keys, ROLES_MEMBER);
    char *public_path = certificates_public_path(keys, ROLES_MEMBER, "A");
    char *secret_path = certificates_secret_path(keys, ROLES_MEMBER, "A");
    assert_int_equal(mode_of(keys), 0700);
    assert_int_equal(mode_of(folder), 0700);
    assert_int_equal(mode_of(public_path), 0644);
    assert_int_equal(mode_of(secret_path), 0600);
    assert_int_equal(certificates_read_public(public_path, &public_pair, &problem), STATUS_OK);
    assert_int_equal(certificates_read_secret(secret_path, &secret_pair, &problem), STATUS_OK);
    assert_string_equal(public_pair.public_key, secret_pair.public_key);
    assert_string_equal(public_pair.secret_key, "");
    assert_int_equal(strlen(secret_pair.secret_key), CERTIFICATES_KEY_SIZE);

    assert_int_equal(certificates_make_pair(keys, ROLES_MEMBER, "A", &problem), STATUS_IN_USE);
    assert_non_null(strstr(problem.text, "never overwritten"));
    assert_int_equal(unlink(secret_path), 0);
    assert_int_equal(certificates_make_pair(keys, ROLES_MEMBER, "A", &problem), STATUS_IN_USE);
    assert_int_equal(access(secret_path, F_OK), -1); /* neither */
    assert_int_equal(certificates_read_public(public_path, &again, &problem), STATUS_OK);
    assert_string_equal(again.public_key, public_pair.public_key);
    free(secret_path);
    free(public_path);
    free(folder);
}

/* What was listed, each name with a space behind it. */
typedef struct {
    char text[64];
    size_t most; /* names, then the listing is ended */
} listed_t;

static bool note_name(void *argument, text_t name)
{
    listed_t *self = argument;
    size_t size = strlen(self->text);
    snprintf(self->text + size, sizeof self->text - size, "%.*s ", (int)name.size, name.data);
    return --self->most > 0;
}

static const char *list(const char *keys, bool secret, size_t most, listed_t *listed)
{
    *listed = (listed_t){.most = most};
    assert_int_equal(certificates_list(keys, ROLES_OPERATOR, secret, note_name, listed), STATUS_OK);
    return listed->text;
}

static void a_folder_is_listed(void **state)
{
    const char *keys = *state;
    listed_t listed;
    size_t count = 7;
    assert_string_equal(list(keys, false, 9, &listed), ""); /* there is no folder */
    assert_null(certificates_only_secret(keys, ROLES_OPERATOR, &count));
    assert_int_equal(count, 0);

    make(keys, ROLES_OPERATOR, "anna");
    char *public_path = certificates_public_path(keys, ROLES_OPERATOR, ".hidden");
    workspace_write(public_path, TEXT("")); /* not a name */
    free(public_path);
    char *secret_path = certificates_secret_path(keys, ROLES_OPERATOR, "bert.cert");
    workspace_write(secret_path, TEXT(""));
    assert_string_equal(list(keys, false, 9, &listed), "anna ");
    assert_null(certificates_only_secret(keys, ROLES_OPERATOR, &count));
    assert_int_equal(count, 2);
    assert_int_equal(strlen(list(keys, true, 9, &listed)), strlen("anna bert.cert "));
    assert_null(strchr(strchr(list(keys, true, 1, &listed), ' ') + 1, ' ')); /* only one */

    assert_int_equal(unlink(secret_path), 0);
    char *only = certificates_only_secret(keys, ROLES_OPERATOR, &count);
    assert_string_equal(only, "anna");
    assert_int_equal(count, 1);
    free(only);
    free(secret_path);
}

static void what_is_no_folder_cannot_be_listed(void **state)
{
    const char *keys = *state;
    listed_t listed = {.most = 9};
    workspace_write(keys, TEXT("a file"));
    assert_int_equal(certificates_list(keys, ROLES_OPERATOR, false, note_name, &listed),
                     STATUS_SYSTEM);
    assert_int_equal(errno, ENOTDIR);
    assert_string_equal(listed.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CERTIFICATES_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CERTIFICATES_TEST(pairs_are_made_and_never_overwritten),
        CERTIFICATES_TEST(a_folder_is_listed),
        CERTIFICATES_TEST(what_is_no_folder_cannot_be_listed),
    };
    return workspace_finish(cmocka_run_group_tests_name("certificates", tests, NULL, NULL));
}
