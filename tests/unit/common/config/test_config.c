/* The herd file: what it means, and what is said about a bad one (common/config/config.h). */
#include "common/base/arena.h"
#include "common/base/limits.h"
#include "common/config/config.h"
#include "common/config/table.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/findings.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One test's folder, with a places file in it, and what config_load said. */
typedef struct {
    char *folder;
    char *file;   /* the herd file */
    char *places; /* "places.tsv" beside it */
    arena_t arena;
    findings_t findings;
} fixture_t;

static int set_up(void **state)
{
    fixture_t *self = calloc(1, sizeof *self);
    assert_non_null(self);
    self->folder = workspace_new();
    self->file = workspace_path(self->folder, "herd.cfg");
    self->places = workspace_path(self->folder, "places.tsv");
    workspace_write(self->places, TEXT(""));
    *state = self;
    return 0;
}

static int tear_down(void **state)
{
    fixture_t *self = *state;
    arena_done(&self->arena);
    free(self->places);
    free(self->file);
    free(self->folder);
    free(self);
    return 0;
}

static config_t *load_bytes(fixture_t *self, const char *data, size_t size)
{
    workspace_write(self->file, (text_t){.data = data, .size = size});
    return findings_load(&self->findings, self->file);
}

static config_t *load(fixture_t *self, const char *text)
{
    return load_bytes(self, text, strlen(text));
}

/* The smallest good file, in two halves: lines 1-2 and 3-6. */
#define HERD                                                                                       \
    "herd\n"                                                                                       \
    "    name = \"ucla\"\n"
#define MEMBERS                                                                                    \
    "members\n"                                                                                    \
    "    One\n"                                                                                    \
    "        clients = \"tcp://127.0.0.1:11490\"\n"                                                \
    "        bus = \"tcp://127.0.0.1:11590\"\n"
/* A second one; its neighbours are up to the test. Lines 7-9. */
#define TWO                                                                                        \
    "    Two\n"                                                                                    \
    "        clients = \"tcp://127.0.0.1:11491\"\n"                                                \
    "        bus = \"tcp://127.0.0.1:11591\"\n"
#define LINK(name) "        neighbours = \"" name "\"\n"

static void smallest_file_has_every_default(void **state)
{
    fixture_t *self = *state;
    config_t *config = load(self, HERD MEMBERS);
    assert_int_equal(self->findings.count, 0);
    assert_non_null(config);
    assert_string_equal(config->file, self->file);
    assert_string_equal(config->herd_name, "ucla");
    assert_string_equal(config->run_dir, arena_format(&self->arena, "%s/run", self->folder));
    assert_string_equal(config->log_dir, arena_format(&self->arena, "%s/log", self->folder));
    assert_string_equal(config->data_dir, arena_format(&self->arena, "%s/data", self->folder));
    assert_int_equal(config->traffic, CONFIG_TRAFFIC_YES);
    assert_false(config->bus_traffic);
    assert_int_equal(config->max_line, 65536);
    assert_int_equal(config->max_output, 262144);
    assert_int_equal(config->max_connections, 10000);
    assert_int_equal(config->max_connections_per_address, 0);
    assert_int_equal(config->idle_timeout_s, 0);
    assert_int_equal(config->max_clients, 100000000);
    assert_int_equal(config->max_memory, 0);
    assert_int_equal(config->request_timeout_ms, 5000);
    assert_int_equal(config->max_clock_lead_ms, 10000);
    assert_int_equal(config->clock_warning_ms, 500);
    assert_int_equal(config->acknowledge_peers, 0);
    assert_false(config->acknowledge_disk);
    assert_false(config->journal);
    assert_int_equal(config->journal_interval_ms, 1000);
    assert_int_equal(config->expire_after_s, 0);
    assert_int_equal(config->expire_grace_s, 60);
    assert_int_equal(config->places, CONFIG_PLACES_NONE);
    assert_null(config->places_file);
    assert_int_equal(config->member_count, 1);
    const config_member_t *one = config_member(config, "One");
    assert_non_null(one);
    assert_string_equal(one->clients[0], "tcp://127.0.0.1:11490");
    assert_int_equal(one->client_count, 1);
    assert_string_equal(one->requests,
                        arena_format(&self->arena, "ipc://%s/run/One.requests", self->folder));
    assert_null(one->tap);
    assert_false(one->single);
    assert_int_equal(one->neighbour_count, 0);
    assert_null(config_member(config, "one"));
    config_destroy(&config);
    assert_null(config);
    config_destroy(&config);
}

static void expect_member(fixture_t *self, const config_member_t *member)
{
    assert_non_null(member);
    assert_int_equal(member->client_count, 2);
    assert_string_equal(member->clients[0], "tcp://*:1");
    assert_string_equal(member->clients[1], "tcp://[::1]:65535");
    assert_string_equal(member->requests,
                        arena_format(&self->arena, "ipc://%s/sockets/a", self->folder));
    assert_string_equal(member->bus, "tcp://10.0.0.1:3");
    assert_string_equal(member->tap, "tcp://10.0.0.1:4");
    assert_true(member->single);
}

