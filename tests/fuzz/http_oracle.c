#include "tests/fuzz/http_oracle.h"

#include <http_parser.h>

typedef struct {
    size_t body;
    bool complete;
} oracle_t;

static int on_body(http_parser *parser, const char *at, size_t size)
{
    oracle_t *oracle = parser->data;
    (void)at;
    oracle->body += size;
    return 0;
}

static int on_complete(http_parser *parser)
{
    oracle_t *oracle = parser->data;
    oracle->complete = true;
    http_parser_pause(parser, 1);
    return 0;
}

bool http_oracle_agrees(const char *bytes, size_t size, size_t body_size)
{
    oracle_t oracle = {0};
    http_parser parser;
    http_parser_settings settings;
    http_parser_settings_init(&settings);
    settings.on_body = on_body;
    settings.on_message_complete = on_complete;
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &oracle;
    (void)http_parser_execute(&parser, &settings, bytes, size);
    return oracle.complete && oracle.body == body_size;
}
