#include "node/places/provider.h"

#include "common/base/limits.h"
#include "node/places/google.h"
#include "node/places/google_legacy.h"
#include "node/places/overpass.h"

static const places_provider_t google = {.name = "google",
                                         .base_url = "https://places.googleapis.com",
                                         .reply_maximum = LIMIT_PLACES_ANSWER_SIZE,
                                         .concurrent_max = LIMIT_PLACES_CONCURRENT,
                                         .ask = places_google_ask,
                                         .decode = places_google_decode};

static const places_provider_t google_legacy = {.name = "google-legacy",
                                                .base_url = "https://maps.googleapis.com",
                                                .reply_maximum = LIMIT_PLACES_ANSWER_SIZE,
                                                .concurrent_max = LIMIT_PLACES_CONCURRENT,
                                                .ask = places_google_legacy_ask,
                                                .decode = places_google_legacy_decode};

static const places_provider_t overpass = {.name = "overpass",
                                           .base_url = "https://overpass-api.de",
                                           .reply_maximum = LIMIT_OVERPASS_SIZE,
                                           .concurrent_max = LIMIT_OVERPASS_CONCURRENT,
                                           .may_be_kept = true,
                                           .is_shared = true,
                                           .ask = places_overpass_ask,
                                           .decode = places_overpass_decode};

const places_provider_t *places_provider_find(config_places_t places)
{
    switch (places) {
    case CONFIG_PLACES_GOOGLE: return &google;
    case CONFIG_PLACES_GOOGLE_LEGACY: return &google_legacy;
    case CONFIG_PLACES_OVERPASS: return &overpass;
    case CONFIG_PLACES_LOCAL:
    case CONFIG_PLACES_NONE: break;
    }
    return NULL;
}