static void every_key_is_taken(void **state)
{
    fixture_t *self = *state;
    config_t *config = load(self, "# a comment\r\n"
                                  "\n"
                                  "members\n"
                                  "    a-1.x_Y   # another\n"
                                  "        clients = \"tcp://*:1  tcp://[::1]:65535\"\n"
                                  "        requests = \"ipc://sockets/a\"\r\n"
                                  "        bus = 'tcp://10.0.0.1:3'\n"
                                  "        tap = tcp://10.0.0.1:4 # bare\n"
                                  "        neighbours = \"\"\n        single = yes\n"
                                  "herd\n"
                                  "    name = \"h\"\n"
                                  "    run_dir = \"/tmp\"\n"
                                  "    log_dir = \"l/m\"\n"
                                  "    data_dir = \"d # no comment\"\n"
                                  "    journal = \"yes\"\n"
                                  "    journal_interval = \"0\"\n"
                                  "    keys = \"k\"\n"
                                  "    security = \"curve\"\n"
                                  "    traffic = \"binary\"\n    bus_traffic = \"yes\"\n"
                                  "    max_line = \"128\"\n"
                                  "    max_output = \"4096\"\n"
                                  "    max_connections = \"1048576\"\n"
                                  "    max_connections_per_address = \"1048576\"\n"
                                  "    idle_timeout = \"86400\"\n"
                                  "    max_clients = \"1\"\n"
                                  "    max_memory = \"1099511627776\"\n"
                                  "    request_timeout = \"10\"\n"
                                  "    max_clock_lead = \"0\"\n    clock_warning = \"10\"\n"
                                  "    acknowledge = \"memory\"\n"
                                  "    expire_after = \"315360000\"\n"
                                  "    expire_grace = \"1\"\n"
                                  "    places\n"
                                  "        provider = \"local\"\n"
                                  "        file = \"places.tsv\"\n"
                                  "        feature_classes = \"PSTH\"");
    assert_int_equal(self->findings.count, 0);
    assert_non_null(config);
    assert_string_equal(config->run_dir, "/tmp");
    assert_string_equal(config->log_dir, arena_format(&self->arena, "%s/l/m", self->folder));
    assert_string_equal(config->data_dir,
                        arena_format(&self->arena, "%s/d # no comment", self->folder));
    assert_true(config->journal);
    assert_int_equal(config->journal_interval_ms, 0);
    assert_string_equal(config->keys, arena_format(&self->arena, "%s/k", self->folder));
    assert_int_equal(config->security, CONFIG_SECURITY_CURVE);
    assert_true(config->traffic == CONFIG_TRAFFIC_BINARY && config->bus_traffic);
    assert_int_equal(config->max_line, 128);
    assert_int_equal(config->max_output, 4096);
    assert_int_equal(config->max_connections, 1048576);
    assert_int_equal(config->max_connections_per_address, 1048576);
    assert_int_equal(config->idle_timeout_s, 86400);
    assert_int_equal(config->max_clients, 1);
    assert_int_equal(config->max_memory, 1099511627776);
    assert_int_equal(config->request_timeout_ms, 10);
    assert_int_equal(config->max_clock_lead_ms, 0);
    assert_int_equal(config->clock_warning_ms, 10);
    assert_int_equal(config->acknowledge_peers, 0);
    assert_int_equal(config->expire_after_s, 315360000);
    assert_int_equal(config->expire_grace_s, 1);
    assert_int_equal(config->places, CONFIG_PLACES_LOCAL);
    assert_string_equal(config->places_file, self->places);
    geonames_classes_t classes = 0;
    assert_int_equal(geonames_parse_classes(TEXT("PSTH"), &classes), STATUS_OK);
    assert_true(config->places_classes == classes);
    expect_member(self, config_member(config, "a-1.x_Y"));
    config_destroy(&config);
}

static void links_are_two_way(void **state)
{
    fixture_t *self = *state;
    config_t *config = load(self, HERD MEMBERS LINK("Two") TWO LINK(" One "));
    assert_int_equal(self->findings.count, 0);
    assert_non_null(config);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(config->members[i].neighbour_count, 1);
        assert_int_equal(config->members[i].neighbours[0], 1 - i);
    }
    config_destroy(&config);

    config = load(self, HERD MEMBERS TWO LINK("One"));
    assert_non_null(config);
    assert_int_equal(self->findings.count, 1);
    assert_int_equal(self->findings.severities[0], CONFIG_WARNING);
    assert_int_equal(self->findings.lines[0], 10);
    assert_non_null(
        strstr(self->findings.texts[0], "Two names One as a neighbour, but One does not name Two"));
    assert_int_equal(config->members[0].neighbour_count, 1);
    assert_int_equal(config->members[0].neighbours[0], 1);
    config_destroy(&config);
}

