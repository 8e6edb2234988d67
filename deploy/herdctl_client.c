#include "deploy/herdctl_client.h"

#include "common/memory.h"
#include "deploy/herdctl.h"

#include <string.h>

bool herdctl_is_client(const char *client)
{
    text_t rest = text_of(client);
    text_t field;
    if (strchr(client, '\n') != NULL || !text_take_field(&rest, &field) ||
        field.size != strlen(client)) {
        herdctl_usage_error("the ID of a client is not empty, and has no white space in it");
        return false;
    }
    return true;
}

char *herdctl_client_line(const char *client)
{
    size_t size = strlen(client);
    char *line = memory_new(size + 2);
    memcpy(line, client, size);
    line[size] = '\n';
    return line;
}
