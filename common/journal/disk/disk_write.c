/* Transactions. Chunks go into one of LMDB as they come; it is committed when it is large, and at
 * the end, with the state. What was put and never got a state lies beyond the tail of the one that
 * is there: it goes with the next transaction after a failure, or at the next start. */
#include "common/journal/disk/disk_parts.h"

enum {
    MAPPED_AROUND = 65536, /* bytes, by one access (fault_around_bytes of the kernel) */
    /* Commits after which places of readers that have died are given back. */
    COMMITS_PER_READER_CHECK = 64,
};

void journal_disk_abort(journal_disk_t *self)
{
    journal_disk_drop(self);
    self->trims = true;
}

/* A transaction failed: it is lost, and the environment is not used any more. */
static status_t fail(journal_disk_t *self, int error, const char *what,
                     journal_disk_problem_t *problem)
{
    MDB_envinfo info;
    if (error == MDB_MAP_FULL && self->env != NULL) {
        journal_disk_abort(self);
        mdb_env_info(self->env, &info);
        error = mdb_env_set_mapsize(self->env, 2 * info.me_mapsize);
        journal_disk_say(problem, "%s: the map is full", self->folder);
        if (error == 0) {
            return STATUS_AGAIN;
        }
    }
    status_t status = journal_disk_status(self, error, what, problem);
    journal_disk_end_environment(self);
    self->trims = true;
    return status;
}

/* So much of the file has been looked at, with what the kernel maps around it. */
static void touch(journal_disk_t *self, size_t size)
{
    self->touched += size + MAPPED_AROUND;
    if (self->touched >= JOURNAL_DISK_STAGE_SIZE) {
        journal_disk_let_go(self);
        self->touched = 0;
    }
}

/* Deletes the chunk at the cursor. */
static int delete_at(journal_disk_t *self, MDB_cursor *cursor, const journal_chunk_name_t *name,
                     size_t size)
{
    self->records -= name->count <= self->records ? name->count : self->records;
    self->bytes -= size <= self->bytes ? size : self->bytes;
    touch(self, size);
    return mdb_cursor_del(cursor, 0);
}

/* Whether a chunk goes. */
typedef bool chunk_goes_fn(const journal_disk_t *self, const journal_part_t *end,
                           const journal_chunk_name_t *name);

static bool is_beyond(const journal_disk_t *self, const journal_part_t *end,
                      const journal_chunk_name_t *name)
{
    (void)end;
    return name->first > self->tail;
}

/* J4: all of it was compacted by this transaction, whose own chunks have greater serials. */
static bool is_replaced(const journal_disk_t *self, const journal_part_t *end,
                        const journal_chunk_name_t *name)
{
    return journal_part_replaces(end, name) && (int32_t)(name->serial - self->serial) <= 0;
}

/* Deletes those that go, among all whose first index is `from` to `until`. */
static int delete_chunks(journal_disk_t *self, chunk_goes_fn *goes, const journal_part_t *end,
                         uint64_t from, uint64_t until)
{
    unsigned char bytes[JOURNAL_CHUNK_KEY_SIZE];
    journal_chunk_name_t name = {.first = from};
    MDB_val key = {.mv_size = sizeof bytes, .mv_data = bytes};
    MDB_val value;
    MDB_cursor *cursor;
    journal_chunk_write_key(&name, bytes);
    int error = mdb_cursor_open(self->txn, self->database, &cursor);
    if (error != 0) {
        return error;
    }
    error = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (error == 0) {
        text_t text = {.data = key.mv_data, .size = key.mv_size};
        if (journal_chunk_parse_key(text, &name)) {
            if (name.first > until) {
                break;
            }
            error = goes(self, end, &name) ? delete_at(self, cursor, &name, value.mv_size) : 0;
        }
        /* After a deletion the cursor stands before the next one. */
        error = error == 0 ? mdb_cursor_get(cursor, &key, &value, MDB_NEXT) : error;
    }
    mdb_cursor_close(cursor);
    return error == MDB_NOTFOUND ? 0 : error;
}

static int delete_dead(journal_disk_t *self)
{
    int error = 0;
    for (size_t i = 0; i < self->dead_count && error == 0; i++) {
        MDB_val key = {.mv_size = JOURNAL_CHUNK_KEY_SIZE,
                       .mv_data = self->dead + i * JOURNAL_CHUNK_KEY_SIZE};
        error = mdb_del(self->txn, self->database, &key, NULL);
        error = error == MDB_NOTFOUND ? 0 : error;
    }
    return error;
}

