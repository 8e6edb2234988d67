#include "tests/support/workspace.h"

#include "tests/support/cmocka_herd.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ROOT_SIZE_MAX = 40,   /* bytes of TMPDIR that leave room for the path of a Unix socket */
    FOLDERS_MAX = 10000,  /* tests of one program */
    REMOVE_FILES_MAX = 16 /* descriptors that nftw may hold */
};

static void program_folder(char out[PATH_MAX])
{
    const char *root = getenv("TMPDIR");
    if (root == NULL || root[0] != '/' || strlen(root) > ROOT_SIZE_MAX) {
        root = "/tmp";
    }
    snprintf(out, PATH_MAX, "%s/herd-test.%ld", root, (long)getpid());
}

char *workspace_path(const char *folder, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        abort();
    }
    return path;
}

char *workspace_new(void)
{
    char root[PATH_MAX];
    program_folder(root);
    if (mkdir(root, 0700) < 0 && errno != EEXIST) {
        fail_msg("%s: %s", root, strerror(errno));
    }
    for (int number = 1; number <= FOLDERS_MAX; number++) {
        char name[16];
        snprintf(name, sizeof name, "%d", number);
        char *path = workspace_path(root, name);
        if (mkdir(path, 0700) == 0) {
            return path;
        }
        int error = errno;
        free(path);
        if (error != EEXIST) {
            fail_msg("%s/%s: %s", root, name, strerror(error));
        }
    }
    fail_msg("%s: too many folders", root);
    return NULL;
}

void workspace_write(const char *path, text_t text)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        fail_msg("%s: %s", path, strerror(errno));
    }
    size_t written = fwrite(text.data, 1, text.size, file);
    if (fclose(file) != 0 || written != text.size) {
        fail_msg("%s: %s", path, strerror(errno));
    }
}

char *workspace_read(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    char *content = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&content, &size);
    if (memory == NULL) {
        abort();
    }
    char chunk[4096];
    size_t count;
    while ((count = fread(chunk, 1, sizeof chunk, file)) > 0) {
        fwrite(chunk, 1, count, memory);
    }
    fclose(file);
    fclose(memory);
    *ret_size = size;
    return content;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

int workspace_finish(int failed)
{
    char root[PATH_MAX];
    program_folder(root);
    if (access(root, F_OK) < 0) {
        return failed == 0 ? 0 : 1;
    }
    if (failed != 0) {
        fprintf(stderr, "The files of this run are kept in %s\n", root);
        return 1;
    }
    if (nftw(root, remove_one, REMOVE_FILES_MAX, FTW_DEPTH | FTW_PHYS) != 0) {
        fprintf(stderr, "%s: cannot be removed: %s\n", root, strerror(errno));
        return 1;
    }
    return 0;
}
