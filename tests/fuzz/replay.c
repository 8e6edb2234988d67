/* replay.c - gives a fuzz driver files instead of libFuzzer's inputs.
 *
 * replay FILE|FOLDER...: replays each file, and each file in each folder, once. So what a fuzzer
 * has found stays a test in every build. Exit status 1 if there was nothing to replay.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_SIZE_MAX = 16 * 1024 * 1024 };

/* The driver. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exactly as many bytes as the file has, so that a sanitizer sees each read behind them. */
static int replay_file(const char *path, size_t size)
{
    if (size > INPUT_SIZE_MAX) {
        fprintf(stderr, "%s: too large\n", path);
        return 1;
    }
    FILE *file = fopen(path, "re");
    uint8_t *data = malloc(size > 0 ? size : 1);
    int result = 1;
    if (file != NULL && data != NULL && fread(data, 1, size, file) == size) {
        result = LLVMFuzzerTestOneInput(data, size);
    } else {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    }
    free(data);
    if (file != NULL) {
        fclose(file);
    }
    return result;
}

static int replay_path(const char *path, size_t *count);

static int replay_folder(const char *folder, size_t *count)
{
    struct dirent **entries = NULL;
    int entry_count = scandir(folder, &entries, NULL, alphasort);
    int result = entry_count < 0;
    for (int i = 0; i < entry_count; i++) {
        char path[PATH_MAX];
        int size = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && size > 0 && (size_t)size < sizeof path) {
            result |= replay_path(path, count);
        }
        free(entries[i]);
    }
    free(entries);
    return result;
}

static int replay_path(const char *path, size_t *count)
{
    struct stat about;
    if (stat(path, &about) < 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    if (S_ISDIR(about.st_mode)) {
        return replay_folder(path, count);
    }
    (*count)++;
    return replay_file(path, (size_t)about.st_size);
}

int main(int argc, char **argv)
{
    size_t count = 0;
    int result = 0;
    for (int i = 1; i < argc; i++) {
        result |= replay_path(argv[i], &count);
    }
    printf("%zu inputs replayed\n", count);
    return result != 0 || count == 0;
}
