/* The five nearest places within ten kilometres, printed as JSON. */
#include "tests/support/cmocka_herd.h"

#include "node/places/local.h"
#include "tests/instructions/counted.h"
#include "tests/sim/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    ROWS = 5000,
    QUESTIONS = 200,
    RESULTS = 5,
    ANSWER_SIZE_MAX = 1 << 16,
    /* Millionths of a degree: the places lie in a square of half a degree. */
    SIDE_E6 = 500000,
};

static double degrees(random_t *random, int whole, int margin_e6)
{
    return whole +
           (double)((uint64_t)margin_e6 + random_below(random, SIDE_E6 - 2 * margin_e6)) / 1e6;
}

/* Rows in the form of a GeoNames dump (geonames.h). */
static void write_rows(const char *path)
{
    random_t random;
    random_init(&random, 1, 1);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 1; i <= ROWS; i++) {
        double latitude = degrees(&random, 34, 0);
        double longitude = -degrees(&random, 118, 0);
        int size =
            fprintf(file,
                    "%d\tPlace %d\tPlace %d\t\t%.5f\t%.5f\tP\tPPL\tUS\t\tCA\t037\t\t\t%d\t\t"
                    "89\tAmerica/Los_Angeles\t2019-09-05\n",
                    5000000 + i, i, i, latitude, longitude, (int)random_below(&random, 100000));
        assert_true(size > 0);
    }
    assert_int_equal(fclose(file), 0);
}

static places_local_t *open_places(void)
{
    char path[] = "/tmp/herd-instructions-XXXXXX";
    places_local_t *places = NULL;
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    write_rows(path);
    status_t status = places_local_open(path, GEONAMES_ALL_CLASSES, &places);
    unlink(path);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(places_local_load(places)->row_count, ROWS);
    return places;
}

/* Occurrences of `word`. */
static int count_words(text_t text, const char *word)
{
    int count = 0;
    while (text.size > 0) {
        const char *found = memmem(text.data, text.size, word, strlen(word));
        if (found == NULL) {
            break;
        }
        count++;
        text = text_after(text, (size_t)(found - text.data) + strlen(word));
    }
    return count;
}

void places_paths(void **state)
{
    (void)state;
    places_local_t *places = open_places();
    random_t random;
    buffer_t out;
    random_init(&random, 1, 2);
    buffer_init(&out, ANSWER_SIZE_MAX);
    for (int i = 0; i < QUESTIONS; i++) {
        places_local_query_t query = {.latitude_deg = degrees(&random, 34, SIDE_E6 / 10),
                                      .longitude_deg = -degrees(&random, 118, SIDE_E6 / 10),
                                      .radius_m = 10000,
                                      .maximum = RESULTS};
        buffer_clear(&out);
        counted_begin();
        status_t status = places_local_answer(places, &query, &out);
        counted_end("whatsat", 1, "question");
        assert_int_equal(status, STATUS_OK);
        assert_int_equal(count_words(buffer_text(&out), "\"place_id\" : \"geonames:5"), RESULTS);
        assert_int_equal(count_words(buffer_text(&out), "\"status\" : \"OK\""), 1);
    }
    buffer_done(&out);
    places_local_close(&places);
}
