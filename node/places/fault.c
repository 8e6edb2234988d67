#include "node/places/fault.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

/* Where this thread goes on when it is broken off; NULL: nowhere. A handler has no other way to
 * know (no mutable globals but for this). */
static _Thread_local sigjmp_buf *volatile way_out;

/* SIGBUS of a memory access is sent to the thread that made it, at the access: it holds no lock of
 * libc's, so leaving the handler by a jump is safe (signal-safety(7)). */
static void on_bus_error(int signal)
{
    if (way_out != NULL) {
        siglongjmp(*way_out, 1);
    }
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(signal, &standard, NULL); /* the access is made again, and ends the process */
}

void fault_init(void)
{
    struct sigaction action = {.sa_handler = on_bus_error, .sa_flags = SA_NODEFER};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

bool fault_catch(fault_fn *function, void *argument)
{
    sigjmp_buf here;
    if (sigsetjmp(here, 0) != 0) {
        way_out = NULL;
        return false;
    }
    way_out = &here;
    function(argument);
    way_out = NULL;
    return true;
}
