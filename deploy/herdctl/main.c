/* main.c - herdctl: the table of its commands. Options in front of the command are read here; what
 * stands behind it is the command's own. */
#include "common/base/output.h"
#include "common/base/spelling.h"
#include "deploy/herdctl/clients/clients.h"
#include "deploy/herdctl/commands.h"
#include "deploy/herdctl/journal/journal.h"
#include "deploy/herdctl/places/places.h"
#include "deploy/herdctl/tap/tap.h"
#include "deploy/herdctl/traffic/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static herdctl_command_fn help;

static const herdctl_command_t commands[] = {
    {"check", "[FILE]", "tell what is wrong with a herd file", herdctl_check},
    {"members", "[MEMBER...]", "list members, one line of tab-separated fields each",
     herdctl_members},
    {"status", "[--links] [MEMBER...]", "ask members how they are", herdctl_status},
    {"top", "[MEMBER...]", "show what members do, again and again, with rates", herdctl_top},
    {"health", "[MEMBER...]", "say in one line whether the herd is well", herdctl_health},
    {"ping", "[--count N] [MEMBER...]", "measure how long members take to answer", herdctl_ping},
    {"where", "CLIENT [MEMBER...]", "show a client's record at each member", herdctl_where},
    {"watch", "[OPTION...] [CLIENT]", "show who comes, moves and leaves", herdctl_clients_watch},
    {"export", "[OPTION...] [FILE]", "write the clients that a member has to a file",
     herdctl_clients_export},
    {"metrics", "[MEMBER...]", "print the members' figures for Prometheus", herdctl_metrics},
    {"exporter", "[--listen ADDRESS:PORT]", "serve figures and health over HTTP", herdctl_exporter},
    {"log-level", "LEVEL [MEMBER...]", "set which events members log", herdctl_log_level},
    {"tap", "[OPTION...] [MEMBER...]", "show what passes at members", herdctl_tap},
    {"traffic", "[OPTION...] FILE...", "print logs of what clients sent and got", herdctl_traffic},
    {"forget", "CLIENT [MEMBER]", "have the herd forget a client", herdctl_forget},
    {"keygen", "[--role ROLE] NAME...", "make keys of members, operators, watchers or followers",
     herdctl_keygen},
    {"reload", "[MEMBER...]", "have members read the herd file again", herdctl_reload},
    {"journal", "status [MEMBER...]", "look at what members keep on their disks", herdctl_journal},
    {"places", "import SRC DEST", "make a file of places that is ready at once", herdctl_places},
    {"version", "", "show the version", herdctl_version},
    {"help", "", "show this text", help},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_help(const options_t *options)
{
    printf("usage: %s %s\n\ncommands:\n", options->program, options->usage);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("  %-9s %-24s  %s\n", commands[i].name, commands[i].arguments, commands[i].summary);
    }
    puts("\noptions:");
    options_print_rows(options);
}

/* Reads what stands in front of the command. */
static options_end_t read_options(herdctl_t *self, int argc, char **argv)
{
    const char *key = NULL;
    const options_row_t rows[] = {
        {"config", "FILE", "the herd file (default: $HERD_CONFIG, ./herd.cfg, /etc/herd/herd.cfg)",
         'c', .string = &self->config_path},
        {"json", NULL, "print JSON, for programs", .flag = &self->json},
        {"key", "NAME", "whose key to use, of the operators in the key folder (default: $HERD_KEY)",
         .string = &key},
        {0},
    };
    const options_t options = {
        .program = HERDCTL_PROGRAM,
        .hint = HERDCTL_HINT,
        .usage = "[--config FILE] [--json] COMMAND [ARGUMENT...]",
        .version = HERD_VERSION,
        .rows = rows,
        .ends_at_operand = true,
        .operands_min = 1,
        .operands_max = OPTIONS_MANY,
        .operands = "no command",
        .help = print_help,
    };
    options_operands_t operands;
    options_end_t end = options_read(&options, argc, argv, &operands);
    if (end == OPTIONS_READ) {
        self->argc = (int)operands.count;
        self->argv = operands.items;
    }
    if (key != NULL) {
        setenv("HERD_KEY", key, 1);
    }
    return end;
}

/* `herdctl help` is `herdctl --help`. */
static herdctl_exit_t help(const herdctl_t *self)
{
    static char option[] = "--help";
    char *argv[] = {option, option, NULL};
    herdctl_t other;
    options_operands_t operands;
    herdctl_exit_t result;
    if (herdctl_command_read_members(self, NULL, NULL, &operands, &result)) {
        (void)read_options(&other, 2, argv);
        result = HERDCTL_OK;
    }
    return result;
}

static const char *find_config(void)
{
    const char *path = getenv("HERD_CONFIG");
    if (path != NULL && path[0] != '\0') {
        return path;
    }
    return access("herd.cfg", F_OK) == 0 ? "herd.cfg" : "/etc/herd/herd.cfg";
}

static herdctl_exit_t run(herdctl_t *self)
{
    const char *name = self->argv[0];
    spelling_t spelling = {.word = text_of(name)};
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            self->command = &commands[i];
            return self->command->run(self);
        }
        spelling_consider(&spelling, commands[i].name);
    }
    if (spelling.nearest != NULL) {
        return herdctl_command_refuse("unknown command \"%s\", did you mean \"%s\"?", name,
                                      spelling.nearest);
    }
    return herdctl_command_refuse("unknown command \"%s\"", name);
}

int main(int argc, char **argv)
{
    herdctl_t herdctl = {.config_path = find_config()};
    herdctl_exit_t result = HERDCTL_OK;
    output_begin();
    switch (read_options(&herdctl, argc, argv)) {
    case OPTIONS_READ: result = run(&herdctl); break;
    case OPTIONS_SHOWN: break;
    case OPTIONS_WRONG: result = HERDCTL_USAGE; break;
    }
    return output_end(HERDCTL_PROGRAM, (int)result);
}
