/* herdctl places info: what is in an imported file, if that is whole. */
#include "common/base/files.h"
#include "common/base/timestamp.h"
#include "common/places/file.h"
#include "deploy/herdctl/places/places.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Maps a plain file; false, with errno set, if it cannot. An empty file has no bytes. */
static bool map_file(const char *path, text_t *ret_bytes)
{
    int file;
    struct stat found;
    text_t bytes = {0};
    status_t status = files_open_plain(path, &file, &found);
    if (status != STATUS_OK) {
        errno = status == STATUS_INVALID ? EINVAL : errno;
        return false;
    }
    if (found.st_size > 0) {
        bytes.size = (size_t)found.st_size;
        bytes.data = mmap(NULL, bytes.size, PROT_READ, MAP_SHARED, file, 0);
    }
    int error = errno;
    close(file);
    errno = error;
    *ret_bytes = bytes;
    return bytes.data != MAP_FAILED;
}

/* The header is foreign: a time may be anything. */
static void print_time(const char *label, int64_t time_s)
{
    char text[TIMESTAMP_ISO8601_SIZE + 1] = {0};
    if (time_s <= 0 || time_s > INT64_MAX / TIMESTAMP_NS_PER_S) {
        printf("%s-\n", label);
        return;
    }
    timestamp_write_iso8601(time_s * TIMESTAMP_NS_PER_S, text);
    printf("%s%s\n", label, text);
}

/* Classes in the order of the alphabet, rows without a class last. */
static void print_classes(const places_file_header_t *header)
{
    const char *between = "";
    fputs("classes:   ", stdout);
    for (unsigned bit = 0; bit < GEONAMES_CLASS_BITS; bit++) {
        if (header->class_counts[bit] > 0) {
            bool is_class = bit < GEONAMES_CLASS_BITS - 1;
            printf("%s%c %" PRIu64, between, is_class ? (char)('A' + bit) : '-',
                   header->class_counts[bit]);
            between = ", ";
        }
    }
    puts("");
}

static void print_file(const char *path, size_t size, const places_file_header_t *header)
{
    char source[4 * PLACES_FILE_SOURCE_SIZE];
    text_escape(text_of(header->source), source, sizeof source);
    printf("file:      %s\n"
           "size:      %zu bytes, version %" PRIu32 ", checksums are right\n"
           "places:    %" PRIu64 "\n",
           path, size, header->version, header->row_count);
    print_classes(header);
    printf("source:    %s\n"
           "left out:  bad rows: %" PRIu64 ", rows of other classes: %" PRIu64 "\n",
           source, header->skipped_count, header->other_count);
    print_time("dated:     ", header->source_time_s);
    print_time("imported:  ", header->import_time_s);
}

static herdctl_exit_t describe(const char *path, text_t bytes)
{
    places_file_t file;
    status_t status = places_file_read(bytes, &file);
    if (status == STATUS_OK) {
        print_file(path, bytes.size, &file.header);
        return HERDCTL_OK;
    }
    const char *reason = status == STATUS_INVALID   ? "no imported file of places"
                         : status == STATUS_VERSION ? "of another version or kind of machine"
                                                    : "damaged";
    fprintf(stderr, "herdctl: %s is %s\n", path, reason);
    return HERDCTL_FAILED;
}

herdctl_exit_t herdctl_places_info(const herdctl_t *self)
{
    const herdctl_command_line_t line = {
        .operands_min = 1, .operands_max = 1, .operands = "places info takes one file"};
    options_operands_t files;
    herdctl_exit_t result;
    if (!herdctl_command_read(self, &line, &files, &result)) {
        return result;
    }
    const char *path = files.items[0];
    text_t bytes;
    if (!map_file(path, &bytes)) {
        fprintf(stderr, "herdctl: %s cannot be read: %s\n", path, strerror(errno));
        return HERDCTL_FAILED;
    }
    result = describe(path, bytes);
    if (bytes.size > 0) {
        munmap((void *)(uintptr_t)bytes.data, bytes.size);
    }
    return result;
}
