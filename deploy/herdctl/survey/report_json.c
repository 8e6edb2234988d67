#include "deploy/herdctl/survey/report_json.h"

#include "deploy/herdctl/frame/json.h"

#include <stdio.h>

/* A text of a report, in which "-" means that it is not known. */
static json_t *text_or_null(const char *text)
{
    return text[0] == '-' || text[0] == '\0' ? json_null() : json_string(text);
}

static void add_figures(json_t *object, const herdctl_figure_t *figures, size_t count,
                        const herdctl_value_t *values)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i].known) {
            json_object_set_new(object, report_keys_text(figures[i].key),
                                json_integer(values[i].value));
        }
    }
}

static json_t *json_of_link(const herdctl_link_t *link)
{
    json_t *object = json_object();
    json_object_set_new(object, "peer", json_string(link->peer));
    json_object_set_new(object, "up", json_boolean(link->up));
    add_figures(object, herdctl_figures_of_link, HERDCTL_LINK_FIGURES, link->figures);
    json_object_set_new(object, "changed",
                        herdctl_json_time(link->figures[HERDCTL_LINK_CHANGED].value));
    json_object_set_new(object, "error", text_or_null(link->error));
    json_object_set_new(object, "error_since", herdctl_json_time(link->error_ns));
    return object;
}

static json_t *json_of_frontend(const herdctl_frontend_t *frontend)
{
    json_t *object = json_object();
    json_object_set_new(object, "frontend", json_string(frontend->label));
    add_figures(object, herdctl_figures_of_frontend, HERDCTL_FRONTEND_FIGURES, frontend->figures);
    return object;
}

static json_t *json_of_follower(const herdctl_follower_t *follower)
{
    json_t *object = json_object();
    json_object_set_new(object, "follower", json_string(follower->label));
    add_figures(object, herdctl_figures_of_follower, HERDCTL_FOLLOWER_FIGURES, follower->figures);
    return object;
}

static json_t *json_of_places(const herdctl_report_t *report)
{
    if (report->places == HERDCTL_PLACES_NONE) {
        return json_null();
    }
    json_t *object = json_object();
    json_object_set_new(object, "provider", json_string(report->provider));
    json_object_set_new(object, "breaker", json_string(herdctl_report_places_text(report->places)));
    add_figures(object, herdctl_figures_of_places, HERDCTL_PLACES_FIGURES, report->places_figures);
    json_object_set_new(object, "trouble", text_or_null(report->places_trouble));
    return object;
}

static void add_answer(json_t *object, const herdctl_report_t *report)
{
    json_t *links = json_array();
    json_t *frontends = json_array();
    json_t *followers = json_array();
    for (size_t i = 0; i < report->link_count; i++) {
        json_array_append_new(links, json_of_link(&report->links[i]));
    }
    for (size_t i = 0; i < report->frontend_count; i++) {
        json_array_append_new(frontends, json_of_frontend(&report->frontends[i]));
    }
    for (size_t i = 0; i < report->follower_count; i++) {
        json_array_append_new(followers, json_of_follower(&report->followers[i]));
    }
    json_object_set_new(object, "version", text_or_null(report->version));
    json_object_set_new(object, "root", text_or_null(report->root));
    json_object_set_new(object, "log_level", text_or_null(report->log_level));
    json_object_set_new(object, "security", text_or_null(report->security));
    json_object_set_new(object, "acknowledge", text_or_null(report->acknowledge));
    add_figures(object, herdctl_figures_of_member, HERDCTL_MEMBER_FIGURES, report->figures);
    json_object_set_new(object, "since",
                        herdctl_json_time(report->figures[HERDCTL_MEMBER_SINCE].value));
    json_object_set_new(object, "lag", json_integer(herdctl_report_lag(report)));
    json_object_set_new(object, "answer_ns", json_integer(report->elapsed_ns));
    json_object_set_new(object, "places", json_of_places(report));
    json_object_set_new(object, "link_ends", links);
    json_object_set_new(object, "frontend_processes", frontends);
    json_object_set_new(object, "follower_processes", followers);
}

json_t *herdctl_report_json(const char *member, const herdctl_report_t *report)
{
    json_t *object = json_object();
    json_object_set_new(object, "member", json_string(member));
    json_object_set_new(object, "up", json_boolean(report->answered));
    if (report->answered) {
        add_answer(object, report);
    } else if (report->problem != NULL) {
        json_object_set_new(object, "problem", json_string(report->problem));
    }
    return object;
}

void herdctl_report_json_add_all(json_t *object, const herdctl_survey_t *survey)
{
    json_t *members = json_array();
    for (size_t i = 0; i < survey->count; i++) {
        json_array_append_new(members,
                              herdctl_report_json(survey->members[i]->name, &survey->reports[i]));
    }
    json_object_set_new(object, "members", members);
}
