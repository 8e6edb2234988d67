/* Slots that processes share, and the pause that one is told (node/places/slots.h). Each
 * places_slots_t stands for a process: locks belong to descriptors. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/workspace.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "node/places/slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char url[] = "https://overpass-api.de";

static void all_share_them(void **state)
{
    (void)state;
    char *folder = workspace_new();
    places_slots_t *one = places_slots_new(folder, url, 2);
    places_slots_t *other = places_slots_new(folder, "https://Overpass-API.DE:443/x", 2);
    places_slots_t *elsewhere = places_slots_new(folder, "https://z.overpass-api.de", 2);
    size_t slots[3] = {77, 77, 77};
    assert_int_equal(places_slots_take(one, &slots[0]), STATUS_OK);
    assert_int_equal(places_slots_take(other, &slots[1]), STATUS_OK);
    assert_int_not_equal(slots[0], slots[1]);
    assert_int_equal(places_slots_take(one, &slots[2]), STATUS_AGAIN);
    assert_int_equal(places_slots_take(other, &slots[2]), STATUS_AGAIN);
    assert_int_equal(places_slots_take(elsewhere, &slots[2]), STATUS_OK);
    places_slots_give(other, slots[1]);
    places_slots_give(other, slots[1]); /* twice */
    assert_int_equal(places_slots_take(one, &slots[2]), STATUS_OK);
    assert_int_equal(slots[2], slots[1]);
    places_slots_destroy(&one); /* as if it died */
    assert_int_equal(places_slots_take(other, &slots[0]), STATUS_OK);
    assert_int_equal(places_slots_take(other, &slots[1]), STATUS_OK);
    assert_int_equal(places_slots_take(other, &slots[2]), STATUS_AGAIN);
    places_slots_destroy(&other);
    places_slots_destroy(&elsewhere);
    free(folder);
}

/* A file that was removed is no slot any more; the next is made anew. */
static void removed_files_are_made_anew(void **state)
{
    (void)state;
    char *folder = workspace_new();
    char *path = workspace_path(folder, "places-overpass-api.de-443.slot0");
    places_slots_t *one = places_slots_new(folder, url, 1);
    places_slots_t *other = places_slots_new(folder, url, 1);
    size_t slot;
    assert_int_equal(places_slots_take(one, &slot), STATUS_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(places_slots_take(other, &slot), STATUS_OK);
    places_slots_give(one, 0);
    assert_int_equal(places_slots_take(one, &slot), STATUS_AGAIN);
    places_slots_destroy(&one);
    places_slots_destroy(&other);
    free(path);
    free(folder);
}

static void a_folder_that_is_gone_is_told(void **state)
{
    (void)state;
    places_slots_t *slots = places_slots_new("/nonexistent/folder", "http://[::1]:8080", 2);
    size_t slot;
    errno = 0;
    assert_int_equal(places_slots_take(slots, &slot), STATUS_SYSTEM);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(places_slots_pause(slots, 1), STATUS_SYSTEM);
    assert_int_equal(places_slots_paused_until(slots, 0), 0);
    places_slots_destroy(&slots);
}

static void a_pause_is_told_to_all(void **state)
{
    (void)state;
    const int64_t now_ns = 5 * TIMESTAMP_NS_PER_S;
    char *folder = workspace_new();
    char *path = workspace_path(folder, "places-overpass-api.de-443.pause");
    places_slots_t *one = places_slots_new(folder, url, 2);
    places_slots_t *other = places_slots_new(folder, url, 2);
    assert_int_equal(places_slots_paused_until(other, now_ns), 0);
    assert_int_equal(places_slots_pause(one, now_ns + 7), STATUS_OK);
    assert_int_equal(places_slots_paused_until(other, now_ns), now_ns + 7);
    assert_int_equal(places_slots_pause(one, now_ns + 9), STATUS_OK);
    assert_int_equal(places_slots_paused_until(other, now_ns), now_ns + 9);
    /* For longer than anyone asks, of another run of the machine, or no pause at all. */
    int64_t long_ns = LIMIT_RETRY_AFTER_S * TIMESTAMP_NS_PER_S;
    assert_int_equal(places_slots_pause(one, now_ns + long_ns), STATUS_OK);
    assert_int_equal(places_slots_paused_until(other, now_ns), now_ns + long_ns);
    assert_int_equal(places_slots_paused_until(other, now_ns - 1), 0);
    static const char *const bad[] = {"", "\n", "x 99\n", "99", "a b c\n"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        workspace_write(path, text_of(bad[i]));
        assert_int_equal(places_slots_paused_until(other, 0), 0);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(places_slots_paused_until(other, 0), 0); /* and does not wait */
    places_slots_destroy(&one);
    places_slots_destroy(&other);
    free(path);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_share_them),
        cmocka_unit_test(removed_files_are_made_anew),
        cmocka_unit_test(a_folder_that_is_gone_is_told),
        cmocka_unit_test(a_pause_is_told_to_all),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
