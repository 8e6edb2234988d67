/* herdctl places: files of places, made and looked at. */
#include "deploy/herdctl/places/places.h"

#include <string.h>

herdctl_exit_t herdctl_places(const herdctl_t *self)
{
    static const char takes[] = "places takes \"import [OPTION...] SRC DEST\" or \"info FILE\"";
    static const herdctl_command_t commands[] = {
        {"places import", "[OPTION...] SRC DEST", "make a file of places of a dump of GeoNames",
         herdctl_places_import},
        {"places info", "FILE", "tell what is in such a file", herdctl_places_info},
    };
    static const herdctl_command_t own = {"places", "import [OPTION...] SRC DEST\ninfo FILE",
                                          "make files of places, and look at them", NULL};
    const herdctl_command_line_t line = {.ends_at_operand = true,
                                         .operands_min = 1,
                                         .operands_max = OPTIONS_MANY,
                                         .operands = takes};
    options_operands_t operands;
    herdctl_exit_t result;
    herdctl_t part = *self;
    part.command = &own;
    if (!herdctl_command_read(&part, &line, &operands, &result)) {
        return result;
    }
    part.argc = (int)operands.count;
    part.argv = operands.items;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name + strlen("places "), operands.items[0]) == 0) {
            part.command = &commands[i];
            return part.command->run(&part);
        }
    }
    return herdctl_command_refuse("%s", takes);
}
