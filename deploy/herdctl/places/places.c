/* herdctl places: files of places, made and looked at. */
#include "deploy/herdctl/places/places.h"

herdctl_exit_t herdctl_places(const herdctl_t *self)
{
    static const herdctl_command_t rows[] = {
        {"places import", "[OPTION...] SRC DEST", "make a file of places of a dump of GeoNames",
         herdctl_places_import},
        {"places info", "FILE", "tell what is in such a file", herdctl_places_info},
    };
    static const herdctl_command_family_t family = {
        "places", "make files of places, and look at them", rows, sizeof rows / sizeof rows[0]};
    return herdctl_command_run_family(self, &family);
}
