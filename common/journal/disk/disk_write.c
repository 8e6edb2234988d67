/* Transactions. Chunks go into one of LMDB as they come; it is committed when it is large, and at
 * the end, with the state. What was put and never got a state lies beyond the tail of the one that
 * is there: it goes with the next transaction after a failure, or at the next start.
 *
 * A small one that only adds is brought to the disk by the file of recent.h, while LMDB's stays
 * open, with that chunk and state. If LMDB's is lost, the next one begins with all that this file
 * has; nothing more goes there until LMDB has committed that. */
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
        journal_recent_close(self->recent);
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
    return name->first > self->committed.tail;
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
    status_t status = journal_disk_begin_environment(self, problem);
    if (status == STATUS_OK) {
        status = journal_disk_read_committed(self, NULL, problem);
        if (status == STATUS_OK) { /* a commit that failed may be there all the same */
            journal_recent_compare(self->recent, self->committed.base);
        }
        status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    if (status != STATUS_OK) {
        journal_disk_end_environment(self);
    }
    return status;
}

static int put(journal_disk_t *self, text_t key, text_t value)
{
    MDB_val of_key = {.mv_size = key.size, .mv_data = (void *)(uintptr_t)key.data};
    MDB_val of_value = {.mv_size = value.size, .mv_data = (void *)(uintptr_t)value.data};
    return mdb_put(self->txn, self->database, &of_key, &of_value, 0);
}

static int put_chunk(journal_disk_t *self, const journal_chunk_name_t *name, text_t chunk)
{
    unsigned char bytes[JOURNAL_CHUNK_KEY_SIZE];
    journal_chunk_write_key(name, bytes);
    self->staged += chunk.size;
    touch(self, chunk.size);
    return put(self, (text_t){.data = (const char *)bytes, .size = sizeof bytes}, chunk);
}

static int put_state(journal_disk_t *self, text_t text, uint64_t tail, uint32_t serial)
{
    self->put = (journal_disk_state_t){
        .is_there = true, .base = journal_recent_base(text), .tail = tail, .serial = serial};
    return put(self, TEXT(JOURNAL_DISK_STATE_KEY), text);
}

/* Puts the state of an entry, whose checksum was right, or which was written here. */
static int put_read_state(journal_disk_t *self, text_t text)
{
    journal_state_t state;
    if (journal_state_read(text, &state) != STATUS_OK) {
        return MDB_CORRUPTED;
    }
    int error = put_state(self, text, state.tail, state.serial);
    journal_state_done(&state);
    return error;
}

/* What is on the disk, and not committed by LMDB. It counts among the records and bytes already. */
static int put_recent(journal_disk_t *self)
{
    journal_recent_entry_t entry;
    journal_chunk_name_t name;
    size_t place = 0;
    int error = 0;
    while (error == 0 && journal_recent_next(self->recent, &place, &entry)) {
        if (journal_chunk_read_name(entry.chunk, &name)) {
            error = put_chunk(self, &name, entry.chunk);
        }
        error = error == 0 ? put_read_state(self, entry.state) : error;
    }
    return error;
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
        error = delete_chunks(self, is_beyond, NULL, self->committed.tail + 1, UINT64_MAX);
        self->trims = false;
    }
    error = error == 0 ? put_recent(self) : error;
    return error == 0 ? STATUS_OK : fail(self, error, "begin to write", problem);
}

static int commit_stage(journal_disk_t *self)
{
    int error = mdb_txn_commit(self->txn);
    self->txn = NULL;
    self->staged = 0;
    self->kept_size = 0; /* its place is another one then, and it is no first chunk any more */
    if (error == 0) {
        self->committed_records = self->records;
        self->committed_bytes = self->bytes;
        self->committed = self->put;
    }
    /* Before there is a state, nothing goes behind it. */
    if (error == 0 && self->committed.is_there) {
        journal_recent_begin(self->recent, self->folder, self->committed.base);
    }
    return error;
}

