/* providers.h - the table of providers on the network: one row each.
 *
 * Owner: the rows are constant. Threads: any.
 */
#ifndef HERD_NODE_PLACES_PROVIDERS_H
#define HERD_NODE_PLACES_PROVIDERS_H

#include "common/config/config.h"
#include "node/places/provider.h"

/* The row of a provider; NULL for those that are not on the network. */
const places_provider_t *places_providers_find(config_places_t places);

#endif
