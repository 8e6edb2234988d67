#include "frontend/clients/figures.h"

static void note_rise(figures_rise_t *rise, uint64_t count, int64_t now_ns)
{
    if (count > rise->told) {
        rise->told = count;
        rise->last_ns = now_ns;
    }
}

status_t figures_write(figures_t *self, const figures_others_t *others, buffer_t *out)
{
    note_rise(&self->turned_away_rise, self->turned_away, others->now_ns);
    note_rise(&self->log_lost_rise, others->log_lost, others->now_ns);
    note_rise(&self->traffic_cut_rise, self->traffic_cut, others->now_ns);
    note_rise(&self->accept_pauses_rise, self->accept_pauses, others->now_ns);
    return buffer_format(
        out,
        "clients %zu\nlines %llu\nmalformed %llu\nreceived %llu\nsent %llu\nslow %llu\n"
        "turned_away %llu\ngiven_up %llu\nlog_lost %llu\ntraffic_cut %llu\n"
        "accept_pauses %llu\nturned_away_last %lld\nlog_lost_last %lld\ntraffic_cut_last %lld\n"
        "accept_pauses_last %lld\n",
        others->clients, (unsigned long long)self->lines, (unsigned long long)self->malformed,
        (unsigned long long)self->received, (unsigned long long)self->sent,
        (unsigned long long)self->slow, (unsigned long long)self->turned_away,
        (unsigned long long)self->given_up, (unsigned long long)others->log_lost,
        (unsigned long long)self->traffic_cut, (unsigned long long)self->accept_pauses,
        (long long)self->turned_away_rise.last_ns, (long long)self->log_lost_rise.last_ns,
        (long long)self->traffic_cut_rise.last_ns, (long long)self->accept_pauses_rise.last_ns);
}
