/* Certificates on disk, and who holds which key (common/security/security.h, common/security/certificates.h). */
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
    char text[SECURITY_PROBLEM_SIZE];
} fixture_t;

static void note_problem(void *argument, const char *problem)
{
    fixture_t *self = argument;
    self->count++;
    snprintf(self->text, sizeof self->text, "%s", problem);
}

static void make(const fixture_t *self, security_role_t role, const char *name)
{
    security_problem_t problem;
    if (security_make_pair(self->keys, role, name, &problem) != STATUS_OK) {
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
    make(self, SECURITY_MEMBER, "A");
    make(self, SECURITY_MEMBER, "B");
    make(self, SECURITY_FRONT_END, "A");
    make(self, SECURITY_OPERATOR, "anna");
    make(self, SECURITY_WATCHER, "wall");
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

static status_t open_as(fixture_t *self, security_role_t role, const char *name,
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

static security_t *open_good(fixture_t *self, security_role_t role, const char *name)
{
    security_t *security = NULL;
    if (open_as(self, role, name, &security) != STATUS_OK || self->count > 0) {
        fail_msg("%s", self->text);
    }
    return security;
}

static void expect_problem(fixture_t *self, security_role_t role, const char *name, status_t status,
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

static unsigned mode_of(const char *path)
{
    struct stat state;
    assert_int_equal(stat(path, &state), 0);
    return (unsigned)state.st_mode & 0777U;
}

static void pairs_are_made_and_never_overwritten(void **state)
{
    fixture_t *self = *state;
    security_pair_t public_pair;
    security_pair_t secret_pair;
    security_pair_t again;
    security_problem_t problem;
    char *folder = security_role_folder(self->keys, SECURITY_MEMBER);
    char *public_path = security_public_path(self->keys, SECURITY_MEMBER, "A");
    char *secret_path = security_secret_path(self->keys, SECURITY_MEMBER, "A");
    assert_int_equal(mode_of(self->keys), 0700);
    assert_int_equal(mode_of(folder), 0700);
    assert_int_equal(mode_of(public_path), 0644);
    assert_int_equal(mode_of(secret_path), 0600);
    assert_int_equal(security_read_public(public_path, &public_pair, &problem), STATUS_OK);
    assert_int_equal(security_read_secret(secret_path, &secret_pair, &problem), STATUS_OK);
    assert_string_equal(public_pair.public_key, secret_pair.public_key);
    assert_string_equal(public_pair.secret_key, "");
    assert_int_equal(strlen(secret_pair.secret_key), SECURITY_KEY_SIZE);

    assert_int_equal(security_make_pair(self->keys, SECURITY_MEMBER, "A", &problem), STATUS_IN_USE);
    assert_non_null(strstr(problem.text, "never overwritten"));
    assert_int_equal(unlink(secret_path), 0);
    assert_int_equal(security_make_pair(self->keys, SECURITY_MEMBER, "A", &problem), STATUS_IN_USE);
    assert_int_equal(access(secret_path, F_OK), -1); /* neither */
    assert_int_equal(security_read_public(public_path, &again, &problem), STATUS_OK);
    assert_string_equal(again.public_key, public_pair.public_key);
    free(secret_path);
    free(public_path);
    free(folder);
}

static void keys_have_holders(void **state)
{
    fixture_t *self = *state;
    security_t *security = open_good(self, SECURITY_MEMBER, "A");
    const char *key = security_key(security, SECURITY_MEMBER, "B");
    assert_non_null(key);
    const security_holder_t *holder = security_find(security, text_of(key));
    assert_non_null(holder);
    assert_int_equal(holder->role, SECURITY_MEMBER);
    assert_string_equal(holder->name, "B");
    assert_string_equal(security_name(security), "A");
    assert_string_equal(security_own_key(security), security_key(security, SECURITY_MEMBER, "A"));
    assert_string_not_equal(key, security_key(security, SECURITY_MEMBER, "A"));
    assert_null(security_key(security, SECURITY_FRONT_END, "B"));
    assert_null(security_key(security, SECURITY_OPERATOR, "Anna"));
    assert_null(security_find(security, text_first(text_of(key), SECURITY_KEY_SIZE - 1)));
    assert_null(security_find(security, TEXT("")));
    assert_null(security_find(security, TEXT("0000000000000000000000000000000000000000")));
    security_close(&security);
    assert_null(security);
}

static void roles_have_their_sockets_and_messages(void **state)
{
    (void)state;
    static const bool expected[SECURITY_DOMAINS][SECURITY_ROLES] = {
        {true, false, false, false},
        {false, true, true, false},
        {false, false, true, true},
    };
    for (unsigned domain = 0; domain < SECURITY_DOMAINS; domain++) {
        for (unsigned role = 0; role < SECURITY_ROLES; role++) {
            assert_int_equal(security_admits((security_domain_t)domain, (security_role_t)role),
                             expected[domain][role]);
        }
    }
    static const message_type_t of_frontends[] = {MESSAGE_HELLO, MESSAGE_REQUEST, MESSAGE_PING,
                                                  MESSAGE_GOODBYE};
    for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
        bool of_frontend = false;
        for (size_t i = 0; i < ARRAY_COUNT(of_frontends); i++) {
            of_frontend = of_frontend || of_frontends[i] == (message_type_t)type;
        }
        assert_int_equal(security_may_request(SECURITY_FRONT_END, (message_type_t)type),
                         of_frontend);
        assert_int_equal(security_may_request(SECURITY_OPERATOR, (message_type_t)type),
                         !of_frontend);
        assert_false(security_may_request(SECURITY_MEMBER, (message_type_t)type));
        assert_false(security_may_request(SECURITY_WATCHER, (message_type_t)type));
    }
    security_role_t role;
    assert_true(security_role_from_text(TEXT("front-end"), &role));
    assert_int_equal(role, SECURITY_FRONT_END);
    assert_false(security_role_from_text(TEXT("frontend"), &role));
    assert_false(security_role_from_text(TEXT(""), &role));
}

static void a_missing_key_names_its_file_and_the_cure(void **state)
{
    fixture_t *self = *state;
    expect_problem(self, SECURITY_MEMBER, "C", STATUS_NOT_FOUND,
                   "/member/C.cert_secret is missing");
    assert_non_null(strstr(self->text, "`herdctl keygen C`"));
    expect_problem(self, SECURITY_OPERATOR, "bert", STATUS_NOT_FOUND,
                   "`herdctl keygen --role operator bert`");
    security_t *security = open_good(self, SECURITY_OPERATOR, NULL); /* the only one */
    assert_string_equal(security_name(security), "anna");
    security_close(&security);
    make(self, SECURITY_OPERATOR, "bert");
    expect_problem(self, SECURITY_OPERATOR, NULL, STATUS_NOT_FOUND, "2 secret keys in ");
    self->keys[0] = '.'; /* ./..., which is not there */
    expect_problem(self, SECURITY_OPERATOR, NULL, STATUS_NOT_FOUND, "no secret key in ");
    self->keys[0] = '/';
    assert_int_equal(security_open(&(security_settings_t){.folder = NULL}, &security), STATUS_OK);
    assert_null(security); /* a herd without keys */
}

static void replace(const fixture_t *self, bool secret, const char *name, const char *content)
{
    char *path = secret ? security_secret_path(self->keys, SECURITY_MEMBER, name)
                        : security_public_path(self->keys, SECURITY_MEMBER, name);
    workspace_write(path, text_of(content));
    free(path);
}

#define PUBLIC  "    public-key = \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"\n"
#define ANOTHER "    public-key = \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n"
#define SECRET  "    secret-key = \"D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs\"\n"

static void secret_files_are_looked_at_closely(void **state)
{
    fixture_t *self = *state;
    char *path = security_secret_path(self->keys, SECURITY_MEMBER, "A");
    static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0610, 0601};
    for (size_t i = 0; i < ARRAY_COUNT(open_modes); i++) {
        assert_int_equal(chmod(path, open_modes[i]), 0);
        expect_problem(self, SECURITY_MEMBER, "A", STATUS_INVALID, "is open to others");
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
        expect_problem(self, SECURITY_MEMBER, "A", STATUS_INVALID, "is no secret certificate");
    }
    replace(self, true, "A", "curve\n" ANOTHER SECRET);
    expect_problem(self, SECURITY_MEMBER, "A", STATUS_INVALID, "does not belong");
    replace(self, true, "A", "curve\n" PUBLIC SECRET);
    security_t *security = open_good(self, SECURITY_MEMBER, "A");
    security_close(&security);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 4711, 4711), 0);
        expect_problem(self, SECURITY_MEMBER, "A", STATUS_INVALID, "belongs to another user");
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    expect_problem(self, SECURITY_MEMBER, "A", STATUS_INVALID, "is not a plain file");
    free(path);
}

