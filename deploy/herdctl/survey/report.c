/* The body of a REPORT comes in, lines of "key value"; a herdctl_report_t goes out. Every word is
 * checked: a line, a field or a number that is malformed is ignored, and nothing else suffers. Of a
 * key that comes twice, and of a link that comes twice, the first one counts. Links and front-ends
 * have limits; surplus ones are ignored. */
#include "deploy/herdctl/survey/report.h"

#include "common/base/memory.h"
#include "common/protocol/message.h"
#include "common/protocol/record.h"

#include <stdlib.h>
#include <string.h>

enum { LINK_FIXED = 3 }; /* figures of a link that have a fixed place instead of a key */

static const char *const state_texts[HERDCTL_PLACES_STATES] = {
    [HERDCTL_PLACES_NONE] = "-",
    [HERDCTL_PLACES_CLOSED] = "closed",
    [HERDCTL_PLACES_OPEN] = "open",
    [HERDCTL_PLACES_HALF_OPEN] = "half-open",
};

const char *herdctl_report_places_text(herdctl_places_state_t state)
{
    return state_texts[state];
}

void herdctl_report_init(herdctl_report_t *self)
{
    *self = (herdctl_report_t){.version = "-",
                               .log_level = "-",
                               .security = "-",
                               .acknowledge = "-",
                               .root = "-",
                               .provider = "-"};
}

const char *herdctl_report_state_text(const herdctl_report_t *self)
{
    if (self->answered) {
        return "up";
    }
    return self->problem != NULL ? "unknown" : "down";
}

void herdctl_report_done(herdctl_report_t *self)
{
    free(self->links);
    free(self->frontends);
    free(self->followers);
    herdctl_report_init(self);
}

/* Sets `out` to a name; leaves it as it is if `text` is malformed. */
static void take_name(text_t text, char *out)
{
    if (record_name_is_valid(text)) {
        *text_copy(text, out) = '\0';
    }
}

/* A sentence, which the node has escaped; a byte that no node sends becomes "?". */
static void take_sentence(text_t text, char *out, size_t out_size)
{
    text = text_first(text, out_size - 1);
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        bool plain = byte >= ' ' && byte <= '~';
        out[i] = (char)(plain ? byte : '?');
    }
    out[text.size] = '\0';
}

static bool take_key(text_t body, report_key_t key, text_t *ret_value)
{
    return message_value(body, report_keys_text(key), ret_value);
}

static bool is_key(text_t text, report_key_t key)
{
    return text_equal(text, text_of(report_keys_text(key)));
}

static void take_named(text_t body, report_key_t key, char *out)
{
    text_t value;
    if (take_key(body, key, &value)) {
        take_name(value, out);
    }
}

static void take_root(text_t body, char *out)
{
    text_t root;
    if (!take_key(body, REPORT_KEY_ROOT, &root) || root.size != HERDCTL_ROOT_SIZE - 1) {
        return;
    }
    for (size_t i = 0; i < root.size; i++) {
        if (!text_is_hex(root.data[i])) {
            return;
        }
    }
    *text_copy(root, out) = '\0';
}

static void take_value(const herdctl_figure_t *figure, text_t text, herdctl_value_t *value)
{
    int64_t number;
    if (text_to_i64(text, &number) && (number >= 0 || figure->kind == HERDCTL_SIGNED)) {
        *value = (herdctl_value_t){.known = true, .value = number};
    }
}

static void take_member_figures(herdctl_report_t *self, text_t body)
{
    for (size_t i = 0; i < HERDCTL_MEMBER_FIGURES; i++) {
        text_t value;
        if (take_key(body, herdctl_figures_of_member[i].key, &value)) {
            take_value(&herdctl_figures_of_member[i], value, &self->figures[i]);
        }
    }
}

/* sent=42 newer=40 same=2 ... */
static void take_fields(text_t rest, const herdctl_figure_t *figures, size_t count,
                        herdctl_value_t *values)
{
    text_t field;
    while (text_take_field(&rest, &field)) {
        text_t value = field;
        text_t key;
        (void)text_take_until(&value, '=', &key);
        for (size_t i = 0; i < count; i++) {
            if (is_key(key, figures[i].key)) {
                take_value(&figures[i], value, &values[i]);
            }
        }
    }
}

