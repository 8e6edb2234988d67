/* Any bytes as a certificate file: its public key, and perhaps its secret one, are read as they are
 * written again. */
#include "common/security/certificates.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_SIZE = 64 };

/* A file of its own that nobody else may read; returns its descriptor. */
static int write_file(const void *data, size_t size, char path[PATH_SIZE])
{
    int file = memfd_create("certificate", MFD_CLOEXEC);
    assert(file >= 0);
    ssize_t written = write(file, data, size);
    int failed = fchmod(file, S_IRUSR | S_IWUSR);
    assert(written == (ssize_t)size && failed == 0);
    snprintf(path, PATH_SIZE, "/proc/self/fd/%d", file);
    return file;
}

/* What went wrong is a sentence in printable ASCII. */
static void check_problem(const certificates_problem_t *problem)
{
    assert(problem->text[0] != '\0');
    for (const char *byte = problem->text; *byte != '\0'; byte++) {
        assert(*byte >= ' ' && *byte <= '~');
    }
}

static void check_again(const certificates_pair_t *pair)
{
    char text[256];
    char path[PATH_SIZE];
    certificates_pair_t again;
    certificates_problem_t problem;
    int size =
        snprintf(text, sizeof text, "curve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
                 pair->public_key, pair->secret_key);
    int file = write_file(text, (size_t)size, path);
    status_t status = pair->secret_key[0] != '\0'
                          ? certificates_read_secret(path, &again, &problem)
                          : certificates_read_public(path, &again, &problem);
    assert(status == STATUS_OK && strcmp(again.public_key, pair->public_key) == 0);
    assert(strcmp(again.secret_key, pair->secret_key) == 0);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[PATH_SIZE];
    certificates_pair_t pair;
    certificates_pair_t public_only;
    certificates_problem_t problem = {{0}};
    int file = write_file(data, size, path);
    bool has_public = certificates_read_public(path, &public_only, &problem) == STATUS_OK;
    if (has_public) {
        assert(strlen(public_only.public_key) == CERTIFICATES_KEY_SIZE &&
               public_only.secret_key[0] == '\0');
        check_again(&public_only);
    } else {
        check_problem(&problem);
    }
    if (certificates_read_secret(path, &pair, &problem) == STATUS_OK) {
        char derived[CERTIFICATES_KEY_SIZE + 1];
        int failed = zmq_curve_public(derived, pair.secret_key);
        assert(failed == 0 && strcmp(derived, pair.public_key) == 0);
        assert(has_public && strcmp(pair.public_key, public_only.public_key) == 0);
        check_again(&pair);
    } else {
        check_problem(&problem);
    }
    close(file);
    return 0;
}
