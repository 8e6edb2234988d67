/* The herd file that a herd of real processes writes. */
#include "tests/support/herd_parts.h"

#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Writes the lines of `settings`, each behind `indentation`. */
static void write_settings(FILE *file, const char *settings, const char *indentation)
{
    text_t rest = text_of(settings != NULL ? settings : "");
    text_t line;
    while (text_take_line(&rest, &line)) {
        fprintf(file, "%s%.*s\n", indentation, (int)line.size, line.data);
    }
    assert_int_equal(rest.size, 0);
}

static void write_places(FILE *file, const herd_options_t *options)
{
    if (options->places_settings != NULL) {
        fprintf(file, "    places\n");
        write_settings(file, options->places_settings, "        ");
        return;
    }
    if (!options->local_places) {
        fprintf(file, "    places\n        provider = \"none\"\n");
        return;
    }
    const char *name = options->places != NULL ? options->places : "tests/support/places.tsv";
    char *places = name[0] == '/' ? memory_copy_text(name, strlen(name)) : herd_source(name);
    fprintf(file, "    places\n        provider = \"local\"\n        file = \"%s\"\n", places);
    if (options->places_classes != NULL) {
        fprintf(file, "        feature_classes = \"%s\"\n", options->places_classes);
    }
    free(places);
}

static void write_clients(FILE *file, const herd_entry_t *member, const char *hosts)
{
    text_t rest = text_of(hosts != NULL ? hosts : "127.0.0.1");
    text_t host;
    fprintf(file, "        clients = \"");
    for (const char *gap = ""; text_take_field(&rest, &host); gap = " ") {
        fprintf(file, "%stcp://%.*s:%u", gap, (int)host.size, host.data,
                (unsigned)member->clients_port);
    }
    fprintf(file, "\"\n");
}

static void write_member(FILE *file, const herd_entry_t *member, const char *neighbours,
                         const char *hosts)
{
    fprintf(file, "    %s\n", member->name);
    write_clients(file, member, hosts);
    fprintf(file, "        bus = \"tcp://%s:%u\"\n", member->bus_address,
            (unsigned)member->bus_port);
    if (member->requests_port != 0) {
        fprintf(file, "        requests = \"%s\"\n", member->requests);
    }
    fprintf(file, "        tap = \"%s\"\n", member->tap);
    fprintf(file, "        neighbours = \"%s\"\n", neighbours);
}

void herd_write_file(const herd_t *self, const herd_options_t *options)
{
    char *path = NULL;
    if (asprintf(&path, "%s.new", self->file) < 0) {
        abort();
    }
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        fail_msg("%s: %s", path, strerror(errno));
    }
    fprintf(file, "herd\n    name = \"test\"\n");
    fprintf(file, "    run_dir = \"run\"\n    log_dir = \"log\"\n    data_dir = \"data\"\n");
    if (options->keys) {
        fprintf(file, "    keys = \"keys\"\n");
    } else if (self->lan != NULL) {
        fprintf(file, "    security = \"none\"\n"); /* addresses of a network */
    }
    write_settings(file, options->settings, "    ");
    write_places(file, options);
    fprintf(file, "members\n");
    for (size_t i = 0; i < self->member_count; i++) {
        write_member(file, &self->members[i], options->members[i].neighbours, options->hosts);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(path, self->file), 0);
    free(path);
}
