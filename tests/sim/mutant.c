#include "tests/sim/mutant.h"

#include "common/protocol/rules.h"

#include <stdio.h>
#include <string.h>

rule_t rules_removed = RULE_NONE;

typedef struct {
    const char *name;
    const char *where;
    const char *without; /* what happens without it */
} rule_text_t;

static const rule_text_t rule_texts[RULES_END] = {
#define RULE_TEXT(name, where, without) [RULE_##name] = {#name, where, without},
    RULES_MAP(RULE_TEXT)
#undef RULE_TEXT
};

bool mutant_select(const char *name)
{
    for (int rule = RULE_NONE + 1; rule < RULES_END; rule++) {
        if (strcmp(rule_texts[rule].name, name) == 0) {
            rules_removed = (rule_t)rule;
            return true;
        }
    }
    return false;
}

void mutant_print_all(void)
{
    for (int rule = RULE_NONE + 1; rule < RULES_END; rule++) {
        printf("%s\t%s\t%s\n", rule_texts[rule].name, rule_texts[rule].where,
               rule_texts[rule].without);
    }
}
