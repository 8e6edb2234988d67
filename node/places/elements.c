#include "node/places/elements.h"

#include "common/base/limits.h"

#include <math.h>

void places_elements_drop(places_notes_t *notes, text_t odd)
{
    if (notes->dropped++ == 0) {
        notes->sample = odd;
    }
}

size_t places_elements_print(const places_elements_t *self, json_print_t *printer,
                             places_notes_t *notes)
{
    text_t rest = json_read_inside(self->array);
    text_t element;
    size_t count = 0;
    while (count < self->maximum && json_read_element(&rest, &element)) {
        const json_print_mark_t mark = json_print_mark(printer);
        bool good = json_read_is_object(element) && json_read_part_is_sound(self->body, element);
        if (good) {
            json_print_next(printer);
            good = self->print(printer, element, self->argument) &&
                   json_print_has_room(printer, LIMIT_PLACES_TAIL_SIZE);
        }
        if (good) {
            count++;
        } else {
            json_print_go_back(printer, &mark);
            places_elements_drop(notes, element);
        }
    }
    return count;
}

bool places_elements_is_kind(text_t value, char kind)
{
    switch (kind) {
    case '"': return json_read_is_string(value);
    case '0': return json_read_is_number(value);
    case '{': return json_read_is_object(value);
    case '[': return json_read_is_array(value);
    default: return text_equal(value, TEXT("true")) || text_equal(value, TEXT("false"));
    }
}

void places_elements_print_strings(json_print_t *printer, text_t array)
{
    text_t rest = json_read_inside(array);
    text_t element;
    json_print_open(printer, '[');
    while (json_read_element(&rest, &element)) {
        if (json_read_is_string(element)) {
            json_print_next(printer);
            json_print_raw(printer, element);
        }
    }
    json_print_close(printer, ']');
}

bool places_elements_is_position(text_t latitude, text_t longitude)
{
    double latitude_deg;
    double longitude_deg;
    return json_read_double(latitude, &latitude_deg) &&
           json_read_double(longitude, &longitude_deg) && fabs(latitude_deg) <= 90 &&
           fabs(longitude_deg) <= 180;
}
