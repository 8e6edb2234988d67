#include "deploy/herdctl/commands.h"

#include "deploy/herdctl/places/places.h"
#include "deploy/herdctl/tap/tap.h"

#include "common/base/spelling.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char default_config[] = "/etc/herd/herd.cfg";

static herdctl_command_fn help;

static const struct {
    const char *name;
    const char *arguments; /* as in the usage */
    const char *summary;
    herdctl_command_fn *run;
    bool json; /* whether it can print JSON */
} commands[] = {
    {"check", "[FILE]", "tell what is wrong with a herd file", herdctl_check, false},
    {"members", "[MEMBER...]", "list members, one line of tab-separated fields each",
     herdctl_members, false},
    {"status", "[--links] [MEMBER...]", "ask members how they are", herdctl_status, true},
    {"top", "[MEMBER...]", "the same, again and again, with rates", herdctl_top, true},
    {"health", "[MEMBER...]", "say in one line whether the herd is well", herdctl_health, true},
    {"ping", "[--count N] [MEMBER...]", "measure how long members take to answer", herdctl_ping,
     true},
    {"where", "CLIENT [MEMBER...]", "show a client's record at each member", herdctl_where, true},
    {"metrics", "[MEMBER...]", "print the members' figures for Prometheus", herdctl_metrics, false},
    {"exporter", "[--listen ADDRESS:PORT]", "serve them over HTTP, and the health",
     herdctl_exporter, false},
    {"log-level", "LEVEL [MEMBER...]", "set which events members log", herdctl_log_level, true},
    {"tap", "[OPTION...] [MEMBER...]", "show what passes at members", herdctl_tap, true},
    {"forget", "CLIENT [MEMBER]", "have the herd forget a client", herdctl_forget, false},
    {"keygen", "[--role ROLE] NAME...", "make keys of members, operators or watchers",
     herdctl_keygen, false},
    {"reload", "[MEMBER...]", "have members read the herd file again", herdctl_reload, true},
    {"places", "import SRC DEST", "make a file of places that is ready at once", herdctl_places,
     false},
    {"help", "", "show this text", help, false},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static herdctl_exit_t help(const herdctl_t *self, int argc, char **argv)
{
    (void)self;
    (void)argc;
    (void)argv;
    puts("usage: herdctl [--config FILE] [--json] COMMAND [ARGUMENT...]\n\ncommands:");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("  %-9s %-24s  %s\n", commands[i].name, commands[i].arguments, commands[i].summary);
    }
    puts("\noptions:\n"
         "  --config FILE  the herd file (default: $HERD_CONFIG, ./herd.cfg, /etc/herd/herd.cfg)\n"
         "  --json         print JSON, for programs\n"
         "  --key NAME     whose key to use, of the operators in the key folder (default: "
         "$HERD_KEY)\n"
         "  --help         show this text\n"
         "  --version      show the version");
    return HERDCTL_OK;
}

static const char *find_config(void)
{
    const char *path = getenv("HERD_CONFIG");
    if (path != NULL && path[0] != '\0') {
        return path;
    }
    return access("herd.cfg", F_OK) == 0 ? "herd.cfg" : default_config;
}

static herdctl_exit_t run(const herdctl_t *self, int argc, char **argv)
{
    spelling_t spelling = {.word = text_of(argv[0])};
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, argv[0]) == 0) {
            return self->json && !commands[i].json
                       ? herdctl_usage_error("%s knows no option --json", argv[0])
                       : commands[i].run(self, argc, argv);
        }
        spelling_consider(&spelling, commands[i].name);
    }
    if (spelling.nearest != NULL) {
        return herdctl_usage_error("unknown command \"%s\", did you mean \"%s\"?", argv[0],
                                   spelling.nearest);
    }
    return herdctl_usage_error("unknown command \"%s\"", argv[0]);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'},
        {"key", required_argument, NULL, 'k'},    {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},      {NULL, 0, NULL, 0},
    };
    herdctl_t herdctl = {.config_path = find_config()};
    int option;
    /* "+": what follows the command belongs to the command */
    while ((option = getopt_long(argc, argv, "+c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c': herdctl.config_path = optarg; break;
        case 'j': herdctl.json = true; break;
        case 'k': setenv("HERD_KEY", optarg, 1); break;
        case 'h': return help(&herdctl, 0, NULL);
        case 'v': puts("herdctl " HERD_VERSION); return HERDCTL_OK;
        default: return HERDCTL_USAGE; /* getopt has said why */
        }
    }
    if (optind == argc) {
        return herdctl_usage_error("no command");
    }
    return run(&herdctl, argc - optind, argv + optind);
}
