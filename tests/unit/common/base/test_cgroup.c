/* Control groups in the kernel's text (common/base/cgroup.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/cgroup.h"

#include <stdio.h>

/* A machine with systemd of 2019; its container; one with the unified tree; its container. */
static const char hybrid_groups[] = "12:pids:/user.slice\n"
                                    "5:cpu,memory,cpuacct:/herd.slice/herd-node@A.service\n"
                                    "1:name=systemd:/user.slice\n"
                                    "0::/user.slice\n";
static const char hybrid_mounts[] =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "33 31 0:30 / /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:10 master:1 - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
static const char container_mounts[] =
    "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";

static void expect_path(const char *groups, cgroup_tree_t tree, const char *expected)
{
    text_t path = {0};
    bool found = cgroup_find_path(text_of(groups), tree, &path);
    assert_int_equal(found, expected != NULL);
    if (expected != NULL) {
        assert_int_equal(path.size, strlen(expected));
        assert_memory_equal(path.data, expected, path.size);
    }
}

static void the_path_is_that_of_the_tree(void **state)
{
    (void)state;
    expect_path(hybrid_groups, CGROUP_V1_MEMORY, "/herd.slice/herd-node@A.service");
    expect_path(hybrid_groups, CGROUP_V2, "/user.slice");
    expect_path("0::/\n", CGROUP_V2, "/");
    expect_path("0::/\n", CGROUP_V1_MEMORY, NULL);
    expect_path("0::/../../a\n", CGROUP_V2, "/../../a");
    expect_path("4:memory:/with:colon\n", CGROUP_V1_MEMORY, "/with:colon");
    expect_path("4:memory:/cut", CGROUP_V1_MEMORY, NULL);
    expect_path("4:memory2,xmemory:/a\n", CGROUP_V1_MEMORY, NULL);
    expect_path("10::/a\n", CGROUP_V2, NULL);
    expect_path("0::\n", CGROUP_V2, NULL);
    expect_path("0:\n::\n\n:\n", CGROUP_V2, NULL);
    expect_path("", CGROUP_V2, NULL);
}

static void expect_folders(const char *mounts, cgroup_tree_t tree, const char *path,
                           const char *const *folders)
{
    cgroup_place_t place;
    bool found = cgroup_find_place(text_of(mounts), tree, text_of(path), &place);
    assert_int_equal(found, folders[0] != NULL);
    for (size_t i = 0; found && folders[i] != NULL; i++) {
        assert_string_equal(place.folder, folders[i]);
        assert_int_equal(cgroup_ascend(&place), folders[i + 1] != NULL);
    }
}

#define FOLDERS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void the_way_leads_up_to_the_mount(void **state)
{
    (void)state;
    expect_folders(hybrid_mounts, CGROUP_V1_MEMORY, "/herd.slice/a",
                   FOLDERS("/sys/fs/cgroup/memory/herd.slice/a", "/sys/fs/cgroup/memory/herd.slice",
                           "/sys/fs/cgroup/memory"));
    expect_folders(hybrid_mounts, CGROUP_V1_MEMORY, "/", FOLDERS("/sys/fs/cgroup/memory"));
    expect_folders(hybrid_mounts, CGROUP_V2, "/b",
                   FOLDERS("/sys/fs/cgroup/unified/b", "/sys/fs/cgroup/unified"));
    expect_folders("", CGROUP_V2, "/b", (const char *const[]){NULL});
    expect_folders("35 31 0:32 / /sys - cgroup2\n", CGROUP_V2, "/b", (const char *const[]){NULL});
}

/* With a namespace of its own the group is "/"; without, its path is that of the machine. */
static void a_container_sees_its_own_group(void **state)
{
    (void)state;
    expect_folders(container_mounts, CGROUP_V1_MEMORY, "/docker/abc",
                   FOLDERS("/sys/fs/cgroup/memory"));
    expect_folders(container_mounts, CGROUP_V1_MEMORY, "/docker/abc/x",
                   FOLDERS("/sys/fs/cgroup/memory/x", "/sys/fs/cgroup/memory"));
    expect_folders(container_mounts, CGROUP_V1_MEMORY, "/docker/abcd",
                   FOLDERS("/sys/fs/cgroup/memory"));
    expect_folders(hybrid_mounts, CGROUP_V2, "/../other", FOLDERS("/sys/fs/cgroup/unified"));
    /* Of several mounts the one that shows most of the way. */
    expect_folders("1 1 0:1 / /all rw - cgroup2 a rw\n2 1 0:1 /a/b /part rw - cgroup2 a rw\n"
                   "3 1 0:1 /z /other rw - cgroup2 a rw\n",
                   CGROUP_V2, "/a/b/c", FOLDERS("/part/c", "/part"));
    expect_folders("1 1 0:1 / /with\\040space rw - cgroup2 a rw\n", CGROUP_V2, "/a",
                   FOLDERS("/with space/a", "/with space"));
}

static void limits_are_numbers_or_none(void **state)
{
    (void)state;
    assert_true(cgroup_limit(TEXT("67108864\n")) == 67108864);
    assert_true(cgroup_limit(TEXT("0\n")) == 0);
    assert_true(cgroup_limit(TEXT("max\n")) == UINT64_MAX);
    assert_true(cgroup_limit(TEXT("")) == UINT64_MAX);
    assert_true(cgroup_limit(TEXT("-1\n")) == UINT64_MAX);
    assert_true(cgroup_limit(TEXT("99999999999999999999\n")) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_path_is_that_of_the_tree),
        cmocka_unit_test(the_way_leads_up_to_the_mount),
        cmocka_unit_test(a_container_sees_its_own_group),
        cmocka_unit_test(limits_are_numbers_or_none),
    };
    return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