/* google open 17 5 3 0 2 */
static void take_places(herdctl_report_t *self, text_t body)
{
    text_t rest;
    text_t name;
    text_t state;
    if (!take_key(body, REPORT_KEY_PLACES, &rest) || !text_take_field(&rest, &name) ||
        !text_take_field(&rest, &state)) {
        return;
    }
    for (size_t i = HERDCTL_PLACES_CLOSED; i < HERDCTL_PLACES_STATES; i++) {
        if (text_equal(state, text_of(state_texts[i])) && record_name_is_valid(name)) {
            self->places = (herdctl_places_state_t)i;
            take_name(name, self->provider);
        }
    }
    text_t field;
    for (size_t i = 0; i < HERDCTL_PLACES_FIGURES && text_take_field(&rest, &field); i++) {
        take_value(&herdctl_figures_of_places[i], field, &self->places_figures[i]);
    }
}

/* places_trouble google refuses the key in the file /etc/herd/places.key (HTTP status 403)
 * acknowledge disk peers 2 */
static void take_sentences(herdctl_report_t *self, text_t body)
{
    const struct {
        report_key_t key;
        char *out;
        size_t size;
    } rows[] = {
        {REPORT_KEY_PLACES_TROUBLE, self->places_trouble, sizeof self->places_trouble},
        {REPORT_KEY_JOURNAL_ERROR, self->journal_error, sizeof self->journal_error},
        {REPORT_KEY_ACKNOWLEDGE, self->acknowledge, sizeof self->acknowledge},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text_t value;
        if (take_key(body, rows[i].key, &value)) {
            take_sentence(value, rows[i].out, rows[i].size);
        }
    }
}

static herdctl_link_t *find_link(const herdctl_report_t *self, text_t peer)
{
    for (size_t i = 0; i < self->link_count; i++) {
        if (text_equal(text_of(self->links[i].peer), peer)) {
            return &self->links[i];
        }
    }
    return NULL;
}

/* Hands up 17 4711 0 sent=42 ... */
static void take_link(herdctl_report_t *self, text_t rest)
{
    text_t peer;
    text_t state;
    if (self->link_count == LIMIT_MEMBERS || !text_take_field(&rest, &peer) ||
        !record_name_is_valid(peer) || find_link(self, peer) != NULL ||
        !text_take_field(&rest, &state)) {
        return;
    }
    herdctl_link_t *link = &self->links[self->link_count++];
    *link = (herdctl_link_t){.up = text_equal(state, TEXT("up"))};
    take_name(peer, link->peer);
    text_t field;
    for (size_t i = 0; i < LINK_FIXED && text_take_field(&rest, &field); i++) {
        take_value(&herdctl_figures_of_link[i], field, &link->figures[i]);
    }
    take_fields(rest, herdctl_figures_of_link, HERDCTL_LINK_FIGURES, link->figures);
}

/* Hands 1795223287765086336 nothing heard for 5 s */
static void take_link_error(herdctl_report_t *self, text_t rest)
{
    text_t peer;
    text_t time;
    int64_t time_ns;
    if (!text_take_until(&rest, ' ', &peer) || !text_take_until(&rest, ' ', &time) ||
        !text_to_i64(time, &time_ns) || time_ns < 0) {
        return;
    }
    herdctl_link_t *link = find_link(self, peer);
    if (link == NULL) {
        return;
    }
    link->error_ns = time_ns;
    take_sentence(rest, link->error, sizeof link->error);
}

/* Goloman/12345: a name, or "?", then "/" and a process id */
static bool is_label(text_t label)
{
    text_t rest = label;
    text_t name;
    uint64_t pid;
    return label.size < HERDCTL_LABEL_SIZE && text_take_until(&rest, '/', &name) &&
           (record_name_is_valid(name) || text_equal(name, TEXT("?"))) &&
           text_to_u64(rest, INT32_MAX, &pid);
}

/* Processes on different machines may have the same label; their figures are added up. */
static void add_figures(herdctl_value_t *sums, const herdctl_value_t *figures, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t *sum = &sums[i].value;
        if (__builtin_add_overflow(*sum, figures[i].value, sum)) {
            *sum = INT64_MAX;
        }
    }
}

static void add_frontend(herdctl_report_t *self, const herdctl_frontend_t *frontend)
{
    for (size_t i = 0; i < self->frontend_count; i++) {
        herdctl_frontend_t *other = &self->frontends[i];
        if (strcmp(other->label, frontend->label) == 0) {
            add_figures(other->figures, frontend->figures, HERDCTL_FRONTEND_FIGURES);
            return;
        }
    }
    self->frontends[self->frontend_count++] = *frontend;
}

