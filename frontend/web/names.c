/* The file is read by read(2), not mapped: whoever cuts it meanwhile costs names, not the process.
 * What is half written is read again, for a look every five seconds finds the file changed. */
#include "frontend/web/names.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/json/quote.h"
#include "common/places/file.h"
#include "common/places/row.h"
#include "frontend/web/geo/towns.h"

#include <assert.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LOOK_MS = 5000,
    CHUNK_SIZE = 1 << 20, /* bytes that are read at once */
};

static_assert((int)CHUNK_SIZE > (int)LIMIT_PLACE_ROW_SIZE && (int)CHUNK_SIZE > (int)PLACES_ROW_SIZE,
              "a row has room");

/* What tells one content of the file from another. */
typedef struct {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
} version_t;

struct names {
    const config_t *config;
    uv_timer_t timer;
    uv_work_t work;
    bool reading;        /* in a thread; what follows, up to `towns`, is the thread's then */
    atomic_bool stopped; /* the thread is to end */
    version_t version;   /* of what was read last, or is being read */
    towns_t found;
    towns_t towns;
};

static bool take_row(text_t *rest, bool imported, bool ended, geonames_row_t *ret_row,
                     bool *ret_is_row)
{
    if (imported) {
        *ret_is_row =
            (ended || rest->size >= PLACES_ROW_SIZE) && places_row_take(rest, ret_row) == STATUS_OK;
        return *ret_is_row;
    }
    text_t line;
    /* the last one may lack its LF */
    if (!text_take_line(rest, &line) && !(ended && text_take_until(rest, '\n', &line))) {
        return false;
    }
    *ret_is_row = geonames_parse_row(line, ret_row) == STATUS_OK;
    return true;
}

/* Takes all rows that are whole; returns what is left. */
static text_t take_rows(names_t *self, text_t rest, bool imported, bool ended)
{
    geonames_row_t row;
    bool is_row;
    while (rest.size > 0 && take_row(&rest, imported, ended, &row, &is_row)) {
        if (is_row && geonames_has_class(self->config->places_classes, row.feature_class)) {
            towns_take(&self->found, &row);
        }
    }
    return rest;
}

/* Reads until the buffer is full, or the file ends. */
static size_t read_more(int file, char *bytes, size_t size)
{
    size_t have = 0;
    ssize_t got;
    while (have < size && (got = read(file, bytes + have, size - have)) > 0) {
        have += (size_t)got;
    }
    return have;
}

static void read_all(names_t *self, int file)
{
    char *bytes = memory_new(CHUNK_SIZE);
    size_t have = read_more(file, bytes, PLACES_FILE_HEADER_SIZE);
    bool imported = places_file_is((text_t){.data = bytes, .size = have});
    places_file_header_t header = {0};
    uint64_t left = UINT64_MAX; /* bytes of rows that are still to be read */
    if (imported) {
        memcpy(&header, bytes, have < sizeof header ? have : sizeof header);
        left = header.rows_size;
        have = 0;
    }
    for (bool ended = false; !ended && !atomic_load(&self->stopped);) {
        size_t room = CHUNK_SIZE - have;
        size_t wanted = room < left ? room : (size_t)left;
        size_t got = read_more(file, bytes + have, wanted);
        left -= got;
        ended = got < wanted || left == 0;
        text_t rest = take_rows(self, (text_t){.data = bytes, .size = have + got}, imported, ended);
        if (rest.size == CHUNK_SIZE) {
            break; /* no row is so long */
        }
        memmove(bytes, rest.data, rest.size);
        have = rest.size;
    }
    free(bytes);
}

/* In a thread. */
static void on_work(uv_work_t *work)
{
    names_t *self = work->data;
    int file = open(self->config->places_file, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        read_all(self, file);
        close(file);
    }
    towns_end(&self->found);
}

static void on_worked(uv_work_t *work, int outcome)
{
    names_t *self = work->data;
    (void)outcome;
    self->reading = false;
    towns_done(&self->towns);
    self->towns = self->found;
    self->found = (towns_t){0};
}

static bool is_same(const version_t *one, const version_t *other)
{
    return one->device == other->device && one->inode == other->inode && one->size == other->size &&
           one->changed.tv_sec == other->changed.tv_sec &&
           one->changed.tv_nsec == other->changed.tv_nsec;
}

/* Reads the file if it is another one. A file that is gone changes nothing. */
static void on_look(uv_timer_t *timer)
{
    names_t *self = timer->data;
    struct stat state;
    if (self->reading || stat(self->config->places_file, &state) != 0 || !S_ISREG(state.st_mode)) {
        return;
    }
    const version_t version = {.device = state.st_dev,
                               .inode = state.st_ino,
                               .size = state.st_size,
                               .changed = state.st_mtim};
    if (!is_same(&version, &self->version)) {
        self->version = version;
        self->reading = uv_queue_work(timer->loop, &self->work, on_work, on_worked) == 0;
    }
}

names_t *names_new(uv_loop_t *loop, const config_t *config)
{
    names_t *self = memory_new(sizeof *self);
    self->config = config;
    self->work.data = self;
    uv_timer_init(loop, &self->timer);
    self->timer.data = self;
    if (config->places == CONFIG_PLACES_LOCAL && config->places_file != NULL) {
        uv_timer_start(&self->timer, on_look, 0, LOOK_MS);
    }
    return self;
}

void names_stop(names_t *self)
{
    atomic_store(&self->stopped, true);
    if (!uv_is_closing((uv_handle_t *)&self->timer)) {
        uv_close((uv_handle_t *)&self->timer, NULL);
    }
}

void names_destroy(names_t **self_p)
{
    names_t *self = *self_p;
    if (self != NULL) {
        towns_done(&self->towns);
        towns_done(&self->found);
        free(self);
        *self_p = NULL;
    }
}

static void put_town(const town_t *town, sheet_t *sheet)
{
    sheet_put_string(sheet,
                     "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[");
    sheet_format(sheet, "%.5f,%.5f]},\"properties\":{\"name\":", town->longitude_e7 / 1e7,
                 town->latitude_e7 / 1e7);
    quote_put_json(sheet, (text_t){.data = town->name, .size = town->name_size});
    sheet_format(sheet, ",\"population\":%llu}}", (unsigned long long)town->population);
}

void names_write(const names_t *self, const area_box_t *box, size_t limit, sheet_t *sheet)
{
    size_t index = 0;
    const town_t *town;
    for (size_t i = 0; i < limit && (town = towns_next(&self->towns, box, &index)) != NULL; i++) {
        if (i > 0) {
            sheet_put_byte(sheet, ',');
        }
        put_town(town, sheet);
    }
}