/* The first chunk of a transaction may be all of it. */
static void keep_chunk(journal_disk_t *self, text_t chunk)
{
    self->kept_size = 0;
    if (self->chunks++ == 0 && journal_recent_has_room(self->recent, chunk.size, 0)) {
        journal_recent_keep(self->recent, chunk);
        self->kept_size = chunk.size;
    }
}

status_t journal_disk_put(journal_disk_t *self, const journal_part_t *part, char *chunk,
                          journal_disk_problem_t *ret_problem)
{
    text_t text = {.data = chunk, .size = part->size};
    journal_chunk_seal(chunk, part->size);
    status_t status = begin(self, ret_problem);
    if (status != STATUS_OK) {
        return status;
    }
    int error = put_chunk(self, &part->name, text);
    if (error == 0) {
        self->records += part->name.count;
        self->bytes += part->size;
        keep_chunk(self, text);
        error = self->staged >= JOURNAL_DISK_STAGE_SIZE ? commit_stage(self) : 0;
    }
    return error == 0 ? STATUS_OK : fail(self, error, "write to it", ret_problem);
}

static void check_readers(journal_disk_t *self)
{
    int dead;
    if (++self->commits % COMMITS_PER_READER_CHECK == 0) {
        /* If it fails the file grows, and is shrunk at the next start. */
        (void)mdb_reader_check(self->env, &dead);
    }
}

/* Whether the transaction is what an entry of recent.h can have. */
static bool is_small(const journal_disk_t *self, const journal_part_t *end, text_t state)
{
    bool kept = self->chunks == 0 || (self->chunks == 1 && self->kept_size > 0);
    return kept && end->from == end->until && self->dead_count == 0 && self->committed.is_there &&
           journal_recent_has_room(self->recent, self->kept_size, state.size);
}

/* On the disk; LMDB's transaction stays open. */
static int commit_small(journal_disk_t *self, text_t state)
{
    int error = journal_recent_write(self->recent, self->kept_size, state);
    if (error == 0) {
        self->committed_records = self->records;
        self->committed_bytes = self->bytes;
    }
    return error;
}

static int commit_all(journal_disk_t *self, const journal_part_t *end)
{
    int error = end->from < end->until ? delete_chunks(self, is_replaced, end, 0, end->until) : 0;
    error = error == 0 ? delete_dead(self) : error;
    error = error == 0 ? commit_stage(self) : error;
    if (error == 0) {
        self->dead_count = 0;
        check_readers(self);
    }
    return error;
}

status_t journal_disk_commit(journal_disk_t *self, const journal_part_t *end,
                             const journal_state_t *state, journal_disk_problem_t *ret_problem)
{
    status_t status = begin(self, ret_problem);
    if (status != STATUS_OK) {
        return status;
    }
    buffer_t buffer;
    buffer_init(&buffer, JOURNAL_STATE_SIZE);
    journal_state_write(state, &buffer);
    text_t text = {.data = buffer.data, .size = buffer.size};
    int error = put_state(self, text, state->tail, state->serial);
    if (error == 0) {
        error = is_small(self, end, text) ? commit_small(self, text) : commit_all(self, end);
    }
    buffer_done(&buffer);
    self->chunks = self->kept_size = 0;
    if (error != 0) {
        return fail(self, error, "write to it", ret_problem);
    }
    self->serial = state->serial;
    return STATUS_OK;
}

bool journal_disk_is_settled(const journal_disk_t *self)
{
    return journal_recent_is_empty(self->recent);
}

status_t journal_disk_settle(journal_disk_t *self, journal_disk_problem_t *ret_problem)
{
    if (journal_disk_is_settled(self) || self->chunks > 0) {
        return STATUS_OK;
    }
    status_t status = begin(self, ret_problem);
    if (status != STATUS_OK) {
        return status;
    }
    int error = commit_stage(self);
    return error == 0 ? STATUS_OK : fail(self, error, "write to it", ret_problem);
}
