/* page_files.h - the files of the page as embed.cmake makes them when the herd is built. Owner:
 * page.c. Not for other modules.
 */
#ifndef HERD_FRONTEND_WEB_PAGE_PAGE_FILES_H
#define HERD_FRONTEND_WEB_PAGE_PAGE_FILES_H

#include <stddef.h>

/* A file (open value struct). */
typedef struct {
    const char *name;
    const char *tag;             /* W/"..." */
    const unsigned char *plain;  /* its bytes */
    size_t plain_size;           /* bytes */
    const unsigned char *packed; /* the same, compressed by gzip */
    size_t packed_size;          /* bytes */
} page_source_t;

extern const page_source_t page_files[];
extern const unsigned page_files_count;

#endif
