/* Which files are guarded well enough to hold a secret (common/base/secret.h): facts about files.
 * tests/component/test_secrets.c has real ones. */
#include "tests/support/cmocka_herd.h"

#include "common/base/secret.h"

#include <stdio.h>
#include <sys/stat.h>

enum { ROOT = 0, WE = 1000, SOMEBODY = 1001, OUR_GROUP = 2000, OTHER_GROUP = 2001 };

static const secret_reader_t we = {.user = WE, .groups = {WE, OUR_GROUP}, .group_count = 2};
static const secret_reader_t root = {.user = ROOT, .groups = {ROOT}, .group_count = 1};

/* Where the file lies. */
typedef enum { ON_DISK, MOUNTED, MOUNTED_READ_ONLY } place_t;

static void expect(const secret_reader_t *reader, const secret_file_t *file, bool guarded)
{
    char problem[SECRET_PROBLEM_SIZE] = "";
    if (secret_is_guarded(file, reader, problem) != guarded) {
        fail_msg("owner %u, group %u, mode %04o: %s", (unsigned)file->owner, (unsigned)file->group,
                 (unsigned)file->mode, problem);
    }
    assert_true(guarded == (problem[0] == '\0'));
}

static void modes_decide(void **state)
{
    (void)state;
    static const struct {
        uid_t owner;
        gid_t group;
        mode_t mode;
        place_t place;
        bool guarded;
    } cases[] = {
        {WE, WE, 0600, ON_DISK, true},
        {WE, WE, 0400, ON_DISK, true},
        {ROOT, ROOT, 0400, ON_DISK, true},
        {SOMEBODY, WE, 0600, ON_DISK, false},
        {SOMEBODY, WE, 0444, MOUNTED_READ_ONLY, false},
        {WE, WE, 0640, ON_DISK, false}, /* what a umask leaves */
        {WE, OUR_GROUP, 0440, ON_DISK, true},
        {WE, OTHER_GROUP, 0440, ON_DISK, false},
        {WE, ROOT, 0440, ON_DISK, false},
        {ROOT, OUR_GROUP, 0640, ON_DISK, true}, /* fsGroup */
        {ROOT, OUR_GROUP, 0440, ON_DISK, true},
        {ROOT, OTHER_GROUP, 0440, ON_DISK, false},
        {ROOT, OUR_GROUP, 0660, ON_DISK, false},
        {ROOT, OUR_GROUP, 0660, MOUNTED_READ_ONLY, false},
        {ROOT, OUR_GROUP, 0450, ON_DISK, false},
        {ROOT, OUR_GROUP, 0644, ON_DISK, false},
        {ROOT, ROOT, 0444, ON_DISK, false},
        {ROOT, ROOT, 0444, MOUNTED, true}, /* Docker */
        {ROOT, ROOT, 0644, MOUNTED, false},
        {ROOT, ROOT, 0644, MOUNTED_READ_ONLY, true}, /* Kubernetes */
        {ROOT, OTHER_GROUP, 0440, MOUNTED, true},
        {ROOT, ROOT, 0446, MOUNTED, false},
        {ROOT, ROOT, 0666, MOUNTED_READ_ONLY, false},
        {WE, WE, 0444, MOUNTED, false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        expect(&we,
               &(secret_file_t){.owner = cases[i].owner,
                                .group = cases[i].group,
                                .mode = S_IFREG | cases[i].mode,
                                .is_mounted = cases[i].place != ON_DISK,
                                .is_read_only = cases[i].place == MOUNTED_READ_ONLY},
               cases[i].guarded);
    }
    /* In a folder that is closed to others, who may read it does not matter, who may write does. */
    expect(&we, &(secret_file_t){.owner = WE, .mode = 0444, .is_enclosed = true}, true);
    expect(&we, &(secret_file_t){.owner = ROOT, .mode = 0440, .is_enclosed = true}, true);
    expect(&we, &(secret_file_t){.owner = WE, .mode = 0644, .is_enclosed = true}, false);
    expect(&we, &(secret_file_t){.owner = SOMEBODY, .mode = 0444, .is_enclosed = true}, false);
    expect(&root, &(secret_file_t){.owner = ROOT, .group = ROOT, .mode = 0440}, true);
    expect(&root, &(secret_file_t){.owner = ROOT, .group = ROOT, .mode = 0640}, false);
    expect(&root, &(secret_file_t){.owner = WE, .group = ROOT, .mode = 0600}, false);
}

/* An access list with one entry beside those of owner, group, mask (from the mode) and others. */
static void expect_list(mode_t mode, const char *group_rights, const char *entry, bool guarded)
{
    char list[4 + 5 * 8];
    char *end = list;
    end = text_copy((text_t){.data = "\x02\0\0\0\x01\0\x06\0\xff\xff\xff\xff\x04\0", .size = 14},
                    end);
    end = text_copy((text_t){.data = group_rights, .size = 2}, end);
    end = text_copy((text_t){.data = "\xff\xff\xff\xff", .size = 4}, end);
    end = text_copy((text_t){.data = entry, .size = 8}, end);
    expect(&we,
           &(secret_file_t){.owner = ROOT,
                            .group = ROOT,
                            .mode = mode,
                            .access_list = {.data = list, .size = (size_t)(end - list)}},
           guarded);
}

static void access_lists_decide(void **state)
{
    (void)state;
    static const char us[] = "\x02\0\x04\0\xe8\x03\0\0";
    expect_list(0440, "\0\0", us, true); /* LoadCredential */
    expect_list(0440, "\x04\0", us, true);
    expect_list(0640, "\0\0", us, true);
    expect_list(0660, "\0\0", "\x02\0\x06\0\xe8\x03\0\0", false); /* we may write */
    expect_list(0640, "\0\0", "\x02\0\x06\0\xe8\x03\0\0", true);  /* the mask forbids it */
    expect_list(0440, "\0\0", "\x02\0\x04\0\xe9\x03\0\0", false); /* somebody */
    expect_list(0400, "\0\0", "\x02\0\x04\0\xe9\x03\0\0", true);  /* masked */
    expect_list(0440, "\0\0", "\x08\0\x04\0\xd0\x07\0\0", true);  /* our group */
    expect_list(0440, "\0\0", "\x08\0\x04\0\xd1\x07\0\0", false); /* another */
    const secret_file_t unknown = {.owner = ROOT, .mode = 0400, .access_list = TEXT("\x03\0\0\0 ")};
    expect(&we, &unknown, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes_decide),
        cmocka_unit_test(access_lists_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
