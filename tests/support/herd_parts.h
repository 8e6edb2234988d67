/* herd_parts.h - what the files of a herd of real processes share (herd.h); for these alone. */
#ifndef HERD_TESTS_SUPPORT_HERD_PARTS_H
#define HERD_TESTS_SUPPORT_HERD_PARTS_H

#include "common/base/text.h"
#include "tests/support/herd.h"
#include "tests/support/lan.h"
#include "tests/support/port.h"
#include "tests/support/process.h"

/* One member: where it listens, and what runs of it. */
typedef struct {
    char *name;
    uint16_t clients_port;
    uint16_t bus_port;
    uint16_t tap_port;
    uint16_t requests_port;             /* 0: a Unix socket */
    char bus_address[LAN_ADDRESS_SIZE]; /* address of the bus port */
    char *requests;                     /* endpoint for front-ends and operators */
    char *tap;                          /* endpoint where the node publishes */
    char *node_output;                  /* path of what the node prints */
    char *frontend_output;              /* path of what the front-end prints */
    process_t *node;                    /* NULL while it does not run */
    process_t *frontend;                /* NULL while it does not run */
} herd_entry_t;

struct herd {
    char *folder; /* the workspace */
    char *file;   /* path of the herd file */
    port_pool_t *ports;
    lan_t *lan; /* NULL unless nodes are separate */
    herd_entry_t *members;
    size_t member_count;
    size_t frontend_max_files; /* 0 inherits */
    size_t node_max_files;     /* 0 inherits */
    char **kept;               /* texts that herd_keep handed out */
    size_t kept_count;
};

/* Arguments that herd_control takes. */
enum { HERD_CONTROL_ARGUMENTS_MAX = 32 };

/* The member of that name, which must exist. */
herd_entry_t *herd_find(herd_t *self, const char *name);

/* Writes the herd file in one step (herd_file.c). */
void herd_write_file(const herd_t *self, const herd_options_t *options);

/* Keeps a copy of the text, with a zero behind it, until herd_destroy (herd_clients.c). */
const char *herd_keep(herd_t *self, text_t text);

/* Prints a file, its path first, to stderr (herd_programs.c). */
void herd_print_file(const char *path);

#endif
