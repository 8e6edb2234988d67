#include "common/security/certificates.h"

#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/secret.h"
#include "common/protocol/record.h"

#include <czmq.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PUBLIC_ENDING "cert"
#define SECRET_ENDING "cert_secret"

static void tell(certificates_problem_t *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(certificates_problem_t *problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
}

static char *join(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *join(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        abort(); /* memory.h */
    }
    va_end(arguments);
    return text;
}

char *certificates_role_folder(const char *folder, roles_role_t role)
{
    return join("%s/%s", folder, roles_text(role));
}

char *certificates_public_path(const char *folder, roles_role_t role, const char *name)
{
    return join("%s/%s/%s." PUBLIC_ENDING, folder, roles_text(role), name);
}

char *certificates_secret_path(const char *folder, roles_role_t role, const char *name)
{
    return join("%s/%s/%s." SECRET_ENDING, folder, roles_text(role), name);
}

/* The part of "NAME.ENDING" before the dot, empty for other files; false if it is no name. */
static bool take_name(const char *file, const char *ending, text_t *ret_name)
{
    const char *dot = strrchr(file, '.');
    *ret_name = (text_t){0};
    if (dot == NULL || strcmp(dot + 1, ending) != 0) {
        return false;
    }
    *ret_name = (text_t){.data = file, .size = (size_t)(dot - file)};
    return record_name_is_valid(*ret_name);
}

/* Gives `each` what is in a role's folder: the names of certificates with that ending; if `odd`,
 * the files that have it and no name that anyone may have. */
static status_t scan(const char *path, const char *ending, bool odd, certificates_name_fn *each,
                     void *argument)
{
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return errno == ENOENT ? STATUS_OK : STATUS_SYSTEM;
    }
    const struct dirent *entry;
    bool more = true;
    while (more && (entry = readdir(directory)) != NULL) {
        text_t name;
        bool named = take_name(entry->d_name, ending, &name);
        if (!odd && named) {
            more = each(argument, name);
        } else if (odd && !named && name.size > 0) {
            more = each(argument, text_of(entry->d_name));
        }
    }
    closedir(directory);
    return STATUS_OK;
}

static status_t list(const char *folder, roles_role_t role, const char *ending, bool odd,
                     const certificates_listing_t *listing)
{
    char *path = certificates_role_folder(folder, role);
    status_t status = scan(path, ending, odd, listing->each, listing->argument);
    int error = errno;
    free(path);
    errno = error;
    return status;
}

status_t certificates_list(const char *folder, roles_role_t role, bool secret,
                           certificates_name_fn *each, void *argument)
{
    const certificates_listing_t listing = {.each = each, .argument = argument};
    return list(folder, role, secret ? SECRET_ENDING : PUBLIC_ENDING, false, &listing);
}

status_t certificates_list_odd(const char *folder, roles_role_t role,
                               const certificates_listing_t *listing)
{
    return list(folder, role, PUBLIC_ENDING, true, listing);
}

/* Secret certificates of a role. */
typedef struct {
    size_t count;
    char *first; /* name of the first that was found */
} secrets_t;

static bool count_secret(void *argument, text_t name)
{
    secrets_t *self = argument;
    if (self->count++ == 0) {
        self->first = memory_copy_text(name.data, name.size);
    }
    return true;
}

char *certificates_only_secret(const char *folder, roles_role_t role, size_t *ret_count)
{
    secrets_t secrets = {0};
    status_t status = certificates_list(folder, role, true, count_secret, &secrets);
    if (status != STATUS_OK || secrets.count != 1) {
        free(secrets.first);
        secrets.first = NULL;
    }
    *ret_count = secrets.count;
    return secrets.first;
}

/* A public file must not be writable by everybody. */
static status_t open_public(const char *path, int *ret_file, certificates_problem_t *ret_problem)
{
    struct stat state;
    status_t status = files_open_plain(path, ret_file, &state);
    if (status == STATUS_OK && (state.st_mode & S_IWOTH) != 0) {
        tell(ret_problem, "%s is open to others (mode %04o); chmod 644 it", path,
             (unsigned)state.st_mode & 07777U);
        close(*ret_file);
        return STATUS_OUT_OF_RANGE;
    }
    return status;
}

