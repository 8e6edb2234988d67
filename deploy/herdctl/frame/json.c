#include "deploy/herdctl/frame/json.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"

#include <stdio.h>
#include <stdlib.h>

json_t *herdctl_json_time(int64_t time_ns)
{
    char text[TIMESTAMP_ISO8601_SIZE];
    if (time_ns <= 0) {
        return json_null();
    }
    timestamp_write_iso8601(time_ns, text);
    return json_stringn(text, sizeof text);
}

json_t *herdctl_json_text(text_t text)
{
    size_t size = TEXT_ESCAPED_SIZE * text.size + 1;
    char *shown = memory_new(size);
    text_escape(text, shown, size);
    json_t *json = json_string(shown);
    free(shown);
    return json;
}

json_t *herdctl_json_new(const config_t *config)
{
    json_t *object = json_object();
    json_object_set_new(object, "herd", json_string(config->herd_name));
    json_object_set_new(object, "time", herdctl_json_time(clock_now_ns()));
    return object;
}

void herdctl_json_print(json_t *json)
{
    enum { INDENT = 2 };
    json_dumpf(json, stdout, JSON_INDENT(INDENT));
    puts("");
    json_decref(json);
}
