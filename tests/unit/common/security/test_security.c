/* Who holds which key, by the certificates on disk (common/security/security.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/workspace.h"

#include "common/security/certificates.h"
#include "common/security/security.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder with keys, and what was last said about it. */
typedef struct {
    char *keys;
    size_t count; /* of problems */
    char text[CERTIFICATES_PROBLEM_SIZE];
} fixture_t;

static void note_problem(void *argument, const char *problem)
{
    fixture_t *self = argument;
    self->count++;
    snprintf(self->text, sizeof self->text, "%s", problem);
}

static void make(const fixture_t *self, roles_role_t role, const char *name)
{
    certificates_problem_t problem;
    if (certificates_make_pair(self->keys, role, name, &problem) != STATUS_OK) {
        fail_msg("%s", problem.text);
    }
}

/* A folder with the keys of A and B, members and front-ends, of an operator and a watcher. */
static int set_up(void **state)
{
    fixture_t *self = calloc(1, sizeof *self);
    char *folder = workspace_new();
    self->keys = workspace_path(folder, "keys");
    free(folder);
    make(self, ROLES_MEMBER, "A");
    make(self, ROLES_MEMBER, "B");
    make(self, ROLES_FRONT_END, "A");
    make(self, ROLES_OPERATOR, "anna");
    make(self, ROLES_WATCHER, "wall");
    *state = self;
    return 0;
}

static int tear_down(void **state)
{
    fixture_t *self = *state;
    free(self->keys);
    free(self);
    return 0;
}

static status_t open_as(fixture_t *self, roles_role_t role, const char *name,
                        security_t **ret_security)
{
    self->count = 0;
    return security_open(&(security_settings_t){.folder = self->keys,
                                                .role = role,
                                                .name = name,
                                                .problem = note_problem,
                                                .argument = self},
                         ret_security);
}

static security_t *open_good(fixture_t *self, roles_role_t role, const char *name)
{
    security_t *security = NULL;
    if (open_as(self, role, name, &security) != STATUS_OK || self->count > 0) {
        fail_msg("%s", self->text);
    }
    return security;
}

static void expect_problem(fixture_t *self, roles_role_t role, const char *name, status_t status,
                           const char *part)
{
    security_t *security = NULL;
    assert_int_equal(open_as(self, role, name, &security), status);
    assert_null(security);
    assert_int_equal(self->count, 1);
    if (strstr(self->text, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, self->text);
    }
}

static void keys_have_holders(void **state)
{
    fixture_t *self = *state;
    security_t *security = open_good(self, ROLES_MEMBER, "A");
    const char *key = security_key(security, ROLES_MEMBER, "B");
    assert_non_null(key);
    const security_holder_t *holder = security_find(security, text_of(key));
    assert_non_null(holder);
    assert_int_equal(holder->role, ROLES_MEMBER);
    assert_string_equal(holder->name, "B");
    assert_string_equal(security_name(security), "A");
    assert_string_equal(security_own_key(security), security_key(security, ROLES_MEMBER, "A"));
    assert_string_not_equal(key, security_key(security, ROLES_MEMBER, "A"));
    assert_null(security_key(security, ROLES_FRONT_END, "B"));
    assert_null(security_key(security, ROLES_OPERATOR, "Anna"));
    assert_null(security_find(security, text_first(text_of(key), CERTIFICATES_KEY_SIZE - 1)));
    assert_null(security_find(security, TEXT("")));
    assert_null(security_find(security, TEXT("0000000000000000000000000000000000000000")));
    security_close(&security);
    assert_null(security);
}

static void a_missing_key_names_its_file_and_the_cure(void **state)
{
    fixture_t *self = *state;
    expect_problem(self, ROLES_MEMBER, "C", STATUS_NOT_FOUND, "/member/C.cert_secret is missing");
    assert_non_null(strstr(self->text, "`herdctl keygen C`"));
    expect_problem(self, ROLES_OPERATOR, "bert", STATUS_NOT_FOUND,
                   "`herdctl keygen --role operator bert`");
    security_t *security = open_good(self, ROLES_OPERATOR, NULL); /* the only one */
    assert_string_equal(security_name(security), "anna");
    security_close(&security);
    make(self, ROLES_OPERATOR, "bert");
    expect_problem(self, ROLES_OPERATOR, NULL, STATUS_NOT_FOUND, "2 secret keys in ");
    self->keys[0] = '.'; /* ./..., which is not there */
    expect_problem(self, ROLES_OPERATOR, NULL, STATUS_NOT_FOUND, "no secret key in ");
    self->keys[0] = '/';
    assert_int_equal(security_open(&(security_settings_t){.folder = NULL}, &security), STATUS_OK);
    assert_null(security); /* a herd without keys */
}

static void replace(const fixture_t *self, bool secret, const char *name, const char *content)
{
    char *path = secret ? certificates_secret_path(self->keys, ROLES_MEMBER, name)
                        : certificates_public_path(self->keys, ROLES_MEMBER, name);
    workspace_write(path, text_of(content));
    free(path);
}

#define PUBLIC  "    public-key = \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"\n"
#define ANOTHER "    public-key = \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n"
#define SECRET  "    secret-key = \"D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs\"\n"