static status_t open_secret(const char *path, int *ret_file, certificates_problem_t *ret_problem)
{
    char problem[SECRET_PROBLEM_SIZE];
    status_t status = secret_open(path, ret_file, problem);
    if (status == STATUS_OUT_OF_RANGE) {
        tell(ret_problem, "%s %s", path, problem);
    }
    return status;
}

static status_t open_guarded(const char *path, bool secret, int *ret_file,
                             certificates_problem_t *ret_problem)
{
    int file;
    status_t status =
        secret ? open_secret(path, &file, ret_problem) : open_public(path, &file, ret_problem);
    switch (status) {
    case STATUS_OK: *ret_file = file; return STATUS_OK;
    case STATUS_OUT_OF_RANGE: return STATUS_INVALID; /* told already */
    case STATUS_INVALID: tell(ret_problem, "%s is not a plain file", path); return STATUS_INVALID;
    default: break;
    }
    tell(ret_problem, "%s cannot be read: %s", path, strerror(errno));
    return status == STATUS_NOT_FOUND ? status : STATUS_INVALID;
}

/* Reads the whole content and puts a zero behind it; false if it is too long, or contains a
 * zero. */
static bool read_whole(int file, char *out, size_t out_size)
{
    size_t size;
    if (files_read(file, out, out_size, &size) != STATUS_OK || size == out_size ||
        memchr(out, '\0', size) != NULL) {
        return false;
    }
    out[size] = '\0';
    return true;
}

/* Copies a key, which must be 40 characters of Z85. */
static bool take_key(zconfig_t *root, const char *path, char out[CERTIFICATES_KEY_SIZE + 1])
{
    const char *text = zconfig_get(root, path, NULL);
    uint8_t binary[CERTIFICATES_BINARY_SIZE];
    bool valid = text != NULL && strlen(text) == CERTIFICATES_KEY_SIZE &&
                 zmq_z85_decode(binary, text) != NULL;
    if (valid) {
        memcpy(out, text, CERTIFICATES_KEY_SIZE + 1);
    }
    explicit_bzero(binary, sizeof binary);
    return valid;
}

/* curve
 *     public-key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
 *     secret-key = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs" */
static bool take_pair(const char *text, bool secret, certificates_pair_t *ret_pair)
{
    zconfig_t *root = zconfig_str_load(text);
    bool taken = root != NULL && take_key(root, "curve/public-key", ret_pair->public_key) &&
                 (!secret || take_key(root, "curve/secret-key", ret_pair->secret_key));
    zconfig_destroy(&root);
    return taken;
}

static bool belong_together(const certificates_pair_t *pair)
{
    char derived[CERTIFICATES_KEY_SIZE + 1];
    return zmq_curve_public(derived, pair->secret_key) == 0 &&
           strcmp(derived, pair->public_key) == 0;
}

static status_t read_pair(const char *path, bool secret, certificates_pair_t *ret_pair,
                          certificates_problem_t *ret_problem)
{
    int file;
    status_t status = open_guarded(path, secret, &file, ret_problem);
    if (status != STATUS_OK) {
        return status;
    }
    char text[LIMIT_CERTIFICATE_SIZE + 1];
    certificates_pair_t pair = {0};
    if (!read_whole(file, text, sizeof text) || !take_pair(text, secret, &pair)) {
        tell(ret_problem, "%s is no %s certificate of zcert", path, secret ? "secret" : "public");
        status = STATUS_INVALID;
    } else if (secret && !belong_together(&pair)) {
        tell(ret_problem, "%s has a public key that does not belong to its secret one", path);
        status = STATUS_INVALID;
    } else {
        *ret_pair = pair;
    }
    explicit_bzero(&pair, sizeof pair);
    explicit_bzero(text, sizeof text);
    close(file);
    return status;
}

status_t certificates_read_public(const char *path, certificates_pair_t *ret_pair,
                                  certificates_problem_t *ret_problem)
{
    return read_pair(path, false, ret_pair, ret_problem);
}

