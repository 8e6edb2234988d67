#include "deploy/herdctl/survey/figures.h"

enum { NS = 1000000000 }; /* in a second */

#define FIGURE_ROW(name, of_kind, of_metric, of_label, of_unit, of_help)                           \
    {.key = REPORT_KEY_##name,                                                                     \
     .kind = HERDCTL_##of_kind,                                                                    \
     .metric = (of_metric),                                                                        \
     .label = (of_label),                                                                          \
     .unit = (of_unit),                                                                            \
     .help = (of_help)},

const herdctl_figure_t herdctl_figures_of_member[] = {HERDCTL_MEMBER_MAP(FIGURE_ROW)};
const herdctl_figure_t herdctl_figures_of_link[] = {HERDCTL_LINK_MAP(FIGURE_ROW)};
const herdctl_figure_t herdctl_figures_of_frontend[] = {HERDCTL_FRONTEND_MAP(FIGURE_ROW)};
const herdctl_figure_t herdctl_figures_of_follower[] = {HERDCTL_FOLLOWER_MAP(FIGURE_ROW)};
const herdctl_figure_t herdctl_figures_of_places[] = {HERDCTL_PLACES_MAP(FIGURE_ROW)};