static void secret_files_are_looked_at_closely(void **state)
{
    fixture_t *self = *state;
    char *path = certificates_secret_path(self->keys, ROLES_MEMBER, "A");
    static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0610, 0601};
    for (size_t i = 0; i < ARRAY_COUNT(open_modes); i++) {
        assert_int_equal(chmod(path, open_modes[i]), 0);
        expect_problem(self, ROLES_MEMBER, "A", STATUS_INVALID, "is open to others");
    }
    assert_int_equal(chmod(path, 0600), 0);
    static const char *const bad[] = {
        "",
        "curve\n",
        "curve\n" PUBLIC,
        "curve\n" SECRET,
        "curve\n    public-key = \"short\"\n" SECRET,
        "curve\n    public-key = \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hI~\"\n" SECRET,
        "curve\n    public-key = \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hIDD\"\n" SECRET,
        "other\n" PUBLIC SECRET,
        "\t\t\"\n= = =\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        replace(self, true, "A", bad[i]);
        expect_problem(self, ROLES_MEMBER, "A", STATUS_INVALID, "is no secret certificate");
    }
    replace(self, true, "A", "curve\n" ANOTHER SECRET);
    expect_problem(self, ROLES_MEMBER, "A", STATUS_INVALID, "does not belong");
    replace(self, true, "A", "curve\n" PUBLIC SECRET);
    security_t *security = open_good(self, ROLES_MEMBER, "A");
    security_close(&security);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 4711, 4711), 0);
        expect_problem(self, ROLES_MEMBER, "A", STATUS_INVALID, "belongs to another user");
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    expect_problem(self, ROLES_MEMBER, "A", STATUS_INVALID, "is not a plain file");
    free(path);
}

static void bad_public_files_are_told_and_left_out(void **state)
{
    fixture_t *self = *state;
    security_t *security;
    replace(self, false, "B", "no certificate");
    assert_int_equal(open_as(self, ROLES_MEMBER, "A", &security), STATUS_OK);
    assert_int_equal(self->count, 1);
    assert_non_null(strstr(self->text, "/member/B.cert is no public certificate"));
    assert_null(security_key(security, ROLES_MEMBER, "B"));
    assert_non_null(security_key(security, ROLES_MEMBER, "A"));
    security_close(&security);

    char large[LIMIT_CERTIFICATE_SIZE + 2];
    memset(large, '\n', sizeof large);
    memcpy(large, "curve\n" PUBLIC, sizeof "curve\n" PUBLIC - 1);
    large[LIMIT_CERTIFICATE_SIZE + 1] = '\0';
    replace(self, false, "B", large);
    assert_int_equal(open_as(self, ROLES_MEMBER, "A", &security), STATUS_OK);
    assert_int_equal(self->count, 1);
    security_close(&security);
    large[LIMIT_CERTIFICATE_SIZE] = '\0';
    replace(self, false, "B", large);
    security = open_good(self, ROLES_MEMBER, "A");
    security_close(&security);

    char *path = certificates_public_path(self->keys, ROLES_MEMBER, "B");
    assert_int_equal(chmod(path, 0666), 0); /* anybody could become B */
    assert_int_equal(open_as(self, ROLES_MEMBER, "A", &security), STATUS_OK);
    assert_non_null(strstr(self->text, "is open to others"));
    security_close(&security);
    free(path);
}

static void a_key_of_two_is_nobodys(void **state)
{
    fixture_t *self = *state;
    security_t *security;
    replace(self, false, "B", "curve\n" PUBLIC);
    replace(self, false, "C", "curve\n" PUBLIC);
    assert_int_equal(open_as(self, ROLES_MEMBER, "A", &security), STATUS_OK);
    assert_int_equal(self->count, 1);
    assert_non_null(strstr(self->text, "have the same key"));
    assert_null(security_key(security, ROLES_MEMBER, "B"));
    assert_null(security_key(security, ROLES_MEMBER, "C"));
    security_close(&security);
}

static security_changes_t reload(fixture_t *self, security_t *security)
{
    security_changes_t changes;
    assert_int_equal(security_reload(security, note_problem, self, &changes), STATUS_OK);
    return changes;
}

static void a_reload_tells_who_came_and_went(void **state)
{
    fixture_t *self = *state;
    security_t *security = open_good(self, ROLES_MEMBER, "A");
    char *path = certificates_public_path(self->keys, ROLES_MEMBER, "B");
    char *own = certificates_secret_path(self->keys, ROLES_MEMBER, "A");
    security_changes_t changes = reload(self, security);
    assert_int_equal(changes.added + changes.removed, 0);
    make(self, ROLES_MEMBER, "C");
    changes = reload(self, security);
    assert_int_equal(changes.added, 1);
    assert_int_equal(changes.removed, 0);
    assert_non_null(security_key(security, ROLES_MEMBER, "C"));
    replace(self, false, "B", "curve\n" PUBLIC); /* another key: the old one is revoked */
    changes = reload(self, security);
    assert_int_equal(changes.added, 1);
    assert_int_equal(changes.removed, 1);
    assert_true(changes.revoked[ROLES_MEMBER]);
    assert_false(changes.revoked[ROLES_FRONT_END]);
    assert_int_equal(unlink(path), 0);
    changes = reload(self, security);
    assert_int_equal(changes.removed, 1);
    assert_false(changes.own);
    replace(self, true, "A", "curve\n" PUBLIC SECRET);
    assert_true(reload(self, security).own);
    assert_int_equal(unlink(own), 0); /* it may be taken away while it is in use */
    assert_false(reload(self, security).own);
    security_close(&security);
    free(own);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SECURITY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        SECURITY_TEST(keys_have_holders),
        SECURITY_TEST(a_missing_key_names_its_file_and_the_cure),
        SECURITY_TEST(secret_files_are_looked_at_closely),
        SECURITY_TEST(bad_public_files_are_told_and_left_out),
        SECURITY_TEST(a_key_of_two_is_nobodys),
        SECURITY_TEST(a_reload_tells_who_came_and_went),
    };
    return workspace_finish(cmocka_run_group_tests_name("security", tests, NULL, NULL));
}
