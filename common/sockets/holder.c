#include "common/sockets/holder.h"

#include "common/base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

enum {
    COMMAND_SIZE = 1024, /* of a command line that is looked at */
    SHOWN_SIZE = 400,
    PATH_SIZE = 64, /* /proc/PID/fd/NUMBER */
    LINK_SIZE = 64, /* socket:[INODE] */
};

/* A socket in a table of the kernel's, and whose it is. */
typedef struct {
    uint64_t inode;
    uint64_t user;
    bool has_user;
} holder_t;

/* Whether a line of a table is of the socket that is sought; then what it says of it. */
typedef bool holder_match_fn(const void *sought, text_t line, holder_t *ret_holder);

static bool search_table(const char *table, holder_match_fn *match, const void *sought,
                         holder_t *ret_holder)
{
    FILE *file = fopen(table, "re");
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    bool found = false;
    while (file != NULL && !found && (size = getline(&line, &capacity, file)) > 0) {
        found = match(sought, (text_t){.data = line, .size = (size_t)size - 1}, ret_holder);
    }
    free(line);
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

/* "0100007F" is 127.0.0.1: four bytes as the machine reads a number, in capitals. */
static bool read_word(text_t digits, uint32_t *ret_word)
{
    char lower[8];
    uint64_t word;
    if (digits.size != sizeof lower) {
        return false;
    }
    for (size_t i = 0; i < sizeof lower; i++) {
        lower[i] = digits.data[i];
        if (lower[i] >= 'A' && lower[i] <= 'F') {
            lower[i] = (char)(lower[i] - 'A' + 'a');
        }
    }
    if (!text_from_hex((text_t){.data = lower, .size = sizeof lower}, &word)) {
        return false;
    }
    *ret_word = (uint32_t)word;
    return true;
}

/* "0100007F:2CE2", or 32 digits and a port */
static bool read_point(text_t field, address_point_t *ret_point)
{
    text_t number;
    uint32_t words[4] = {0, 0, htonl(0xffff), 0};
    uint32_t port;
    char port_digits[8] = "0000";
    if (!text_take_until(&field, ':', &number) || field.size != 4) {
        return false;
    }
    (void)text_copy(field, port_digits + 4);
    size_t count = number.size / 8;
    if (count != 1 && count != 4) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_word(text_first(text_after(number, 8 * i), 8), &words[4 - count + i])) {
            return false;
        }
    }
    if (!read_word((text_t){.data = port_digits, .size = sizeof port_digits}, &port)) {
        return false;
    }
    *ret_point = (address_point_t){.port = (uint16_t)port};
    memcpy(&ret_point->number, words, sizeof words);
    return true;
}

/* "0: 0100007F:2CE2 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 547 1 …": slot,
 * address, peer, state, queues, timer, retransmissions, user, time-out, inode (proc(5)). */
static bool match_port(const void *sought, text_t line, holder_t *ret_holder)
{
    text_t fields[10];
    address_point_t point;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (!text_take_field(&line, &fields[i])) {
            return false;
        }
    }
    ret_holder->has_user = true;
    return text_equal(fields[3], TEXT("0A")) && read_point(fields[1], &point) &&
           address_points_overlap(&point, sought) &&
           text_to_u64(fields[7], UINT32_MAX, &ret_holder->user) &&
           text_to_u64(fields[9], UINT64_MAX, &ret_holder->inode);
}

/* "0000000043a3d0d7: 00000002 00000000 00010000 0001 01 544 /run/herd/Goloman.requests" */
static bool match_path(const void *sought, text_t line, holder_t *ret_holder)
{
    text_t fields[7];
    endpoint_t endpoint;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (!text_take_field(&line, &fields[i])) {
            return false;
        }
    }
    text_t path = line.size > 1 ? text_after(line, 1) : (text_t){0};
    if (path.size > LIMIT_IPC_PATH_SIZE || !text_equal(fields[3], TEXT("00010000"))) {
        return false; /* none that listens */
    }
    endpoint = (endpoint_t){.kind = ENDPOINT_IPC};
    (void)text_copy(path, endpoint.path);
    ret_holder->has_user = false;
    return endpoint_same_path(&endpoint, sought) &&
           text_to_u64(fields[6], UINT64_MAX, &ret_holder->inode);
}

/* Whether the process has the socket open, as far as we may look. */
static bool has_socket(const char *process, const char *link)
{
    char path[PATH_SIZE];
    char target[LINK_SIZE];
    snprintf(path, sizeof path, "/proc/%.20s/fd", process);
    DIR *folder = opendir(path);
    bool found = false;
    struct dirent *entry;
    while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
        ssize_t size = readlinkat(dirfd(folder), entry->d_name, target, sizeof target);
        found =
            size > 0 && text_equal((text_t){.data = target, .size = (size_t)size}, text_of(link));
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return found;
}