/* After an error: as at a start, but the store has it all. */
static status_t open_anew(journal_disk_t *self, journal_disk_problem_t *problem)
{
    journal_state_t state;
    status_t status = journal_disk_begin_environment(self, problem);
    if (status == STATUS_OK) {
        status = journal_disk_read_state(self, &state, problem);
        if (status == STATUS_OK) {
            journal_state_done(&state);
        } else if (status == STATUS_NOT_FOUND) {
            self->tail = 0;
            status = STATUS_OK;
        }
    }
    if (status != STATUS_OK) {
        journal_disk_end_environment(self);
    }
    return status;
}

/* Makes sure that a transaction is open. */
static status_t begin(journal_disk_t *self, journal_disk_problem_t *problem)
{
    if (self->txn != NULL) {
        return STATUS_OK;
    }
    if (self->env == NULL) {
        status_t status = open_anew(self, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    int error = mdb_txn_begin(self->env, NULL, 0, &self->txn);
    if (error != 0) {
        self->txn = NULL;
    } else if (self->trims) {
        error = delete_chunks(self, is_beyond, NULL, self->tail + 1, UINT64_MAX);
        self->trims = false;
    }
    return error == 0 ? STATUS_OK : fail(self, error, "begin to write", problem);
}

static int commit_stage(journal_disk_t *self)
{
    int error = mdb_txn_commit(self->txn);
    self->txn = NULL;
    self->staged = 0;
    if (error == 0) {
        self->committed_records = self->records;
        self->committed_bytes = self->bytes;
    }
    return error;
}

status_t journal_disk_put(journal_disk_t *self, const journal_part_t *part, char *chunk,
                          journal_disk_problem_t *ret_problem)
{
    unsigned char bytes[JOURNAL_CHUNK_KEY_SIZE];
    MDB_val key = {.mv_size = sizeof bytes, .mv_data = bytes};
    MDB_val value = {.mv_size = part->size, .mv_data = chunk};
    journal_chunk_seal(chunk, part->size);
    journal_chunk_write_key(&part->name, bytes);
    status_t status = begin(self, ret_problem);
    if (status != STATUS_OK) {
        return status;
    }
    int error = mdb_put(self->txn, self->database, &key, &value, 0);
    if (error == 0) {
        self->staged += part->size;
        touch(self, part->size);
        self->records += part->name.count;
        self->bytes += part->size;
        error = self->staged >= JOURNAL_DISK_STAGE_SIZE ? commit_stage(self) : 0;
    }
    return error == 0 ? STATUS_OK : fail(self, error, "write to it", ret_problem);
}

static int put_state(journal_disk_t *self, const journal_state_t *state)
{
    buffer_t text;
    buffer_init(&text, JOURNAL_STATE_SIZE);
    journal_state_write(state, &text);
    MDB_val key = {.mv_size = sizeof JOURNAL_DISK_STATE_KEY - 1,
                   .mv_data = (void *)(uintptr_t)JOURNAL_DISK_STATE_KEY};
    MDB_val value = {.mv_size = text.size, .mv_data = text.data};
    int error = mdb_put(self->txn, self->database, &key, &value, 0);
    buffer_done(&text);
    return error;
}

static void check_readers(journal_disk_t *self)
{
    int dead;
    if (++self->commits % COMMITS_PER_READER_CHECK == 0) {
        /* If it fails the file grows, and is shrunk at the next start. */
        (void)mdb_reader_check(self->env, &dead);
    }
}

status_t journal_disk_commit(journal_disk_t *self, const journal_part_t *end,
                             const journal_state_t *state, journal_disk_problem_t *ret_problem)
{
    status_t status = begin(self, ret_problem);
    if (status != STATUS_OK) {
        return status;
    }
    int error = end->from < end->until ? delete_chunks(self, is_replaced, end, 0, end->until) : 0;
    error = error == 0 ? delete_dead(self) : error;
    error = error == 0 ? put_state(self, state) : error;
    error = error == 0 ? commit_stage(self) : error;
    if (error != 0) {
        return fail(self, error, "write to it", ret_problem);
    }
    self->dead_count = 0;
    self->tail = state->tail;
    self->serial = state->serial;
    check_readers(self);
    return STATUS_OK;
}
