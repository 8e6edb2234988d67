#include "common/config/changes.h"

#include "common/config/table.h"

#include <string.h>

static bool differ(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one != other : strcmp(one, other) != 0;
}

void config_changes_report(const config_view_t *before, const config_view_t *now,
                           config_change_fn *report, void *argument)
{
    const config_table_t *table = config_table();
    for (size_t i = 0; i < table->count; i++) {
        const config_key_t *key = &table->rows[i];
        bool of_member = key->section == CONFIG_SECTION_MEMBER;
        const char *const *old_texts = of_member ? before->member->texts : before->config->texts;
        const char *const *new_texts = of_member ? now->member->texts : now->config->texts;
        if (old_texts != NULL && new_texts != NULL && differ(old_texts[i], new_texts[i])) {
            report(argument, key, old_texts[i], new_texts[i]);
        }
    }
}
