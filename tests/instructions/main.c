/* herd-instructions - runs the hot paths, each on fixed input, for callgrind to count.
 *
 * Prints the number of items of each path ("items reply 1000 line"); with --toolchain, what the
 * counts belong to. tests/instructions/run starts it.
 */
#include "tests/support/cmocka_herd.h"

#include "tests/instructions/counted.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>
#include <xxhash.h>

/* What compiled this, and the libraries whose code is counted with ours. */
static void print_toolchain(void)
{
#ifdef __clang__
    const char *compiler = "";
#else
    const char *compiler = "gcc ";
#endif
    printf("%s%s, glibc %s, xxhash %u, libuv %s\n", compiler, __VERSION__, gnu_get_libc_version(),
           XXH_versionNumber(), uv_version_string());
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--toolchain") == 0) {
        print_toolchain();
        return 0;
    }
    if (argc != 1) {
        fprintf(stderr, "usage: herd-instructions [--toolchain]\n");
        return 2;
    }
    const struct CMUnitTest paths[] = {
        cmocka_unit_test(client_paths),  cmocka_unit_test(node_paths),
        cmocka_unit_test(link_paths),    cmocka_unit_test(places_paths),
        cmocka_unit_test(session_paths), cmocka_unit_test(upstream_paths),
    };
    return cmocka_run_group_tests_name("paths", paths, NULL, NULL);
}