static void add_follower(herdctl_report_t *self, const herdctl_follower_t *follower)
{
    for (size_t i = 0; i < self->follower_count; i++) {
        herdctl_follower_t *other = &self->followers[i];
        if (strcmp(other->label, follower->label) == 0) {
            add_figures(other->figures, follower->figures, HERDCTL_FOLLOWER_FIGURES);
            return;
        }
    }
    self->followers[self->follower_count++] = *follower;
}

/* Goloman/12345 clients=3 lines=4711 ... */
static void take_frontend(herdctl_report_t *self, text_t rest)
{
    herdctl_frontend_t frontend = {0};
    text_t label;
    if (self->frontend_count == LIMIT_FRONTENDS || !text_take_field(&rest, &label) ||
        !is_label(label)) {
        return;
    }
    *text_copy(label, frontend.label) = '\0';
    take_fields(rest, herdctl_figures_of_frontend, HERDCTL_FRONTEND_FIGURES, frontend.figures);
    add_frontend(self, &frontend);
}

/* web/12345 up=1 lag=0 ... */
static void take_follower(herdctl_report_t *self, text_t rest)
{
    herdctl_follower_t follower = {0};
    text_t label;
    if (self->follower_count == LIMIT_FOLLOWERS || !text_take_field(&rest, &label) ||
        !is_label(label)) {
        return;
    }
    *text_copy(label, follower.label) = '\0';
    take_fields(rest, herdctl_figures_of_follower, HERDCTL_FOLLOWER_FIGURES, follower.figures);
    add_follower(self, &follower);
}

/* Returns the number of lines that begin with `key`. */
static size_t count_lines(text_t body, report_key_t key)
{
    size_t count = 0;
    text_t line;
    text_t name;
    while (text_take_line(&body, &line)) {
        count += text_take_until(&line, ' ', &name) && is_key(name, key) ? 1 : 0;
    }
    return count;
}

static void make_room(herdctl_report_t *self, text_t body)
{
    size_t links = count_lines(body, REPORT_KEY_LINK);
    size_t frontends = count_lines(body, REPORT_KEY_FRONTEND);
    links = links < LIMIT_MEMBERS ? links : LIMIT_MEMBERS;
    frontends = frontends < LIMIT_FRONTENDS ? frontends : LIMIT_FRONTENDS;
    self->links = memory_new_array(links, sizeof *self->links);
    self->frontends = memory_new_array(frontends, sizeof *self->frontends);
    size_t followers = count_lines(body, REPORT_KEY_FOLLOWER);
    followers = followers < LIMIT_FOLLOWERS ? followers : LIMIT_FOLLOWERS;
    self->followers = memory_new_array(followers, sizeof *self->followers);
}

static void take_lines(herdctl_report_t *self, text_t body)
{
    text_t line;
    text_t key;
    while (text_take_line(&body, &line)) {
        if (!text_take_until(&line, ' ', &key)) {
            continue;
        }
        if (is_key(key, REPORT_KEY_LINK)) {
            take_link(self, line);
        } else if (is_key(key, REPORT_KEY_LINK_ERROR)) {
            take_link_error(self, line);
        } else if (is_key(key, REPORT_KEY_FRONTEND)) {
            take_frontend(self, line);
        } else if (is_key(key, REPORT_KEY_FOLLOWER)) {
            take_follower(self, line);
        }
    }
}

void herdctl_report_take(herdctl_report_t *self, text_t body, int64_t elapsed_ns)
{
    herdctl_report_done(self);
    self->answered = true;
    self->elapsed_ns = elapsed_ns;
    take_named(body, REPORT_KEY_VERSION, self->version);
    take_named(body, REPORT_KEY_LOG_LEVEL, self->log_level);
    take_named(body, REPORT_KEY_SECURITY, self->security);
    take_root(body, self->root);
    take_member_figures(self, body);
    take_places(self, body);
    take_sentences(self, body);
    make_room(self, body);
    take_lines(self, body);
}

const herdctl_link_t *herdctl_report_link(const herdctl_report_t *self, const char *peer)
{
    return find_link(self, text_of(peer));
}

int64_t herdctl_report_lag(const herdctl_report_t *self)
{
    int64_t sum = 0;
    for (size_t i = 0; i < self->link_count; i++) {
        if (__builtin_add_overflow(sum, self->links[i].figures[HERDCTL_LINK_LAG].value, &sum)) {
            return INT64_MAX;
        }
    }
    return sum;
}
