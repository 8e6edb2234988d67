#include "common/program/clients_memory.h"

#include "common/base/limits.h"
#include "common/program/allowance.h"

size_t clients_memory(log_t *log, unsigned part)
{
    allowance_t allowance = allowance_read();
    uint64_t share = allowance.size / part;
    size_t most = share < LIMIT_CLIENTS_MEMORY ? (size_t)share : LIMIT_CLIENTS_MEMORY;
    log_event(log, LOG_MEMORY,
              LOG_ABOUT(NULL, LOG_NUMBER("clients", most), LOG_NUMBER("process", allowance.size)),
              "past %zu bytes of all clients each is held to its share; the process may take %llu "
              "(%s)",
              most, (unsigned long long)allowance.size, allowance.source);
    return most;
}