#define EXPECT_FINDINGS(cases) findings_expect((cases), ARRAY_COUNT(cases))

static void bad_zpl_is_told_by_line(void **state)
{
    (void)state;
    static const finding_case_t cases[] = {
        {"herd\n  name = \"x\"\n", CONFIG_ERROR, 2, "indented by 2 spaces"},
        {"herd\n  # x\n", CONFIG_ERROR, 2, "indented by 2 spaces"},
        {"herd\n\tname = \"x\"\n", CONFIG_ERROR, 2, "a tab"},
        {"herd\n        name = \"x\"\n        a = b\n", CONFIG_ERROR, 2, "deeper than one level"},
        {"    herd\n", CONFIG_ERROR, 1, "deeper than one level"},
        {"herd\n    name = \"x\n", CONFIG_ERROR, 2, "not closed"},
        {"herd\n    name = 'x\"\n", CONFIG_ERROR, 2, "not closed"},
        {"herd\n    name = \"x\" y\n", CONFIG_ERROR, 2, "\"y\" is not expected"},
        {"herd\n    name x\n", CONFIG_ERROR, 2, "\"x\" is not expected"},
        {"herd\n    name =\n", CONFIG_ERROR, 2, "no value"},
        {"herd\n    name = # x\n", CONFIG_ERROR, 2, "no value"},
        {"herd\n    = x\n", CONFIG_ERROR, 2, "begins with a name"},
        {"herd\n    n\xc3\xa4me = x\n", CONFIG_ERROR, 2, "\\xc3"},
        {"/herd\n", CONFIG_ERROR, 1, "\"/\""},
        {"herd/\n", CONFIG_ERROR, 1, "\"/\""},
        {"herd\n    name = \"\x1b[31m\"\n", CONFIG_ERROR, 2, "control byte (0x1b) in column 13"},
        {"\xef\xbb\xbfherd\n", CONFIG_ERROR, 1, "begins with a name"},
    };
    EXPECT_FINDINGS(cases);
}

static void sizes_end_at_their_limits(void **state)
{
    fixture_t *self = *state;
    /* "herd" + spaces up to the limit of a line; one more is too long even though it is white
     * space */
    for (size_t size = LIMIT_CONFIG_LINE_SIZE; size <= LIMIT_CONFIG_LINE_SIZE + 1; size++) {
        const char *text =
            arena_format(&self->arena, "%-*s\n    name = x\n" MEMBERS, (int)size, "herd");
        config_t *config = load(self, text);
        assert_int_equal(config != NULL, size == LIMIT_CONFIG_LINE_SIZE);
        assert_int_equal(self->findings.count, size == LIMIT_CONFIG_LINE_SIZE ? 0 : 1);
        config_destroy(&config);
    }
    static const char good[] = HERD MEMBERS;
    char *text = arena_take(&self->arena, LIMIT_CONFIG_SIZE + 1);
    memset(text, '\n', LIMIT_CONFIG_SIZE + 1);
    memcpy(text, good, sizeof good - 1);
    config_t *config = load_bytes(self, text, LIMIT_CONFIG_SIZE);
    assert_non_null(config);
    config_destroy(&config);
    assert_null(load_bytes(self, text, LIMIT_CONFIG_SIZE + 1));
    assert_int_equal(self->findings.count, 1);
    assert_int_equal(self->findings.lines[0], 0);
    assert_non_null(strstr(self->findings.texts[0], "larger than"));
    for (size_t i = 0; i < LIMIT_CONFIG_SIZE; i += 2) {
        text[i] = 'a';
        text[i + 1] = '\n';
    }
    assert_null(load_bytes(self, text, LIMIT_CONFIG_SIZE));
    assert_int_equal(self->findings.count, LIMIT_CONFIG_FINDINGS + 1);
    assert_int_equal(self->findings.lines[0], LIMIT_CONFIG_SETTINGS + 1);
    assert_non_null(strstr(self->findings.texts[LIMIT_CONFIG_FINDINGS], "are left out"));
}

static void zero_bytes_are_no_end(void **state)
{
    fixture_t *self = *state;
    static const char text[] = HERD MEMBERS "\0herd\n";
    assert_null(load_bytes(self, text, sizeof text - 1));
    assert_int_equal(self->findings.count, 1);
    assert_int_equal(self->findings.lines[0], 7);
    assert_non_null(strstr(self->findings.texts[0], "control byte (0x00)"));
}

