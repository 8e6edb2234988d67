#include "frontend/lines/file_budget.h"

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
    size_t taken = self->own + LIMIT_FILES_RESERVE;
    return allowed > taken ? allowed - taken : 0;
}
