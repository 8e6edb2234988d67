#include "frontend/web/page/page.h"

#include "frontend/web/page/page_files.h"

#include <string.h>

/* The type of a file by the end of its name. */
static const char *type_of(const char *name)
{
    static const struct {
        const char *ending;
        const char *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
        {".json", "application/json"},         {".bin", "application/octet-stream"},
    };
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(ending, types[i].ending) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

static text_t bytes(const unsigned char *data, size_t size)
{
    return (text_t){.data = (const char *)data, .size = size};
}

bool page_find(text_t name, page_file_t *ret_file)
{
    text_t wanted = name.size > 0 ? name : TEXT("index.html");
    for (unsigned i = 0; i < page_files_count; i++) {
        const page_source_t *source = &page_files[i];
        if (text_equal(wanted, text_of(source->name))) {
            *ret_file = (page_file_t){.type = type_of(source->name),
                                      .tag = source->tag,
                                      .plain = bytes(source->plain, source->plain_size),
                                      .packed = bytes(source->packed, source->packed_size)};
            return true;
        }
    }
    return false;
}