static void keys_are_known_and_once(void **state)
{
    (void)state;
    static const finding_case_t cases[] = {
        {MEMBERS, CONFIG_ERROR, 0, "\"herd\" is missing"},
        {HERD, CONFIG_ERROR, 0, "\"members\" is missing"},
        {"herd\n" MEMBERS, CONFIG_ERROR, 1, "\"name\" is missing"},
        {HERD "    trafic = \"yes\"\n" MEMBERS, CONFIG_ERROR, 3, "did you mean \"traffic\"?"},
        {HERD "    colour = \"yes\"\n" MEMBERS, CONFIG_ERROR, 3, "unknown key \"colour\""},
        {HERD "    name = \"y\"\n" MEMBERS, CONFIG_ERROR, 3, "in line 2 already"},
        {HERD "    traffic\n" MEMBERS, CONFIG_ERROR, 3, "\"traffic\" needs a value"},
        {HERD "        x = \"1\"\n" MEMBERS, CONFIG_ERROR, 3, "not settings of its own"},
        {HERD "    places = \"x\"\n" MEMBERS, CONFIG_ERROR, 3, "takes no value"},
        {HERD MEMBERS "herd\n    name = \"z\"\n", CONFIG_ERROR, 7, "in line 1 already"},
        {HERD MEMBERS "member\n", CONFIG_ERROR, 7, "did you mean \"members\"?"},
        {HERD MEMBERS "        bus = \"tcp://127.0.0.1:2\"\n", CONFIG_ERROR, 7,
         "in line 6 already"},
        {HERD MEMBERS "        neighbors = \"x\"\n", CONFIG_ERROR, 7,
         "did you mean \"neighbours\"?"},
        {HERD MEMBERS "    One\n        clients = \"tcp://127.0.0.1:1\"\n", CONFIG_ERROR, 7,
         "member One again; it begins in line 4"},
        {HERD MEMBERS "    Two = \"x\"\n", CONFIG_ERROR, 7, "member Two takes no value"},
        {HERD MEMBERS "    .hidden\n", CONFIG_ERROR, 7, "\".hidden\" is no name"},
        {HERD MEMBERS "    T/wo\n", CONFIG_ERROR, 7, "\"T/wo\" is no name"},
        {HERD "members\n", CONFIG_ERROR, 3, "at least one member"},
        {HERD "members\n    One\n        clients = \"tcp://*:1\"\n", CONFIG_ERROR, 4,
         "\"bus\" is missing"},
        {HERD "members\n    One\n        bus = \"tcp://127.0.0.1:1\"\n", CONFIG_ERROR, 4,
         "\"clients\" is missing"},
    };
    EXPECT_FINDINGS(cases);
}

static void values_have_their_ranges(void **state)
{
    (void)state;
    static const finding_case_t cases[] = {
        {"herd\n    name = \"\"\n" MEMBERS, CONFIG_ERROR, 2, "is no name"},
        {"herd\n    name = \"a b\"\n" MEMBERS, CONFIG_ERROR, 2, "is no name"},
        {HERD "    traffic = \"true\"\n" MEMBERS, CONFIG_ERROR, 3,
         "must be \"yes\", \"binary\" or \"no\", not \"true\""},
        {HERD "    bus_traffic = \"binary\"\n" MEMBERS, CONFIG_ERROR, 3,
         "must be \"yes\" or \"no\", not \"binary\""},
        {HERD "    max_line = \"127\"\n" MEMBERS, CONFIG_ERROR, 3,
         "bytes from 128 to 65536, not \"127\""},
        {HERD "    max_line = \"65537\"\n" MEMBERS, CONFIG_ERROR, 3, "from 128 to 65536"},
        {HERD "    max_line = \"64k\"\n" MEMBERS, CONFIG_ERROR, 3, "a whole number of bytes"},
        {HERD "    max_line = \"-1\"\n" MEMBERS, CONFIG_ERROR, 3, "not \"-1\""},
        {HERD "    max_output = \"4095\"\n" MEMBERS, CONFIG_ERROR, 3, "from 4096 to 1073741824"},
        {HERD "    max_connections = \"0\"\n" MEMBERS, CONFIG_ERROR, 3, "from 1 to 1048576"},
        {HERD "    max_connections_per_address = \"1048577\"\n" MEMBERS, CONFIG_ERROR, 3,
         "from 0 to 1048576"},
        {HERD "    idle_timeout = \"86401\"\n" MEMBERS, CONFIG_ERROR, 3, "from 0 to 86400"},
        {HERD "    max_clients = \"1000000001\"\n" MEMBERS, CONFIG_ERROR, 3,
         "from 1 to 1000000000"},
        {HERD "    max_memory = \"1099511627777\"\n" MEMBERS, CONFIG_ERROR, 3,
         "from 0 to 1099511627776"},
        {HERD "    request_timeout = \"9\"\n" MEMBERS, CONFIG_ERROR, 3, "milliseconds from 10"},
        {HERD "    max_clock_lead = \"86400001\"\n" MEMBERS, CONFIG_ERROR, 3, "from 0 to 86400000"},
        {HERD "    expire_after = \"315360001\"\n" MEMBERS, CONFIG_ERROR, 3,
         "seconds from 0 to 315360000"},
        {HERD "    expire_after = \"-1\"\n" MEMBERS, CONFIG_ERROR, 3, "not \"-1\""},
        {HERD "    expire_after = \"1h\"\n" MEMBERS, CONFIG_ERROR, 3, "a whole number of seconds"},
        {HERD "    clock_warning = \"9\"\n" MEMBERS, CONFIG_ERROR, 3, "from 10 to 86400000"},
        {HERD "    clock_warning = \"86400001\"\n" MEMBERS, CONFIG_ERROR, 3, "milliseconds"},
        {HERD "    expire_grace = \"0\"\n" MEMBERS, CONFIG_ERROR, 3, "seconds from 1 to 86400"},
        {HERD "    expire_grace = \"86401\"\n" MEMBERS, CONFIG_ERROR, 3, "seconds from 1 to 86400"},
        {HERD "    log_dir = \"\"\n" MEMBERS, CONFIG_ERROR, 3, "must be a path"},
        {HERD "    log_dir = \"herd.cfg\"\n" MEMBERS, CONFIG_ERROR, 3, "is not a folder"},
        {HERD "    places\n        provider = \"Google\"\n" MEMBERS, CONFIG_ERROR, 4,
         "must be \"local\", \"google\", \"google-legacy\", \"overpass\" or \"none\""},
        {HERD "    places\n        provider = \"local\"\n" MEMBERS, CONFIG_ERROR, 3,
         "needs a \"file\""},
        {HERD "    places\n        provider = \"local\"\n        file = \"absent\"\n" MEMBERS,
         CONFIG_ERROR, 5, "absent cannot be opened: No such file"},
        {HERD "    places\n        provider = \"local\"\n        file = \"/tmp\"\n" MEMBERS,
         CONFIG_ERROR, 5, "is not a plain file"},
        {HERD "    places\n        feature_classes = \"PSP\"\n" MEMBERS, CONFIG_ERROR, 4,
         "must be letters of \"AHLPRSTUV\", each once, or empty for all, not \"PSP\""},
        {HERD "    places\n        feature_classes = \"P, S\"\n" MEMBERS, CONFIG_ERROR, 4,
         "must be letters of"},
        {HERD "    places\n        feature_classes = \"p\"\n" MEMBERS, CONFIG_ERROR, 4,
         "must be letters of"},
        {HERD "    places\n        file = \"places.tsv\"\n" MEMBERS, CONFIG_WARNING, 4,
         "is not used"},
    };
    EXPECT_FINDINGS(cases);
}

