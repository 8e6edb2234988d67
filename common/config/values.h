/* values.h - one parser for each kind of value in the herd file.
 *
 * Owner: config_load. Threads: one.
 * Each is a config_parse_fn (keys.h): it writes its field, or reports what is wrong with the value
 * and which values are right.
 */
#ifndef HERD_COMMON_CONFIG_VALUES_H
#define HERD_COMMON_CONFIG_VALUES_H

#include "common/config/keys.h"

config_parse_fn config_values_name;    /* const char *: a herd's name */
config_parse_fn config_values_path;    /* const char *: absolute path */
config_parse_fn config_values_yes_no;  /* bool */
config_parse_fn config_values_traffic; /* config_traffic_t */
config_parse_fn config_values_size;    /* size_t, in the key's range */
config_parse_fn config_values_time;    /* int64_t, in the key's range */
config_parse_fn config_values_classes; /* geonames_classes_t */
/* size_t: the N of "peers N", in the key's range; 0 for "memory" */
config_parse_fn config_values_acknowledge;
config_parse_fn config_values_endpoint;  /* const char *: what ZeroMQ binds and connects to */
config_parse_fn config_values_listeners; /* clients and client_count of a config_member_t */
config_parse_fn config_values_web;       /* web and web_count of one */
config_parse_fn config_values_later;     /* nothing yet: it needs the rest of the file */

/* Field `key` of the structure. */
void *config_values_field(const config_key_t *key, void *structure);

/* Adds the error that the value must be `right`, e.g. "\"yes\" or \"no\"". */
void config_values_bad(const config_reader_t *reader, const config_setting_t *setting,
                       const char *right);

/* Whether `name` may name a herd or member. If not, adds an error at `line`. */
bool config_values_check_name(const config_reader_t *reader, const char *name, unsigned line);

/* Returns an absolute `path` as it is; puts a relative one below the herd file's folder, in the
 * arena. */
const char *config_values_absolute_path(const config_reader_t *reader, const char *path);

#endif
