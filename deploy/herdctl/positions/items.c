/* Bytes come in pieces; what was looked at is not looked at again.
 *
 * Lines and rows end at an LF; in a row of CSV one between quotation marks does not end it. Of
 * GeoJSON only the structure is looked at, strings and brackets: the outermost object is gone
 * through up to the array "features", whose elements are the items; the reader parses these. */
#include "deploy/herdctl/positions/items.h"

#include <string.h>

static const char features_name[] = "features";
static const text_t mark = {.data = "\xef\xbb\xbf", .size = 3}; /* U+FEFF */

positions_items_t positions_items_begin(positions_format_t format)
{
    return (positions_items_t){.format = format, .line = 1};
}

static void count_lines(positions_items_t *self, text_t passed)
{
    text_t line;
    while (text_take_line(&passed, &line)) {
        self->line++;
    }
}

/* Passes the item that ends before `size` bytes. */
static status_t finish(positions_items_t *self, text_t bytes, size_t size, text_t *ret_item)
{
    bool too_long = self->too_long || size > POSITIONS_ITEM_SIZE;
    self->at_line = self->too_long ? self->at_line : self->line;
    *ret_item = text_first(bytes, size);
    self->scanned = 0;
    self->too_long = false;
    self->in_quotes = false;
    count_lines(self, *ret_item);
    return too_long ? STATUS_TOO_LONG : STATUS_OK;
}

/* No end in sight: what is too long is let go. */
static status_t want_more(positions_items_t *self, text_t bytes, size_t *ret_taken)
{
    self->scanned = bytes.size;
    if (bytes.size > POSITIONS_ITEM_SIZE) {
        self->at_line = self->too_long ? self->at_line : self->line;
        self->too_long = true;
        count_lines(self, bytes);
        *ret_taken += bytes.size;
        self->scanned = 0;
    }
    return STATUS_AGAIN;
}

/* Looks for the LF that ends a line or row; false if it is not among the bytes. */
static bool find_line_end(positions_items_t *self, text_t bytes, size_t *ret_size)
{
    bool quotes = self->format == POSITIONS_CSV;
    for (size_t at = self->scanned; at < bytes.size; at++) {
        if (quotes && bytes.data[at] == '"') {
            self->in_quotes = !self->in_quotes;
        }
        if (bytes.data[at] == '\n' && !self->in_quotes) {
            *ret_size = at;
            return true;
        }
    }
    return false;
}

static bool is_blank(text_t text)
{
    text_t field;
    return !text_take_field(&text, &field);
}

static status_t take_line(positions_items_t *self, text_t bytes, bool ended, size_t *ret_taken,
                          text_t *ret_item)
{
    for (;;) {
        size_t size;
        text_t item;
        bool found = find_line_end(self, bytes, &size);
        if (!found && !ended) {
            return want_more(self, bytes, ret_taken);
        }
        if (!found && bytes.size == 0 && !self->too_long) {
            return STATUS_NOT_FOUND;
        }
        size = found ? size : bytes.size;
        status_t status = finish(self, bytes, size, &item);
        self->line += found ? 1 : 0;
        *ret_taken += found ? size + 1 : size;
        bytes = text_after(bytes, found ? size + 1 : size);
        if (status != STATUS_OK || !is_blank(item)) {
            bool has_return = item.size > 0 && item.data[item.size - 1] == '\r';
            *ret_item = text_first(item, has_return ? item.size - 1 : item.size);
            return status;
        }
    }
}

/* A byte within a string. */
static void scan_string(positions_items_t *self, char byte)
{
    if (self->escaped) {
        self->escaped = false;
        self->matched = 0;
    } else if (byte == '\\') {
        self->escaped = true;
    } else if (byte == '"') {
        self->in_quotes = false;
        self->is_key = self->matched == sizeof features_name;
    } else if (self->matched > 0) {
        bool matches =
            self->matched < sizeof features_name && byte == features_name[self->matched - 1];
        self->matched = matches ? self->matched + 1 : 0;
    }
}

/* A byte of JSON; false if it closes what is not open. */
static bool scan(positions_items_t *self, char byte)
{
    if (self->in_quotes) {
        scan_string(self, byte);
        return true;
    }
    switch (byte) {
    case '"':
        self->in_quotes = true;
        self->matched = 1;
        return true;
    case '{':
    case '[': self->depth++; return true;
    case '}':
    case ']':
        if (self->depth == 0) {
            return false;
        }
        self->depth--;
        return true;
    default: return true;
    }
}

/* A byte of the outermost object. */
static bool scan_member(positions_items_t *self, char byte)
{
    bool begins = byte == '[' && !self->in_quotes && self->is_key && self->depth == 1;
    if (!scan(self, byte)) {
        return false;
    }
    if (begins && !self->has_features) {
        self->has_features = true;
        self->place = POSITIONS_AT_FIRST;
    } else if (self->depth == 0) {
        self->place = POSITIONS_AT_END;
    }
    /* What stands between the name and the bracket. */
    if (!self->in_quotes && byte != ':' && byte != '"' && !text_is_space(byte) && byte != '\n') {
        self->is_key = false;
    }
    return true;
}

/* A byte between features. */
static bool scan_between(positions_items_t *self, char byte)
{
    if (byte == ']' && self->place != POSITIONS_AT_FEATURE) {
        self->place = POSITIONS_AT_MEMBERS;
        self->depth = 1;
        return true;
    }
    bool expects_comma = self->place == POSITIONS_AT_COMMA;
    self->place = POSITIONS_AT_FEATURE;
    return expects_comma && byte == ',';
}

