#include "deploy/herdctl/frame/options.h"

#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "deploy/herdctl/frame/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t seconds_min_ns = 10 * TIMESTAMP_NS_PER_MS;
static const int64_t seconds_max_ns = 3600 * TIMESTAMP_NS_PER_S;

/* The row of "--count" or "--count=3"; NULL where there is none. */
static const herdctl_option_t *find_option(const herdctl_option_t *options, const char *argument)
{
    size_t size = strcspn(argument, "=");
    for (; options->name != NULL; options++) {
        if (text_equal(text_of(options->name), (text_t){.data = argument, .size = size}) &&
            (argument[size] == '\0' || options->value != NULL)) {
            return options;
        }
    }
    return NULL;
}

/* Takes the option at argv[*at], and its value, leaving *at at the last of them. */
static bool take_option(const herdctl_option_t *options, const char *command, char **argv, int *at)
{
    const char *argument = argv[*at];
    const herdctl_option_t *option = find_option(options, argument);
    if (option == NULL) {
        herdctl_usage_error("%s knows no option %s", command, argument);
        return false;
    }
    if (option->flag != NULL) {
        *option->flag = true;
        return true;
    }
    const char *equals = strchr(argument, '=');
    *option->value = equals != NULL ? equals + 1 : argv[*at + 1];
    if (*option->value == NULL) {
        herdctl_usage_error("%s needs a value", option->name);
        return false;
    }
    *at += equals != NULL ? 0 : 1;
    return true;
}

bool herdctl_take_options(const herdctl_option_t *options, int *argc, char **argv)
{
    int kept = 1;
    bool more = true;
    for (int i = 1; i < *argc; i++) {
        if (more && strcmp(argv[i], "--") == 0) {
            more = false;
        } else if (more && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (!take_option(options, argv[0], argv, &i)) {
                return false;
            }
        } else {
            argv[kept++] = argv[i];
        }
    }
    argv[kept] = NULL;
    *argc = kept;
    return true;
}

bool herdctl_take_number(const char *name, const char *text, uint64_t minimum, uint64_t maximum,
                         uint64_t *value)
{
    uint64_t number;
    if (text == NULL) {
        return true;
    }
    if (!text_to_u64(text_of(text), maximum, &number) || number < minimum) {
        herdctl_usage_error("%s takes a number from %llu to %llu, not \"%s\"", name,
                            (unsigned long long)minimum, (unsigned long long)maximum, text);
        return false;
    }
    *value = number;
    return true;
}

bool herdctl_take_seconds(const char *name, const char *text, int64_t *value_ns)
{
    int64_t time_ns;
    if (text == NULL) {
        return true;
    }
    if (!timestamp_parse(text_of(text), &time_ns) || time_ns < seconds_min_ns ||
        time_ns > seconds_max_ns) {
        herdctl_usage_error("%s takes seconds from 0.01 to 3600, not \"%s\"", name, text);
        return false;
    }
    *value_ns = time_ns;
    return true;
}

static bool is_among(const config_member_t *member, const config_member_t *const *members,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (members[i] == member) {
            return true;
        }
    }
    return false;
}

const config_member_t **herdctl_choose_members(const config_t *config, char **names,
                                               size_t name_count, size_t *ret_count)
{
    size_t count = name_count > 0 ? name_count : config->member_count;
    const config_member_t **members = memory_new_array(count, sizeof(config_member_t *));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const config_member_t *member =
            name_count > 0 ? config_member(config, names[i]) : &config->members[i];
        if (member == NULL) {
            fprintf(stderr, "herdctl: no member \"%s\" in %s\n", names[i], config->file);
            free(members);
            return NULL;
        }
        if (name_count == 0 || !is_among(member, members, kept)) {
            members[kept++] = member;
        }
    }
    *ret_count = kept;
    return members;
}