status_t certificates_read_secret(const char *path, certificates_pair_t *ret_pair,
                                  certificates_problem_t *ret_problem)
{
    return read_pair(path, true, ret_pair, ret_problem);
}

static bool make_folder(const char *path, certificates_problem_t *ret_problem)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST) {
        return true;
    }
    tell(ret_problem, "the folder %s cannot be made: %s", path, strerror(errno));
    return false;
}

/* Gives a finished file its name; link(2) refuses one that is taken. */
static status_t publish(const char *written, const char *path, mode_t mode,
                        certificates_problem_t *ret_problem)
{
    if (chmod(written, mode) == 0 && link(written, path) == 0) {
        return STATUS_OK;
    }
    status_t status = errno == EEXIST ? STATUS_IN_USE : STATUS_SYSTEM;
    if (status == STATUS_IN_USE) {
        tell(ret_problem, "%s is there already; keys are never overwritten", path);
    } else {
        tell(ret_problem, "%s cannot be written: %s", path, strerror(errno));
    }
    return status;
}

/* Writes a whole file that only its owner may read. zcert_save does not look at what was written
 * (K8): on a full disk it leaves an empty file and says that all is well. */
static bool write_file(const char *path, text_t text)
{
    (void)unlink(path); /* of a process that had our number, and was killed */
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        return false;
    }
    bool written = files_write(file, text).size == 0 && fsync(file) == 0;
    int error = errno;
    if (close(file) != 0 && written) {
        return false;
    }
    errno = error;
    return written;
}

/* As czmq writes them (zcert(3)):
 *   metadata
 *   curve
 *       public-key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
 *       secret-key = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs" */
static bool write_certificate(zcert_t *pair, bool secret, const char *path)
{
    char *text =
        secret ? join("#   ZeroMQ CURVE **Secret** Certificate\n"
                      "#   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions.\n\n"
                      "metadata\ncurve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
                      zcert_public_txt(pair), zcert_secret_txt(pair))
               : join("#   ZeroMQ CURVE Public Certificate\n\n"
                      "metadata\ncurve\n    public-key = \"%s\"\n",
                      zcert_public_txt(pair));
    bool written = write_file(path, text_of(text));
    int error = errno;
    explicit_bzero(text, strlen(text));
    free(text);
    errno = error;
    return written;
}

/* Writes both files under other names first, so that a file that has its name is whole. */
static status_t save_pair(zcert_t *pair, const char *public_path, const char *secret_path,
                          certificates_problem_t *ret_problem)
{
    char *public_written = join("%s.%ld", public_path, (long)getpid());
    char *secret_written = join("%s.%ld", secret_path, (long)getpid());
    status_t status = STATUS_SYSTEM;
    bool saved = write_certificate(pair, true, secret_written) &&
                 write_certificate(pair, false, public_written);
    if (!saved) {
        tell(ret_problem, "%s cannot be written: %s", public_path, strerror(errno));
    } else {
        status = publish(secret_written, secret_path, 0600, ret_problem);
    }
    if (status == STATUS_OK) {
        status = publish(public_written, public_path, 0644, ret_problem);
        if (status != STATUS_OK) {
            (void)unlink(secret_path);
        }
    }
    (void)unlink(public_written);
    (void)unlink(secret_written);
    free(public_written);
    free(secret_written);
    return status;
}

status_t certificates_make_pair(const char *folder, roles_role_t role, const char *name,
                                certificates_problem_t *ret_problem)
{
    char *role_folder = certificates_role_folder(folder, role);
    char *public_path = certificates_public_path(folder, role, name);
    char *secret_path = certificates_secret_path(folder, role, name);
    zcert_t *pair = zcert_new();
    status_t status = STATUS_SYSTEM;
    if (pair == NULL) {
        tell(ret_problem, "ZeroMQ is built without CURVE");
    } else if (make_folder(folder, ret_problem) && make_folder(role_folder, ret_problem)) {
        status = save_pair(pair, public_path, secret_path, ret_problem);
    }
    zcert_destroy(&pair);
    free(secret_path);
    free(public_path);
    free(role_folder);
    return status;
}
