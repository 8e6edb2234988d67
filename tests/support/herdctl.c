#include "tests/support/herdctl.h"

#include "tests/support/cmocka_herd.h"

enum { ARGUMENTS_MAX = 16 };

static herdctl_run_t run(herd_t *herd, va_list list)
{
    const char *arguments[ARGUMENTS_MAX + 1] = {0};
    herdctl_run_t self;
    const char *argument;
    for (size_t count = 0; (argument = va_arg(list, const char *)) != NULL; count++) {
        assert_true(count < ARGUMENTS_MAX);
        arguments[count] = argument;
    }
    self.status = herd_control(herd, arguments, &self.output);
    return self;
}

herdctl_run_t herdctl_run(herd_t *herd, ...)
{
    va_list arguments;
    va_start(arguments, herd);
    herdctl_run_t self = run(herd, arguments);
    va_end(arguments);
    return self;
}

void herdctl_expect(herd_t *herd, int status, const char *part, ...)
{
    va_list arguments;
    va_start(arguments, part);
    herdctl_run_t self = run(herd, arguments);
    va_end(arguments);
    if (self.status != status || strstr(self.output, part) == NULL) {
        fail_msg("herdctl: exit status %d, not %d, or no \"%s\" in:\n%s", self.status, status, part,
                 self.output);
    }
}
