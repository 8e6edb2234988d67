#include "common/program/folders.h"

#include "common/base/text.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USER_SIZE = 128 }; /* "user 1000 (anna)" */

static bool fail(char ret_problem[FOLDERS_PROBLEM_SIZE], const char *what, const char *path,
                 const char *why)
{
    snprintf(ret_problem, FOLDERS_PROBLEM_SIZE, "%s %s: %s", what, path, why);
    return false;
}

static void write_user(uid_t user, char out[USER_SIZE])
{
    const struct passwd *entry = getpwuid(user);
    snprintf(out, USER_SIZE, entry != NULL ? "user %lu (%s)" : "user %lu", (unsigned long)user,
             entry != NULL ? entry->pw_name : "");
}

/* "/srv/run/", "/srv/run//" and "/srv/run/./." are all "/srv/run". */
static void drop_empty_ends(char *path)
{
    size_t size = strlen(path);
    while (size > 1 && (path[size - 1] == '/' ||
                        (size > 2 && path[size - 1] == '.' && path[size - 2] == '/'))) {
        path[--size] = '\0';
    }
}

/* Another may make it at the same time. */
static bool make_one(const char *path, mode_t mode)
{
    struct stat found;
    if (mkdir(path, mode) == 0) {
        return true;
    }
    int reason = errno;
    bool is_there = stat(path, &found) == 0;
    errno = is_there && !S_ISDIR(found.st_mode) ? ENOTDIR : reason;
    return is_there && S_ISDIR(found.st_mode);
}

bool folders_make(const char *path, mode_t mode, char ret_problem[FOLDERS_PROBLEM_SIZE])
{
    char *copy = strdup(path);
    if (copy == NULL) {
        return fail(ret_problem, "cannot make the folder", path, strerror(errno));
    }
    drop_empty_ends(copy);
    bool made = true;
    for (char *slash = strchr(copy + 1, '/'); made && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        made = make_one(copy, 0755);
        *slash = '/';
    }
    made = made && make_one(copy, mode);
    if (!made) {
        fail(ret_problem, "cannot make the folder", path, strerror(errno));
    }
    free(copy);
    return made;
}

/* What is wrong with the folder, in the kernel's words or ours; NULL if it is ours. */
static const char *objection_to(const char *path, const struct stat *found)
{
    if (found->st_uid != geteuid() && found->st_uid != 0) {
        return "its owner could put sockets and files in the place of ours; take another folder, "
               "or make it ours";
    }
    if ((found->st_mode & S_IWOTH) != 0 && (found->st_mode & S_ISVTX) == 0) {
        return "it is open to all, and anyone could put sockets and files in the place of ours; "
               "chmod o-w it";
    }
    return access(path, W_OK | X_OK) != 0 ? strerror(errno) : NULL;
}

bool folders_are_ours(const char *path, char ret_problem[FOLDERS_PROBLEM_SIZE])
{
    struct stat found;
    if (stat(path, &found) != 0) {
        return fail(ret_problem, "the folder", path, strerror(errno));
    }
    const char *objection = objection_to(path, &found);
    if (objection != NULL) {
        char owner[USER_SIZE];
        char us[USER_SIZE];
        write_user(found.st_uid, owner);
        write_user(geteuid(), us);
        snprintf(ret_problem, FOLDERS_PROBLEM_SIZE,
                 "the folder %s belongs to %s, with mode %04o, and this is %s: %s", path, owner,
                 (unsigned)(found.st_mode & 07777), us, objection);
    }
    return objection == NULL;
}
