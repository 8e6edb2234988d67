/* mutant.h - the rule that a run goes without (common/protocol/rules.h).
 *
 * Only in herd-sim-mutants. Owner: the program. Threads: one.
 */
#ifndef HERD_TESTS_SIM_MUTANT_H
#define HERD_TESTS_SIM_MUTANT_H

#include <stdbool.h>

/* Takes the rule of that name out, e.g. "TIE_ORIGIN"; false if there is none. */
bool mutant_select(const char *name);

/* Prints the rules: name, where it is written, what happens without it; tabs between them. */
void mutant_print_all(void);

#endif
