/* table.h - every key of the herd file, one row each.
 *
 * Owner: none. Threads: any; it is constant.
 * docs/configuration.md, docs/man/herd.cfg.5 and deploy/herd.cfg name every key of this table
 * (tests/unit/common/config/test_config.c compares).
 */
#ifndef HERD_COMMON_CONFIG_TABLE_H
#define HERD_COMMON_CONFIG_TABLE_H

#include "common/config/keys.h"

/* The table of the herd file. */
const config_table_t *config_table(void);

#endif
