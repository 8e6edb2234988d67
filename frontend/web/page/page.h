/* page.h - the files that a browser gets from herd-web: the map's page, its scripts, its base map.
 *
 * They are part of the program. Pure. Threads: any.
 */
#ifndef HERD_FRONTEND_WEB_PAGE_PAGE_H
#define HERD_FRONTEND_WEB_PAGE_PAGE_H

#include "common/base/text.h"

/* Fields of each answer with a file: nothing is run, shown or asked for that is not from this
 * address, no other site puts the page into a frame, and a browser asks again each time whether it
 * has the newest (by the entity tag). A format: a space and the one origin that images may come
 * from too, or two empty strings. */
#define PAGE_FIELDS                                                                                \
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "           \
    "img-src 'self'%s%s; connect-src 'self'; base-uri 'none'; form-action 'none'; "                \
    "frame-ancestors 'none'\r\n"                                                                   \
    "Referrer-Policy: no-referrer\r\n"                                                             \
    "Cache-Control: no-cache\r\n"

/* A file (open value struct); all is of the program, and stays. */
typedef struct {
    const char *type; /* of its content */
    const char *tag;  /* a weak entity tag (RFC 9110, 8.8.3): of the plain bytes and the packed */
    text_t plain;
    text_t packed; /* the same, compressed by gzip */
} page_file_t;

/* The file of a path without its first slash, "app.js"; of the empty one the page itself. False:
 * there is no such file. */
bool page_find(text_t name, page_file_t *ret_file);

#endif
