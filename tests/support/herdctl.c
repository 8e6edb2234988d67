#include "tests/support/herdctl.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARGUMENTS_MAX = 16 };

static herdctl_run_t run(const herd_t *herd, va_list arguments)
{
    char *program = herd_program("herdctl");
    char *file = workspace_path(herd_folder(herd), "herdctl.out");
    const char *argv[ARGUMENTS_MAX + 1] = {program, "--config", herd_file(herd)};
    size_t count = 3;
    const char *argument;
    while ((argument = va_arg(arguments, const char *)) != NULL) {
        assert_true(count < ARGUMENTS_MAX);
        argv[count++] = argument;
    }
    (void)remove(file);
    herdctl_run_t self = {
        .status = process_run(&(process_options_t){.argv = argv, .output = file}, WAIT_LIMIT_MS)};
    size_t size;
    self.output = workspace_read(file, &size);
    assert_non_null(self.output);
    free(file);
    free(program);
    return self;
}

herdctl_run_t herdctl_run(const herd_t *herd, ...)
{
    va_list arguments;
    va_start(arguments, herd);
    herdctl_run_t self = run(herd, arguments);
    va_end(arguments);
    return self;
}

void herdctl_done(herdctl_run_t *self)
{
    free(self->output);
    self->output = NULL;
}

void herdctl_expect(const herd_t *herd, int status, const char *part, ...)
{
    va_list arguments;
    va_start(arguments, part);
    herdctl_run_t self = run(herd, arguments);
    va_end(arguments);
    if (self.status != status || strstr(self.output, part) == NULL) {
        fail_msg("herdctl: exit status %d, not %d, or no \"%s\" in:\n%s", self.status, status, part,
                 self.output);
    }
    herdctl_done(&self);
}