#define ONE_WITH(clients, bus)                                                                     \
    HERD "members\n    One\n        clients = \"" clients "\"\n        bus = \"" bus "\"\n"
#define PATH_OF_40 "/4567890123456789012345678901234567890/x"

static void endpoints_are_checked(void **state)
{
    (void)state;
    static const finding_case_t cases[] = {
        {ONE_WITH("", "tcp://127.0.0.1:2"), CONFIG_ERROR, 5, "one or more endpoints"},
        {ONE_WITH("127.0.0.1:1", "tcp://127.0.0.1:2"), CONFIG_ERROR, 5, "form tcp://host:port"},
        {ONE_WITH("ipc:///tmp/x", "tcp://127.0.0.1:2"), CONFIG_ERROR, 5,
         "form tcp://host:port, not"},
        {ONE_WITH("tcp://127.0.0.1", "tcp://127.0.0.1:2"), CONFIG_ERROR, 5, "form tcp://host:port"},
        {ONE_WITH("tcp://127.0.0.1:0", "tcp://127.0.0.1:2"), CONFIG_ERROR, 5,
         "port from 1 to 65535"},
        {ONE_WITH("tcp://*:1 tcp://*:3 tcp://*:4 tcp://*:5 tcp://*:6 tcp://*:7 tcp://*:8 tcp://*:9 "
                  "tcp://*:10",
                  "tcp://127.0.0.1:2"),
         CONFIG_ERROR, 5, "more than 8 endpoints"},
        {ONE_WITH("tcp://*:1", "tcp://*:2"), CONFIG_ERROR, 6, "must have an IP address"},
        {ONE_WITH("tcp://*:1", "tcp://localhost:2"), CONFIG_ERROR, 6, "must have an IP address"},
        {ONE_WITH("tcp://*:1", "inproc://x"), CONFIG_ERROR, 6, "tcp://host:port or ipc://path"},
        {ONE_WITH("tcp://*:1", "ipc://" PATH_OF_40 PATH_OF_40 PATH_OF_40), CONFIG_ERROR, 6,
         "is 120 bytes long; Unix sockets take 107"},
        {ONE_WITH("tcp://*:1", "tcp://127.0.0.1:32768"), CONFIG_WARNING, 6, "below 32768"},
        {HERD "    run_dir = \"" PATH_OF_40 PATH_OF_40 PATH_OF_40 "\"\n" MEMBERS, CONFIG_ERROR, 3,
         "a path of 133 bytes"},
    };
    EXPECT_FINDINGS(cases);
}

