/* Whether a herd is well (deploy/herdctl/survey/judge.h), by made-up reports and times. */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "deploy/herdctl/survey/judge.h"

static const int64_t begin_ns = 100 * TIMESTAMP_NS_PER_S;

#define ROOT_1 "root 11111111111111111111111111111111\n"
#define ROOT_2 "root 22222222222222222222222222222222\n"
#define ROOT_3 "root 33333333333333333333333333333333\n"
#define WELL   "frontends 1\nlinks_up 1\nclients 4\n"

enum { MEMBERS = 3 };

/* Three members, a judge, and its last findings. */
typedef struct {
    config_member_t members[MEMBERS];
    const config_member_t *pointers[MEMBERS];
    herdctl_report_t reports[MEMBERS];
    herdctl_survey_t survey;
    herdctl_judge_t *judge;
    buffer_t findings;
    buffer_t line;
} scene_t;

static void scene_init(scene_t *self)
{
    static const char *const names[MEMBERS] = {"A", "B", "C"};
    for (size_t i = 0; i < MEMBERS; i++) {
        self->members[i] = (config_member_t){.name = names[i]};
        self->pointers[i] = &self->members[i];
        herdctl_report_init(&self->reports[i]);
    }
    self->survey =
        (herdctl_survey_t){.members = self->pointers, .reports = self->reports, .count = MEMBERS};
    self->judge = herdctl_judge_new(MEMBERS);
    buffer_init(&self->findings, LIMIT_BODY_SIZE);
    buffer_init(&self->line, LIMIT_BODY_SIZE);
}

static void scene_done(scene_t *self)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        herdctl_report_done(&self->reports[i]);
    }
    herdctl_judge_destroy(&self->judge);
    buffer_done(&self->findings);
    buffer_done(&self->line);
}

/* A survey at `second`: the reports of A, B and C; NULL: it does not answer. */
static void take(scene_t *self, int second, const char *a, const char *b, const char *c)
{
    const char *bodies[MEMBERS] = {a, b, c};
    for (size_t i = 0; i < MEMBERS; i++) {
        herdctl_report_done(&self->reports[i]);
        if (bodies[i] != NULL) {
            herdctl_report_take(&self->reports[i], text_of(bodies[i]), 1);
        }
    }
    herdctl_judge_note(self->judge, &self->survey, begin_ns + second * TIMESTAMP_NS_PER_S);
}

static void expect(scene_t *self, herdctl_verdict_t verdict, const char *line)
{
    buffer_clear(&self->findings);
    buffer_clear(&self->line);
    assert_int_equal(herdctl_judge_survey(self->judge, &self->survey, &self->findings), verdict);
    herdctl_judge_write(verdict, &self->survey, buffer_text(&self->findings), &self->line);
    assert_text_equal(buffer_text(&self->line), line);
}

static void all_is_well(void **state)
{
    (void)state;
    scene_t scene;
    scene_init(&scene);
    take(&scene, 0, WELL ROOT_1 "link B up 0 0 0\n", WELL ROOT_1, WELL ROOT_1);
    expect(&scene, HERDCTL_WELL, "well: 3 members, 3 link ends up, 12 clients\n");
    scene_done(&scene);
}

static void members_that_are_silent_are_named(void **state)
{
    (void)state;
    scene_t scene;
    scene_init(&scene);
    take(&scene, 0, WELL ROOT_1, NULL, WELL ROOT_1 "link B down 0 0 0\n");
    expect(&scene, HERDCTL_DEGRADED, "degraded: B does not answer\n");
    take(&scene, 1, NULL, NULL, NULL);
    expect(&scene, HERDCTL_UNUSABLE,
           "unusable: A does not answer; B does not answer; C does not answer\n");
    scene_done(&scene);
}

/* herd-web is missed where the herd file gives it an address, and the node tells of it. */
static void a_member_without_its_herd_web_is_named(void **state)
{
    (void)state;
    static const char *const web[] = {"tcp://127.0.0.1:11790"};
    scene_t scene;
    scene_init(&scene);
    scene.members[0].web = scene.members[1].web = scene.members[2].web = web;
    scene.members[0].web_count = scene.members[1].web_count = 1;
    take(&scene, 0, WELL "webs 0\n", WELL "webs 2\n", WELL "webs 0\n");
    expect(&scene, HERDCTL_DEGRADED, "degraded: A has no herd-web\n");
    take(&scene, 1, WELL "webs 1\n", WELL, WELL);
    expect(&scene, HERDCTL_WELL, "well: 3 members, 3 link ends up, 12 clients\n");
    scene_done(&scene);
}