/* The process that has the socket; false if we see none. */
static bool find_process(const holder_t *holder, char out[PATH_SIZE])
{
    char link[LINK_SIZE];
    snprintf(link, sizeof link, "socket:[%llu]", (unsigned long long)holder->inode);
    DIR *folder = opendir("/proc");
    bool found = false;
    struct dirent *entry;
    while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
        if (text_is_digit(entry->d_name[0]) && has_socket(entry->d_name, link)) {
            snprintf(out, PATH_SIZE, "%.20s", entry->d_name);
            found = true;
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return found;
}

/* Whether the command line, words with a zero behind each, names its herd file from a folder. */
static bool is_relative(const char *command, size_t size)
{
    text_t rest = {.data = command, .size = size};
    text_t word;
    bool next = false;
    while (text_take_until(&rest, '\0', &word)) {
        if (next) {
            return word.size > 0 && word.data[0] != '/';
        }
        next = text_equal(word, TEXT("--config"));
    }
    return false;
}

/* Appends ", in FOLDER": where the process is. */
static void append_folder(const char *process, char out[SHOWN_SIZE])
{
    char path[PATH_SIZE];
    char folder[SHOWN_SIZE];
    char shown[SHOWN_SIZE];
    size_t size = strlen(out);
    snprintf(path, sizeof path, "/proc/%.20s/cwd", process);
    ssize_t folder_size = readlink(path, folder, sizeof folder);
    if (folder_size > 0) {
        text_escape((text_t){.data = folder, .size = (size_t)folder_size}, shown, sizeof shown);
        snprintf(out + size, SHOWN_SIZE - size, ", in %s", shown);
    }
}

/* The command line of a process as words, its program without the folder; false if it has none. */
static bool read_command(const char *process, char out[SHOWN_SIZE])
{
    char path[PATH_SIZE];
    char command[COMMAND_SIZE];
    size_t size = 0;
    snprintf(path, sizeof path, "/proc/%.20s/cmdline", process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    bool fine = files_read(file, command, sizeof command, &size) == STATUS_OK && size > 0;
    close(file);
    if (!fine) {
        return false;
    }
    size -= command[size - 1] == '\0' ? 1 : 0;
    size_t program_size = strnlen(command, size);
    const char *slash = memrchr(command, '/', program_size);
    size_t start = slash != NULL ? (size_t)(slash + 1 - command) : 0;
    bool relative = is_relative(command, size);
    for (size_t i = start; i < size; i++) {
        if (command[i] == '\0') {
            command[i] = ' ';
        }
    }
    text_escape((text_t){.data = command + start, .size = size - start}, out, SHOWN_SIZE);
    if (relative) {
        append_folder(process, out);
    }
    return size > start;
}

static void describe(const holder_t *holder, char out[HOLDER_SIZE])
{
    char process[PATH_SIZE];
    char command[SHOWN_SIZE];
    if (find_process(holder, process)) {
        bool known = read_command(process, command);
        snprintf(out, HOLDER_SIZE, "%s%sprocess %s%s", known ? command : "", known ? " (" : "",
                 process, known ? ")" : "");
    } else if (holder->has_user && holder->user != geteuid()) {
        snprintf(out, HOLDER_SIZE, "a process of user %llu", (unsigned long long)holder->user);
    } else {
        snprintf(out, HOLDER_SIZE, "another process");
    }
}

static void describe_point(const address_point_t *point, char out[HOLDER_SIZE])
{
    holder_t holder = {0};
    if (search_table("/proc/net/tcp", match_port, point, &holder) ||
        search_table("/proc/net/tcp6", match_port, point, &holder)) {
        describe(&holder, out);
    }
}

void holder_of_port(const struct sockaddr *address, char out[HOLDER_SIZE])
{
    address_point_t point;
    snprintf(out, HOLDER_SIZE, "another process");
    if (address_point(address, &point)) {
        describe_point(&point, out);
    }
}

static void describe_endpoint(const char *text, char out[HOLDER_SIZE])
{
    endpoint_t endpoint;
    address_point_t points[ADDRESS_POINTS_MAX];
    holder_t holder = {0};
    snprintf(out, HOLDER_SIZE, "another process");
    if (endpoint_parse(text, &endpoint) != STATUS_OK) {
        return;
    }
    if (endpoint.kind == ENDPOINT_TCP && address_points(&endpoint.address, points) > 0) {
        describe_point(&points[0], out);
    } else if (endpoint.kind == ENDPOINT_IPC &&
               search_table("/proc/net/unix", match_path, &endpoint, &holder)) {
        describe(&holder, out);
    }
}

void holder_explain(int error, const char *endpoint, char out[HOLDER_SIZE])
{
    char holder[HOLDER_SIZE];
    if (error != EADDRINUSE) {
        snprintf(out, HOLDER_SIZE, "%s", zmq_strerror(error));
        return;
    }
    describe_endpoint(endpoint, holder);
    snprintf(out, HOLDER_SIZE, "%s, by %.450s", zmq_strerror(error), holder);
}
