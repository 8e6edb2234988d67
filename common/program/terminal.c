#include "common/program/terminal.h"

#include <stdlib.h>
#include <unistd.h>

bool terminal_has_colours(FILE *file)
{
    const char *no_colour = getenv("NO_COLOR");
    return isatty(fileno(file)) && (no_colour == NULL || no_colour[0] == '\0');
}
