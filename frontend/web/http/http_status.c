#include "frontend/web/http/http_status.h"

const char *http_status_phrase(http_status_t status)
{
    switch (status) {
#define HTTP_STATUS_CASE(name, number, phrase)                                                     \
    case HTTP_##name: return phrase;
        HTTP_STATUS_MAP(HTTP_STATUS_CASE)
#undef HTTP_STATUS_CASE
    }
    return "Unknown";
}