static void endpoints_belong_to_one_socket(void **state)
{
    fixture_t *self = *state;
    static const finding_case_t cases[] = {
        {ONE_WITH("tcp://127.0.0.1:2", "tcp://127.0.0.1:2"), CONFIG_ERROR, 6,
         "port 2 is taken twice: \"clients\" of One (line 5) and \"bus\" of One (line 6)"},
        {ONE_WITH("tcp://*:2", "tcp://127.0.0.1:2"), CONFIG_ERROR, 6, "port 2 is taken twice"},
        {ONE_WITH("tcp://*:2", "tcp://127.0.0.2:2"), CONFIG_ERROR, 6, "port 2 is taken twice"},
        {ONE_WITH("tcp://*:2 tcp://*:2", "tcp://127.0.0.1:1"), CONFIG_ERROR, 5, "taken twice"},
        {HERD MEMBERS LINK("Two") "    Two\n        clients = \"tcp://*:11490\"\n"
                                  "        bus = \"tcp://127.0.0.1:9\"\n" LINK("One"),
         CONFIG_ERROR, 9, "\"clients\" of One (line 5) and \"clients\" of Two (line 9)"},
        {HERD MEMBERS "        requests = \"ipc:///tmp/x\"\n        tap = \"ipc:///tmp/x\"\n",
         CONFIG_ERROR, 8, "/tmp/x is taken twice"},
    };
    EXPECT_FINDINGS(cases);

    /* Two machines: each has its own port 1 and its own /run/herd. */
    config_t *config = load(self, HERD "    security = \"none\"\nmembers\n"
                                       "    One\n"
                                       "        clients = \"tcp://*:1\"\n"
                                       "        requests = \"ipc:///tmp/x\"\n"
                                       "        bus = \"tcp://10.0.0.1:2\"\n"
                                       "        neighbours = \"Two\"\n"
                                       "    Two\n"
                                       "        clients = \"tcp://*:1\"\n"
                                       "        requests = \"ipc:///tmp/x\"\n"
                                       "        bus = \"tcp://10.0.0.2:2\"\n"
                                       "        neighbours = \"One\"\n");
    assert_int_equal(self->findings.count, 0);
    assert_non_null(config);
    config_destroy(&config);
    /* The same port at two addresses, of one member. */
    config = load(self, ONE_WITH("tcp://127.0.0.2:1", "tcp://127.0.0.1:1"));
    assert_int_equal(self->findings.count, 0);
    config_destroy(&config);
}

static void neighbours_are_members(void **state)
{
    static const finding_case_t cases[] = {
        {HERD MEMBERS LINK("Twoo") TWO LINK("One"), CONFIG_ERROR, 7, "did you mean \"Two\"?"},
        {HERD MEMBERS LINK("Bruin") TWO LINK("One"), CONFIG_ERROR, 7, "no member has this name"},
        {HERD MEMBERS LINK("One"), CONFIG_ERROR, 7, "names itself"},
        {HERD MEMBERS LINK("Two Two") TWO LINK("One"), CONFIG_ERROR, 7, "named twice"},
        {HERD MEMBERS LINK("Two, One") TWO, CONFIG_ERROR, 7, "unknown neighbour"},
        {HERD MEMBERS TWO, CONFIG_WARNING, 7, "no chain of links joins One to Two"},
    };
    fixture_t *self = *state;
    findings_expect(cases, 4);
    findings_expect(cases + 5, 1);
    assert_null(load(self, cases[4].text));
    assert_int_equal(self->findings.count, 2); /* "Two," and One itself */
}

#define ACKNOWLEDGE(value) HERD "    acknowledge = \"" value "\"\n"
#define THREE                                                                                      \
    "    Three\n"                                                                                  \
    "        clients = \"tcp://127.0.0.1:11492\"\n"                                                \
    "        bus = \"tcp://127.0.0.1:11592\"\n"

