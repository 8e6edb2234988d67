#include "deploy/herdctl/journal/stream.h"

#include "common/base/files.h"
#include "common/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_END, WRITE_END, ENDS };

/* DATA_DIR/MEMBER */
static char *folder_of(const config_t *config, const char *member)
{
    size_t size = strlen(config->data_dir) + strlen(member) + 2;
    char *folder = memory_new(size);
    snprintf(folder, size, "%s/%s", config->data_dir, member);
    return folder;
}

static bool has_journal(const char *folder)
{
    struct stat state;
    int place = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool has = place >= 0 && fstatat(place, "data.mdb", &state, 0) == 0;
    if (place >= 0) {
        close(place);
    }
    return has;
}

bool journal_stream_find(const config_t *config, const char *name, const char **ret_member,
                         char **ret_folder)
{
    if (name != NULL && config_member(config, name) == NULL) {
        fprintf(stderr, "herdctl: no member \"%s\" in %s\n", name, config->file);
        return false;
    }
    for (size_t i = 0; i < config->member_count; i++) {
        const char *member = config->members[i].name;
        char *folder = folder_of(config, member);
        if (name != NULL ? strcmp(member, name) == 0 : has_journal(folder)) {
            *ret_member = member;
            *ret_folder = folder;
            return true;
        }
        free(folder);
    }
    fprintf(stderr, "herdctl: no member of %s has a journal in %s\n", config->file,
            config->data_dir);
    return false;
}

/* Of the process's own user already, if that is not root. */
static bool become_owner(const char *folder)
{
    struct stat state;
    if (geteuid() != 0 || stat(folder, &state) != 0) {
        return true;
    }
    return setegid(state.st_gid) == 0 && seteuid(state.st_uid) == 0;
}

/* The other process. */
static void write_all(const char *folder, int bytes, int problem)
{
    journal_disk_problem_t text = {.text = "its owner's rights cannot be taken"};
    journal_disk_t *disk;
    /* LMDB waits for this signal of its own when no one reads any more. */
    signal(SIGPIPE, SIG_DFL);
    status_t status = STATUS_SYSTEM;
    if (become_owner(folder)) {
        status = journal_disk_settle_folder(folder, &text);
    }
    if (status == STATUS_OK) {
        status = journal_disk_open(folder, -1, &disk, &text);
    }
    if (status == STATUS_OK) {
        status = journal_disk_copy(disk, bytes, &text);
        journal_disk_close(&disk);
    }
    if (status != STATUS_OK) {
        (void)files_write(problem, text_of(text.text));
    }
    _exit(status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void close_ends(const int ends[ENDS])
{
    close(ends[READ_END]);
    close(ends[WRITE_END]);
}

bool journal_stream_open(const char *folder, journal_stream_t *ret_self)
{
    int bytes[ENDS];
    int problem[ENDS];
    if (pipe2(bytes, O_CLOEXEC) != 0) {
        return false;
    }
    if (pipe2(problem, O_CLOEXEC) != 0) {
        close_ends(bytes);
        return false;
    }
    (void)fflush(NULL); /* else both processes would print what is not printed yet */
    pid_t process = fork();
    if (process < 0) {
        close_ends(bytes);
        close_ends(problem);
        return false;
    }
    if (process == 0) {
        close(bytes[READ_END]);
        close(problem[READ_END]);
        write_all(folder, bytes[WRITE_END], problem[WRITE_END]);
    }
    close(bytes[WRITE_END]);
    close(problem[WRITE_END]);
    *ret_self = (journal_stream_t){
        .bytes = bytes[READ_END], .problem = problem[READ_END], .process = process};
    return true;
}

static void read_problem(int file, journal_disk_problem_t *problem)
{
    size_t size = 0;
    status_t status = files_read(file, problem->text, sizeof problem->text - 1, &size);
    problem->text[status == STATUS_OK ? size : 0] = '\0';
}

bool journal_stream_close(journal_stream_t *self, journal_disk_problem_t *ret_problem)
{
    int status = 0;
    close(self->bytes);
    while (waitpid(self->process, &status, 0) < 0 && errno == EINTR) {
    }
    read_problem(self->problem, ret_problem);
    close(self->problem);
    if (WIFSIGNALED(status)) {
        snprintf(ret_problem->text, sizeof ret_problem->text,
                 "reading its data.mdb ended by the signal %s: the file is damaged",
                 strsignal(WTERMSIG(status)));
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}
