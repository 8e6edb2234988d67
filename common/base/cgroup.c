/* What comes in (proc(5)):
 *   /proc/self/cgroup      4:memory:/herd.slice/a            hierarchy, controllers, path
 *                          0::/herd.slice/a                  the unified tree
 *   /proc/self/mountinfo   35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
 *                          number, parent, device, root, place, options, any further fields up to
 *                          "-", then type, source, options of the file system
 * In paths of mountinfo spaces, tabs, line ends and backslashes are written in octal: \040. */
#include "common/base/cgroup.h"

#include <string.h>

static bool has_part(text_t text, char separator, text_t wanted)
{
    text_t part;
    bool found = false;
    while (!found && text_take_until(&text, separator, &part)) {
        found = text_equal(part, wanted);
    }
    return found;
}

bool cgroup_find_path(text_t cgroups, cgroup_tree_t tree, text_t *ret_path)
{
    text_t line;
    bool found = false;
    while (!found && text_take_line(&cgroups, &line)) {
        text_t hierarchy;
        text_t controllers;
        if (!text_take_until(&line, ':', &hierarchy) ||
            !text_take_until(&line, ':', &controllers)) {
            continue;
        }
        found = tree == CGROUP_V2 ? text_equal(hierarchy, TEXT("0")) && controllers.size == 0
                                  : has_part(controllers, ',', TEXT("memory"));
        *ret_path = line;
    }
    return found && ret_path->size > 0 && ret_path->data[0] == '/';
}

/* A line of mountinfo, as far as it matters. */
typedef struct {
    text_t root;
    text_t point;
    text_t type;
    text_t options;
} mount_t;

static bool take_mount(text_t line, mount_t *ret_mount)
{
    text_t field;
    for (unsigned i = 0; i < 3; i++) {
        if (!text_take_field(&line, &field)) {
            return false;
        }
    }
    if (!text_take_field(&line, &ret_mount->root) || !text_take_field(&line, &ret_mount->point)) {
        return false;
    }
    do {
        if (!text_take_field(&line, &field)) {
            return false;
        }
    } while (!text_equal(field, TEXT("-")));
    return text_take_field(&line, &ret_mount->type) && text_take_field(&line, &field) &&
           text_take_field(&line, &ret_mount->options);
}

static bool is_of_tree(const mount_t *mount, cgroup_tree_t tree)
{
    return tree == CGROUP_V2 ? text_equal(mount->type, TEXT("cgroup2"))
                             : text_equal(mount->type, TEXT("cgroup")) &&
                                   has_part(mount->options, ',', TEXT("memory"));
}

static bool take_octal(text_t *rest, char *ret_byte)
{
    unsigned value = 0;
    if (rest->size < 4 || rest->data[0] != '\\') {
        return false;
    }
    for (size_t i = 1; i < 4; i++) {
        if (rest->data[i] < '0' || rest->data[i] > '7') {
            return false;
        }
        value = value * 8 + (unsigned)(rest->data[i] - '0');
    }
    *rest = text_after(*rest, 4);
    *ret_byte = (char)value;
    return value > 0 && value < 256;
}

/* Without its octal numbers; returns the size, 0 if there is no room. */
static size_t unescape(text_t text, char out[CGROUP_PATH_SIZE])
{
    size_t size = 0;
    while (text.size > 0 && size < CGROUP_PATH_SIZE - 1) {
        if (!take_octal(&text, &out[size])) {
            out[size] = text.data[0];
            text = text_after(text, 1);
        }
        size++;
    }
    out[size] = '\0';
    return text.size == 0 ? size : 0;
}

/* Whether the way to `path` begins with `root`; the rest of it begins with "/" or is empty. */
static bool is_below(text_t path, text_t root, text_t *ret_rest)
{
    if (text_equal(root, TEXT("/"))) {
        root.size = 0;
    }
    *ret_rest = text_after(path, root.size < path.size ? root.size : path.size);
    return root.size <= path.size && text_equal(text_first(path, root.size), root) &&
           (ret_rest->size == 0 || ret_rest->data[0] == '/');
}

/* A group outside of what is mounted has no folder: "/../a". */
static bool leads_out(text_t rest)
{
    return has_part(rest, '/', TEXT(".."));
}

static bool set_place(const mount_t *mount, text_t rest, cgroup_place_t *ret_place)
{
    char point[CGROUP_PATH_SIZE];
    size_t size = unescape(mount->point, point);
    while (rest.size > 0 && rest.data[rest.size - 1] == '/') {
        rest.size--;
    }
    if (size == 0 || size + rest.size >= CGROUP_PATH_SIZE) {
        return false;
    }
    memcpy(ret_place->folder, point, size);
    memcpy(ret_place->folder + size, rest.data, rest.size);
    ret_place->folder[size + rest.size] = '\0';
    ret_place->top_size = size;
    return true;
}

bool cgroup_find_place(text_t mounts, cgroup_tree_t tree, text_t path, cgroup_place_t *ret_place)
{
    text_t line;
    mount_t mount;
    bool found = false;
    size_t best_size = 0; /* of the root that shows most of the way, and 1 */
    while (text_take_line(&mounts, &line)) {
        if (!take_mount(line, &mount) || !is_of_tree(&mount, tree)) {
            continue;
        }
        char root[CGROUP_PATH_SIZE];
        text_t rest;
        size_t size = unescape(mount.root, root);
        bool shows = size > 0 && is_below(path, (text_t){.data = root, .size = size}, &rest) &&
                     !leads_out(rest);
        if (shows && size + 1 > best_size) {
            best_size = size + 1;
            found = set_place(&mount, rest, ret_place);
        } else if (!shows && best_size == 0 && !found) {
            found = set_place(&mount, (text_t){.data = "", .size = 0}, ret_place);
        }
    }
    return found;
}

bool cgroup_ascend(cgroup_place_t *place)
{
    size_t size = strlen(place->folder);
    if (size <= place->top_size) {
        return false;
    }
    while (size > place->top_size && place->folder[size - 1] != '/') {
        size--;
    }
    while (size > place->top_size && place->folder[size - 1] == '/') {
        size--;
    }
    place->folder[size] = '\0';
    return true;
}

uint64_t cgroup_limit(text_t text)
{
    text_t line;
    uint64_t limit;
    bool said = text_take_until(&text, '\n', &line) && text_to_u64(line, UINT64_MAX, &limit);
    return said ? limit : UINT64_MAX;
}