static void acknowledging_peers_are_neighbours(void **state)
{
    static const finding_case_t cases[] = {
        {ACKNOWLEDGE("") MEMBERS, CONFIG_ERROR, 3,
         "\"memory\", or \"peers N\" with N from 1 to 16"},
        {ACKNOWLEDGE("Memory") MEMBERS, CONFIG_ERROR, 3, "not \"Memory\""},
        {ACKNOWLEDGE("memory 1") MEMBERS, CONFIG_ERROR, 3, "not \"memory 1\""},
        {ACKNOWLEDGE("peers") MEMBERS, CONFIG_ERROR, 3, "not \"peers\""},
        {ACKNOWLEDGE("peers 0") MEMBERS, CONFIG_ERROR, 3, "not \"peers 0\""},
        {ACKNOWLEDGE("peers 17") MEMBERS, CONFIG_ERROR, 3, "not \"peers 17\""},
        {ACKNOWLEDGE("peers -1") MEMBERS, CONFIG_ERROR, 3, "not \"peers -1\""},
        {ACKNOWLEDGE("peers 1 2") MEMBERS, CONFIG_ERROR, 3, "not \"peers 1 2\""},
        {ACKNOWLEDGE("peer 1") MEMBERS, CONFIG_ERROR, 3, "not \"peer 1\""},
        {ACKNOWLEDGE("1") MEMBERS, CONFIG_ERROR, 3, "not \"1\""},
        {ACKNOWLEDGE("disk") MEMBERS, CONFIG_ERROR, 3, "journal = \"yes\" is missing"},
        {ACKNOWLEDGE("disk peers 0") MEMBERS, CONFIG_ERROR, 3, "not \"disk peers 0\""},
        {ACKNOWLEDGE("disk 2") MEMBERS, CONFIG_ERROR, 3, "or with the disk \"disk\""},
        {ACKNOWLEDGE("memory disk") MEMBERS, CONFIG_ERROR, 3, "or \"disk peers N\", not"},
        {ACKNOWLEDGE("peers 1 disk") MEMBERS, CONFIG_ERROR, 3, "or \"disk peers N\", not"},
        {HERD "    journal = \"on\"\n" MEMBERS, CONFIG_ERROR, 3, "\"yes\" or \"no\""},
        {HERD MEMBERS "        single = \"true\"\n", CONFIG_ERROR, 7, "\"yes\" or \"no\""},
        {HERD "    journal_interval = \"60001\"\n" MEMBERS, CONFIG_ERROR, 3, "from 0 to 60000"},
        {ACKNOWLEDGE("peers 1") MEMBERS, CONFIG_ERROR, 5,
         "in line 3 waits for 1 neighbour, but One has 0"},
        /* A link that one side alone names counts for both; an unknown name is the only finding. */
        {ACKNOWLEDGE("peers 2") MEMBERS LINK("Two Three") TWO LINK("One Three") THREE LINK("One"),
         CONFIG_WARNING, 12, "Two names Three as a neighbour"},
        {ACKNOWLEDGE("peers 2") MEMBERS LINK("Two Three")
             TWO LINK("One") "        tap = \"tcp://127.0.0.1:9\"\n" THREE LINK("One Twoo"),
         CONFIG_ERROR, 17, "did you mean \"Two\"?"},
    };
    fixture_t *self = *state;
    EXPECT_FINDINGS(cases);

    assert_null(load(self, ACKNOWLEDGE("peers 2") MEMBERS LINK("Two Three") TWO LINK("One")
                               THREE LINK("One")));
    assert_int_equal(self->findings.count, 2);
    assert_int_equal(self->findings.lines[0], 12);
    assert_string_equal(self->findings.texts[0],
                        "\"acknowledge\" in line 3 waits for 2 neighbours, but Two has 1: no IAMAT "
                        "there would ever be answered");
    assert_int_equal(self->findings.lines[1], 16);
    assert_non_null(strstr(self->findings.texts[1], "but Three has 1"));

    config_t *config = load(self, ACKNOWLEDGE(" peers  1 ") MEMBERS LINK("Two") TWO LINK("One"));
    assert_int_equal(self->findings.count, 0);
    assert_non_null(config);
    assert_int_equal(config->acknowledge_peers, 1);
    assert_false(config->acknowledge_disk);
    config_destroy(&config);

    config = load(self, ACKNOWLEDGE("disk") "    journal = \"yes\"\n" MEMBERS);
    assert_int_equal(self->findings.count, 0);
    assert_non_null(config);
    assert_true(config->journal && config->acknowledge_disk && config->acknowledge_peers == 0);
    config_destroy(&config);
    config = load(self, ACKNOWLEDGE("disk peers 1") "    journal = \"yes\"\n" MEMBERS LINK("Two")
                            TWO LINK("One"));
    assert_int_equal(self->findings.count, 0);
    assert_non_null(config);
    assert_true(config->acknowledge_disk && config->acknowledge_peers == 1);
    config_destroy(&config);
}

static void findings_come_by_line(void **state)
{
    fixture_t *self = *state;
    assert_null(load(self, "members\n"
                           "    One\n"
                           "        bus = \"x\"\n"
                           "        colour = \"red\"\n"
                           "herd\n"
                           "    max_line = \"1\"\n"));
    assert_int_equal(self->findings.count, 5);
    static const unsigned lines[] = {2, 3, 4, 5, 6};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(self->findings.lines[i], lines[i]);
    }
}

static void unreadable_files_are_told(void **state)
{
    fixture_t *self = *state;
    assert_null(findings_load(&self->findings, self->file));
    assert_int_equal(self->findings.count, 1);
    assert_int_equal(self->findings.lines[0], 0);
    assert_string_equal(self->findings.texts[0], "cannot be opened: No such file or directory");
    assert_int_equal(mkdir(self->file, 0700), 0);
    assert_null(findings_load(&self->findings, self->file));
    assert_int_equal(self->findings.count, 1);
    assert_non_null(strstr(self->findings.texts[0], "cannot be read"));
    assert_int_equal(rmdir(self->file), 0);
    assert_null(load(self, ""));
    assert_int_equal(self->findings.count, 2); /* no herd, no members */
}