static void bad_public_files_are_told_and_left_out(void **state)
{
    fixture_t *self = *state;
    security_t *security;
    replace(self, false, "B", "no certificate");
    assert_int_equal(open_as(self, SECURITY_MEMBER, "A", &security), STATUS_OK);
    assert_int_equal(self->count, 1);
    assert_non_null(strstr(self->text, "/member/B.cert is no public certificate"));
    assert_null(security_key(security, SECURITY_MEMBER, "B"));
    assert_non_null(security_key(security, SECURITY_MEMBER, "A"));
    security_close(&security);

    char large[LIMIT_CERTIFICATE_SIZE + 2];
    memset(large, '\n', sizeof large);
    memcpy(large, "curve\n" PUBLIC, sizeof "curve\n" PUBLIC - 1);
    large[LIMIT_CERTIFICATE_SIZE + 1] = '\0';
    replace(self, false, "B", large);
    assert_int_equal(open_as(self, SECURITY_MEMBER, "A", &security), STATUS_OK);
    assert_int_equal(self->count, 1);
    security_close(&security);
    large[LIMIT_CERTIFICATE_SIZE] = '\0';
    replace(self, false, "B", large);
    security = open_good(self, SECURITY_MEMBER, "A");
    security_close(&security);

    char *path = security_public_path(self->keys, SECURITY_MEMBER, "B");
    assert_int_equal(chmod(path, 0666), 0); /* anybody could become B */
    assert_int_equal(open_as(self, SECURITY_MEMBER, "A", &security), STATUS_OK);
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
    assert_int_equal(open_as(self, SECURITY_MEMBER, "A", &security), STATUS_OK);
    assert_int_equal(self->count, 1);
    assert_non_null(strstr(self->text, "have the same key"));
    assert_null(security_key(security, SECURITY_MEMBER, "B"));
    assert_null(security_key(security, SECURITY_MEMBER, "C"));
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
    security_t *security = open_good(self, SECURITY_MEMBER, "A");
    char *path = security_public_path(self->keys, SECURITY_MEMBER, "B");
    char *own = security_secret_path(self->keys, SECURITY_MEMBER, "A");
    security_changes_t changes = reload(self, security);
    assert_int_equal(changes.added + changes.removed, 0);
    make(self, SECURITY_MEMBER, "C");
    changes = reload(self, security);
    assert_int_equal(changes.added, 1);
    assert_int_equal(changes.removed, 0);
    assert_non_null(security_key(security, SECURITY_MEMBER, "C"));
    replace(self, false, "B", "curve\n" PUBLIC); /* another key: the old one is revoked */
    changes = reload(self, security);
    assert_int_equal(changes.added, 1);
    assert_int_equal(changes.removed, 1);
    assert_true(changes.revoked[SECURITY_MEMBER]);
    assert_false(changes.revoked[SECURITY_FRONT_END]);
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
        SECURITY_TEST(pairs_are_made_and_never_overwritten),
        SECURITY_TEST(keys_have_holders),
        SECURITY_TEST(roles_have_their_sockets_and_messages),
        SECURITY_TEST(a_missing_key_names_its_file_and_the_cure),
        SECURITY_TEST(secret_files_are_looked_at_closely),
        SECURITY_TEST(bad_public_files_are_told_and_left_out),
        SECURITY_TEST(a_key_of_two_is_nobodys),
        SECURITY_TEST(a_reload_tells_who_came_and_went),
    };
    return workspace_finish(cmocka_run_group_tests_name("security", tests, NULL, NULL));
}