/* A byte outside features; false if it cannot stand there. */
static bool scan_outside(positions_items_t *self, char byte)
{
    if (!self->in_quotes && (text_is_space(byte) || byte == '\n')) {
        return true;
    }
    switch (self->place) {
    case POSITIONS_AT_START:
        self->place = POSITIONS_AT_MEMBERS;
        return scan(self, byte) && byte == '{';
    case POSITIONS_AT_MEMBERS: return scan_member(self, byte);
    case POSITIONS_AT_END: return false;
    default: return scan_between(self, byte);
    }
}

static bool is_feature_due(const positions_items_t *self, char byte)
{
    return byte == '{' &&
           (self->place == POSITIONS_AT_FIRST || self->place == POSITIONS_AT_FEATURE);
}

/* Passes what stands before the next feature. False if it cannot stand there. */
static bool pass_outside(positions_items_t *self, text_t bytes, size_t *ret_size)
{
    size_t at = 0;
    while (at < bytes.size && !is_feature_due(self, bytes.data[at])) {
        self->at_line = self->line;
        if (!scan_outside(self, bytes.data[at])) {
            return false;
        }
        self->line += bytes.data[at] == '\n' ? 1 : 0;
        at++;
    }
    *ret_size = at;
    return true;
}

/* Looks for the brace that ends a feature. */
static bool find_feature_end(positions_items_t *self, text_t bytes, size_t *ret_size)
{
    for (size_t at = self->scanned; at < bytes.size; at++) {
        (void)scan(self, bytes.data[at]); /* the depth is 1 or more */
        if (self->depth == 0) {
            *ret_size = at + 1;
            return true;
        }
    }
    return false;
}

/* The file is at its end, or breaks off. */
static status_t end_features(positions_items_t *self)
{
    self->at_line = self->line;
    return self->place == POSITIONS_AT_END && self->has_features ? STATUS_NOT_FOUND
                                                                 : STATUS_INVALID;
}

static status_t take_feature(positions_items_t *self, text_t bytes, bool ended, size_t *ret_taken,
                             text_t *ret_item)
{
    size_t size = 0;
    if (self->scanned == 0 && !self->too_long) {
        if (!pass_outside(self, bytes, &size)) {
            return STATUS_INVALID;
        }
        *ret_taken += size;
        bytes = text_after(bytes, size);
        self->depth = bytes.size > 0 ? 0 : self->depth;
        if (bytes.size == 0) {
            return ended ? end_features(self) : STATUS_AGAIN;
        }
    }
    bool found = find_feature_end(self, bytes, &size);
    if (!found && ended) {
        self->at_line = self->too_long ? self->at_line : self->line;
        return STATUS_INVALID;
    }
    if (!found) {
        return want_more(self, bytes, ret_taken);
    }
    *ret_taken += size;
    self->place = POSITIONS_AT_COMMA;
    return finish(self, bytes, size, ret_item);
}

/* Passes a byte order mark. False if the bytes do not tell yet. */
static bool pass_mark(positions_items_t *self, text_t *bytes, bool ended, size_t *ret_taken)
{
    if (bytes->size < mark.size && !ended) {
        return false;
    }
    self->begun = true;
    if (text_equal(text_first(*bytes, mark.size), mark)) {
        *bytes = text_after(*bytes, mark.size);
        *ret_taken = mark.size;
    }
    return true;
}

status_t positions_items_take(positions_items_t *self, text_t bytes, bool ended, size_t *ret_taken,
                              text_t *ret_item)
{
    *ret_taken = 0;
    if (!self->begun && !pass_mark(self, &bytes, ended, ret_taken)) {
        return STATUS_AGAIN;
    }
    if (self->format == POSITIONS_GEOJSON) {
        return take_feature(self, bytes, ended, ret_taken, ret_item);
    }
    return take_line(self, bytes, ended, ret_taken, ret_item);
}

static text_t pass_spaces(text_t text)
{
    while (text.size > 0 && (text_is_space(text.data[0]) || text.data[0] == '\n')) {
        text = text_after(text, 1);
    }
    return text;
}

static bool take_text(text_t *rest, text_t text)
{
    *rest = pass_spaces(*rest);
    if (!text_equal(text_first(*rest, text.size), text)) {
        return false;
    }
    *rest = text_after(*rest, text.size);
    return true;
}

/* Whether it has "type": "FeatureCollection", however it is laid out. */
static bool has_collection(text_t head)
{
    static const char name[] = "\"type\"";
    const char *found;
    while ((found = memmem(head.data, head.size, name, sizeof name - 1)) != NULL) {
        head = text_after(head, (size_t)(found - head.data) + sizeof name - 1);
        text_t rest = head;
        if (take_text(&rest, TEXT(":")) && take_text(&rest, TEXT("\"FeatureCollection\""))) {
            return true;
        }
    }
    return false;
}

/* Whether its first line is a whole object, as far as one can see. */
static bool has_object(text_t head)
{
    text_t line;
    if (!text_take_line(&head, &line)) {
        return false;
    }
    while (line.size > 0 && text_is_space(line.data[line.size - 1])) {
        line = text_first(line, line.size - 1);
    }
    return line.data[line.size - 1] == '}'; /* it begins with a brace */
}

bool positions_items_guess(text_t head, bool ended, positions_format_t *ret_format)
{
    bool enough = ended || head.size >= POSITIONS_GUESS_SIZE;
    if (head.size < mark.size && !enough) {
        return false;
    }
    if (text_equal(text_first(head, mark.size), mark)) {
        head = text_after(head, mark.size);
    }
    head = pass_spaces(head);
    if (head.size == 0 || head.data[0] != '{') {
        *ret_format = POSITIONS_CSV;
        return head.size > 0 || enough;
    }
    bool is_collection = has_collection(head);
    *ret_format = is_collection ? POSITIONS_GEOJSON : POSITIONS_JSONL;
    return is_collection || has_object(head) || enough;
}
