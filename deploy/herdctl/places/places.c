/* herdctl places: files of places, made and looked at. */
#include "deploy/herdctl/places/places.h"

#include <string.h>

herdctl_exit_t herdctl_places(const herdctl_t *self, int argc, char **argv)
{
    static const struct {
        const char *name;
        herdctl_command_fn *run;
    } commands[] = {{"import", herdctl_places_import}, {"info", herdctl_places_info}};
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, argv[1]) == 0) {
            return commands[i].run(self, argc - 1, argv + 1);
        }
    }
    return herdctl_usage_error("places takes \"import [OPTION...] SRC DEST\" or \"info FILE\"");
}