/* A link has two ends, and is named once, by the first end that reports it. */
static void links_that_are_down_are_named_once(void **state)
{
    (void)state;
    scene_t scene;
    scene_init(&scene);
    take(&scene, 0, WELL "link B down 0 0 0\nlink_error B 5 nothing heard for 5 s\n",
         WELL "link A down 0 0 0\nlink C down 0 0 0\nlink D down 0 0 0\n",
         WELL "link B up 0 0 0\n");
    expect(&scene, HERDCTL_DEGRADED,
           "degraded: link A-B is down (nothing heard for 5 s); link B-C is down; "
           "link B-D is down\n");
    scene_done(&scene);
}

static void other_troubles_are_found(void **state)
{
    (void)state;
    scene_t scene;
    scene_init(&scene);
    take(&scene, 0, "frontends 0\nplaces google open 1 1 0 0 0\n",
         "frontends 1\nplaces google half-open 1 1 0 0 0\n", "");
    expect(&scene, HERDCTL_DEGRADED,
           "degraded: A has no front-end; places at A: google fails and is left alone\n");
    take(&scene, 1, "frontends 1\nplaces google open 1 1 0 0 0\nplaces_trouble google refuses\n",
         "frontends 1\nplaces local closed 0 0 0 0 0\nplaces_trouble f\x01 is gone\n", "");
    expect(&scene, HERDCTL_DEGRADED,
           "degraded: places at A: google refuses; places at B: f? is gone\n");
    scene_done(&scene);
}

static void a_line_names_the_first_troubles(void **state)
{
    (void)state;
    scene_t scene;
    scene_init(&scene);
    take(&scene, 0, "link P down 0 0 0\nlink Q down 0 0 0\nlink R down 0 0 0\nlink S down 0 0 0\n",
         "link T down 0 0 0\nlink U down 0 0 0\n", "link V down 0 0 0\n");
    expect(&scene, HERDCTL_DEGRADED,
           "degraded: link A-P is down; link A-Q is down; link A-R is down; link A-S is down; "
           "link B-T is down; and 2 more\n");
    scene_done(&scene);
}

static void digests_that_stay_different_are_found(void **state)
{
    (void)state;
    scene_t scene;
    scene_init(&scene);
    take(&scene, 0, WELL ROOT_1, WELL ROOT_1, WELL ROOT_2);
    assert_false(herdctl_judge_sees_difference(scene.judge));
    take(&scene, 1, WELL ROOT_1, WELL ROOT_1, WELL ROOT_2);
    expect(&scene, HERDCTL_WELL, "well: 3 members, 3 link ends up, 12 clients\n");
    take(&scene, 2, WELL ROOT_1, WELL ROOT_1, WELL ROOT_2);
    assert_true(herdctl_judge_sees_difference(scene.judge));
    expect(&scene, HERDCTL_DEGRADED, "degraded: A and C hold different records\n");
    take(&scene, 3, WELL ROOT_2, WELL ROOT_2, WELL ROOT_2);
    assert_false(herdctl_judge_sees_difference(scene.judge));
    scene_done(&scene);
}

/* While updates are on their way, digests change, and are not compared. */
static void a_busy_herd_is_not_judged_by_digests(void **state)
{
    (void)state;
    scene_t scene;
    scene_init(&scene);
    take(&scene, 0, WELL ROOT_1, WELL ROOT_2, WELL);
    take(&scene, 3, WELL ROOT_1, WELL ROOT_3, WELL);
    assert_false(herdctl_judge_sees_difference(scene.judge));
    take(&scene, 4, WELL ROOT_1, WELL ROOT_2, WELL);
    assert_false(herdctl_judge_sees_difference(scene.judge));
    take(&scene, 5, WELL ROOT_1, NULL, WELL);
    take(&scene, 6, WELL ROOT_1, WELL ROOT_2, WELL);
    assert_false(herdctl_judge_sees_difference(scene.judge));
    expect(&scene, HERDCTL_WELL, "well: 3 members, 3 link ends up, 12 clients\n");
    scene_done(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_well),
        cmocka_unit_test(members_that_are_silent_are_named),
        cmocka_unit_test(a_member_without_its_herd_web_is_named),
        cmocka_unit_test(links_that_are_down_are_named_once),
        cmocka_unit_test(other_troubles_are_found),
        cmocka_unit_test(a_line_names_the_first_troubles),
        cmocka_unit_test(digests_that_stay_different_are_found),
        cmocka_unit_test(a_busy_herd_is_not_judged_by_digests),
    };
    return cmocka_run_group_tests_name("herdctl_judge", tests, NULL, NULL);
}
