#include "frontend/clients/file_budget.h"

#include "common/base/limits.h"

#include <fcntl.h>
#include <sys/resource.h>

enum { LOOKED_AT = 1024 }; /* at the start a program has the lowest numbers */

size_t file_budget_allowed(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < SIZE_MAX
               ? (size_t)limit.rlim_cur
               : SIZE_MAX;
}

void file_budget_count(file_budget_t *self)
{
    self->own = 0;
    for (int file = 0; file < LOOKED_AT; file++) {
        self->own += fcntl(file, F_GETFD) >= 0 ? 1 : 0;
    }
}

size_t file_budget_for_clients(const file_budget_t *self)
{
    size_t allowed = file_budget_allowed();
    if (self->ceiling > 0 && self->ceiling < allowed) {
        allowed = self->ceiling;
    }
    size_t taken = self->own + LIMIT_FILES_RESERVE;
    return allowed > taken ? allowed - taken : 0;
}

void file_budget_tell(const file_budget_t *self, size_t wanted, log_t *log)
{
    size_t clients = file_budget_for_clients(self);
    if (clients >= wanted) {
        return;
    }
    log_event(log, LOG_FILES_FEW,
              LOG_ABOUT(NULL, LOG_NUMBER("max_connections", wanted), LOG_NUMBER("clients", clients),
                        LOG_NUMBER("files", file_budget_allowed())),
              "max_connections is %zu, but %zu open files are allowed (ulimit -n, LimitNOFILE) and "
              "%zu of them are for the front-end itself; at most %zu clients are served at a time, "
              "others wait",
              wanted, file_budget_allowed(), self->own + LIMIT_FILES_RESERVE, clients);
}
