/* How long places take: importing, starting, asking. By hand, best in the release preset:
 *
 *   bench_places [ROWS]      a made-up dump of ROWS rows (2,000,000), in $TMPDIR
 *
 * "cold": the file was dropped from the page cache before. Run by ctest with the label bench. */
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "node/places/local.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/dump.h"
#include "tests/support/herd.h"
#include "tests/support/process.h"
#include "tests/support/workspace.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ROWS = 2000000,
    QUERIES = 200000,
    MEDIAN = QUERIES / 2,
    OF_100 = QUERIES / 100 * 99,
    OF_1000 = QUERIES / 1000 * 999,
    IMPORT_LIMIT_MS = 600000
};

/* What is measured (open value struct; the paths are freed by main). */
typedef struct {
    size_t row_count;
    char *folder;
    char *dump;
    char *imported;
    double query_us[QUERIES];
} bench_t;

static double seconds_since(int64_t begin_ns)
{
    return (double)(clock_steady_ns() - begin_ns) / (double)TIMESTAMP_NS_PER_S;
}

static double megabytes(const char *path)
{
    struct stat found = {0};
    (void)stat(path, &found);
    return (double)found.st_size / 1e6;
}

static void forget_pages(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    fsync(file); /* only what is on the disk can be dropped */
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    close(file);
}

static void measure_import(const bench_t *self)
{
    char *program = herd_program("herdctl");
    char *output = workspace_path(self->folder, "output");
    const char *argv[] = {program, "places", "import", self->dump, self->imported, NULL};
    int64_t begin_ns = clock_steady_ns();
    int status = process_run(&(process_options_t){.argv = argv, .output = output}, IMPORT_LIMIT_MS);
    double seconds = seconds_since(begin_ns);
    assert_int_equal(status, 0);
    printf("import:                %8.2f s, %.0f rows/s, %.0f MB become %.0f MB\n", seconds,
           (double)self->row_count / seconds, megabytes(self->dump), megabytes(self->imported));
    free(output);
    free(program);
}

static void measure_start(const char *what, const char *path, const char *classes)
{
    geonames_classes_t set = 0;
    places_local_t *places = NULL;
    assert_int_equal(geonames_parse_classes(text_of(classes), &set), STATUS_OK);
    int64_t begin_ns = clock_steady_ns();
    assert_int_equal(places_local_open(path, set, &places), STATUS_OK);
    double seconds = seconds_since(begin_ns);
    const places_local_load_t *load = places_local_load(places);
    printf("%-22s %8.3f s, %zu rows, %.1f bytes of index a row\n", what, seconds, load->row_count,
           (double)load->index_size / (double)load->row_count);
    places_local_close(&places);
}

static int compare(const void *one_p, const void *other_p)
{
    double one = *(const double *)one_p;
    double other = *(const double *)other_p;
    return one < other ? -1 : one > other;
}

/* The nearest 5 in 10 km, in and near the towns, the larger the more often. */
static void measure_queries(bench_t *self, const char *what, const char *path)
{
    places_local_t *places = NULL;
    places_local_hit_t hits[5];
    size_t found = 0;
    dump_t *dump = dump_new(1);
    assert_int_equal(places_local_open(path, GEONAMES_ALL_CLASSES, &places), STATUS_OK);
    for (size_t i = 0; i < QUERIES; i++) {
        const dump_town_t *town = dump_town(dump);
        double north_deg = (double)dump_random(dump, 1000) / 10000 - 0.05;
        const places_local_query_t query = {.latitude_deg = town->latitude_deg + north_deg,
                                            .longitude_deg = town->longitude_deg,
                                            .radius_m = 10000,
                                            .maximum = 5};
        size_t count = 0;
        int64_t begin_ns = clock_steady_ns();
        assert_int_equal(places_local_nearest(places, &query, hits, &count), STATUS_OK);
        self->query_us[i] = seconds_since(begin_ns) * 1e6;
        found += count;
    }
    qsort(self->query_us, QUERIES, sizeof *self->query_us, compare);
    printf(
        "%-22s %8.2f us median, %.2f us in 99 of 100, %.2f us in 999 of 1000; %.2f places found\n",
        what, self->query_us[MEDIAN], self->query_us[OF_100], self->query_us[OF_1000],
        (double)found / QUERIES);
    places_local_close(&places);
    free(dump);
}

static void measure(void **state)
{
    bench_t *self = *state;
    dump_t *dump = dump_new(1);
    dump_write(dump, self->dump, self->row_count);
    free(dump);
    measure_import(self);
    measure_start("start, dump:", self->dump, "");
    measure_start("start, imported:", self->imported, "");
    measure_start("start, imported, PST:", self->imported, "PST");
    forget_pages(self->dump);
    measure_start("start, dump, cold:", self->dump, "");
    forget_pages(self->imported);
    measure_start("start, imported, cold:", self->imported, "");
    measure_queries(self, "query, dump:", self->dump);
    measure_queries(self, "query, imported:", self->imported);
}

int main(int argc, char **argv)
{
    uint64_t rows = ROWS;
    if (argc > 1 && (!text_to_u64(text_of(argv[1]), 100000000, &rows) || rows == 0)) {
        fprintf(stderr, "usage: bench_places [ROWS]\n");
        return EXIT_FAILURE;
    }
    bench_t *bench = memory_new(sizeof *bench);
    bench->row_count = rows;
    bench->folder = workspace_new();
    bench->dump = workspace_path(bench->folder, "dump.txt");
    bench->imported = workspace_path(bench->folder, "places.herd");
    const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(measure, bench)};
    int failed = cmocka_run_group_tests_name("bench/places", tests, NULL, NULL);
    free(bench->imported);
    free(bench->dump);
    free(bench->folder);
    free(bench);
    return workspace_finish(failed);
}