/* The whole of a file of the sources; caller frees. */
static char *read_source(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", HERD_SOURCE_DIR, name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *text = calloc(1, LIMIT_CONFIG_SIZE + 1);
    assert_non_null(text);
    assert_true(fread(text, 1, LIMIT_CONFIG_SIZE, file) > 0);
    fclose(file);
    return text;
}

static void every_key_is_documented_and_in_the_sample(void **state)
{
    fixture_t *self = *state;
    char *documentation = read_source("docs/configuration.md");
    char *manual = read_source("docs/man/herd.cfg.5");
    char *sample = read_source("deploy/herd.cfg");
    const config_table_t *table = config_table();
    for (size_t i = 0; i < table->count; i++) {
        const config_key_t *key = &table->rows[i];
        const char *in_documentation = arena_format(
            &self->arena, key->section == CONFIG_SECTION_ROOT ? "\n## %s\n" : "\n| `%s` | ",
            key->name);
        const char *row = strstr(documentation, in_documentation);
        if (row == NULL) {
            fail_msg("docs/configuration.md lacks the key %s", key->name);
            break;
        }
        if (key->default_text != NULL) {
            const char *end = strchr(row + 1, '\n');
            const char *given =
                arena_format(&self->arena, key->default_text[0] != '\0' ? "`%s`" : "`\"%s\"`",
                             key->default_text);
            const char *found = strstr(row, given);
            assert_true(found != NULL && found < end);
        }
        if (strstr(manual, arena_format(&self->arena, "\n.It Ic %s", key->name)) == NULL) {
            fail_msg("docs/man/herd.cfg.5 lacks the key %s", key->name);
        }
        if (strstr(sample, arena_format(&self->arena, key->parse != NULL ? " %s = \"" : "%s\n",
                                        key->name)) == NULL) {
            fail_msg("deploy/herd.cfg lacks the key %s", key->name);
        }
    }
    free(sample);
    free(manual);
    free(documentation);
}

/* Decision 35: not where links lead. */
static void a_herd_file_is_where_it_is_named(void **state)
{
    fixture_t *self = *state;
    const char *link = arena_format(&self->arena, "%s/link", self->folder);
    const char *file = arena_format(&self->arena, "%s/herd.cfg", link);
    char *before = get_current_dir_name();
    assert_int_equal(mkdir(link, 0700), 0);
    workspace_write(self->file, TEXT(HERD MEMBERS));
    assert_int_equal(symlink(self->file, file), 0);
    static const char *const spellings[] = {"link/herd.cfg", "./link//herd.cfg", "link/./herd.cfg"};
    assert_int_equal(chdir(self->folder), 0);
    for (size_t i = 0; i < ARRAY_COUNT(spellings); i++) {
        config_t *config = findings_load(&self->findings, spellings[i]);
        assert_non_null(config);
        assert_string_equal(config->file, spellings[i]);
        assert_string_equal(config->path, file);
        assert_string_equal(config->run_dir, arena_format(&self->arena, "%s/run", link));
        config_destroy(&config);
    }
    assert_int_equal(chdir(link), 0);
    config_t *config = findings_load(&self->findings, "herd.cfg");
    assert_string_equal(config->path, file);
    config_destroy(&config);
    config = findings_load(&self->findings, "../link/herd.cfg");
    assert_string_equal(config->path, arena_format(&self->arena, "%s/../link/herd.cfg", link));
    config_destroy(&config);
    assert_int_equal(chdir(before), 0);
    free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CONFIG_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CONFIG_TEST(smallest_file_has_every_default),
        CONFIG_TEST(every_key_is_taken),
        CONFIG_TEST(links_are_two_way),
        CONFIG_TEST(bad_zpl_is_told_by_line),
        CONFIG_TEST(sizes_end_at_their_limits),
        CONFIG_TEST(zero_bytes_are_no_end),
        CONFIG_TEST(keys_are_known_and_once),
        CONFIG_TEST(values_have_their_ranges),
        CONFIG_TEST(endpoints_are_checked),
        CONFIG_TEST(endpoints_belong_to_one_socket),
        CONFIG_TEST(a_herd_file_is_where_it_is_named),
        CONFIG_TEST(neighbours_are_members),
        CONFIG_TEST(acknowledging_peers_are_neighbours),
        CONFIG_TEST(findings_come_by_line),
        CONFIG_TEST(unreadable_files_are_told),
        CONFIG_TEST(every_key_is_documented_and_in_the_sample),
    };
    return workspace_finish(cmocka_run_group_tests_name("config", tests, NULL, NULL));
}
