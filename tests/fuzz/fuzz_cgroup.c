/* What the kernel says of control groups, as any bytes: the first line says which group it is, the
 * rest what is mounted. Whatever is found is a folder in its bounds, and the way up ends at the
 * mount. */
#include "common/base/cgroup.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void climb(cgroup_place_t *place)
{
    size_t before = strlen(place->folder);
    size_t top = place->top_size;
    assert(before < CGROUP_PATH_SIZE && top > 0 && top <= before);
    while (cgroup_ascend(place)) {
        size_t now = strlen(place->folder);
        assert(now < before && now >= top && place->top_size == top);
        before = now;
    }
    assert(before == top);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const cgroup_tree_t trees[] = {CGROUP_V1_MEMORY, CGROUP_V2};
    text_t all = {.data = (const char *)data, .size = size};
    text_t groups = all;
    text_t line;
    if (memchr(data, '\0', size) != NULL || !text_take_line(&all, &line)) {
        return 0; /* the kernel writes no zeros */
    }
    (void)cgroup_limit(all);
    for (size_t i = 0; i < 2; i++) {
        text_t path;
        cgroup_place_t place;
        if (cgroup_find_path(groups, trees[i], &path)) {
            assert(path.size > 0 && path.data[0] == '/');
            assert(path.data >= groups.data && text_end(path) <= text_end(groups));
            if (cgroup_find_place(all, trees[i], path, &place)) {
                climb(&place);
            }
        }
    }
    return 0;
}
