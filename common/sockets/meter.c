/* What comes in: the connections of a socket, with the bytes of each that belong to no whole
 * message yet. What is decided: which of them end. An honest message is about 1 MiB at most, so
 * that one with more open bytes, nothing of which waits to be read, never meant to end it. While
 * more waits, whole messages may wait among them for a reactor that is busy or stopped; such a
 * peer gets what fills the pipes. Many that stay just below are held by the total, many that
 * bring nothing by their number: strangers give way to members, large ones first for memory, old
 * ones first for descriptors, because a new one may be a neighbour that has just not said so
 * yet. */
#include "common/sockets/meter.h"

static const char endless_message[] = "it sends a message without end";
static const char crowd_of_bytes[] =
    "the messages that strangers have begun are too large together";
static const char crowd_of_strangers[] =
    "too many connections are open that have not said whose they are";

uint64_t meter_open_size(uint64_t size, uint64_t base)
{
    return size > base ? size - base : 0;
}

static bool is_rival(const meter_connection_t *connection)
{
    return connection->verdict == NULL && !connection->named;
}

static size_t judge_each(meter_connection_t *connections, size_t count,
                         const meter_limits_t *limits)
{
    size_t cut = 0;
    for (size_t i = 0; i < count; i++) {
        meter_connection_t *connection = &connections[i];
        uint64_t most = connection->unread ? limits->open_unread_max : limits->open_max;
        connection->verdict = connection->open_size > most ? endless_message : NULL;
        cut += connection->verdict != NULL ? 1 : 0;
    }
    return cut;
}

static meter_connection_t *largest(meter_connection_t *connections, size_t count)
{
    meter_connection_t *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (is_rival(&connections[i]) &&
            (found == NULL || connections[i].open_size > found->open_size)) {
            found = &connections[i];
        }
    }
    return found;
}

static size_t judge_total(meter_connection_t *connections, size_t count, uint64_t most)
{
    uint64_t total = 0;
    size_t cut = 0;
    for (size_t i = 0; i < count; i++) {
        total += is_rival(&connections[i]) ? connections[i].open_size : 0;
    }
    while (total > most) {
        meter_connection_t *victim = largest(connections, count);
        victim->verdict = crowd_of_bytes;
        total -= victim->open_size;
        cut++;
    }
    return cut;
}

static meter_connection_t *oldest(meter_connection_t *connections, size_t count)
{
    meter_connection_t *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (is_rival(&connections[i]) && (found == NULL || connections[i].number < found->number)) {
            found = &connections[i];
        }
    }
    return found;
}

static size_t judge_counts(meter_connection_t *connections, size_t count,
                           const meter_limits_t *limits)
{
    size_t strangers = 0;
    size_t staying = 0;
    size_t cut = 0;
    for (size_t i = 0; i < count; i++) {
        strangers += is_rival(&connections[i]) ? 1 : 0;
        staying += connections[i].verdict == NULL ? 1 : 0;
    }
    while (strangers > 0 &&
           (strangers > limits->stranger_count || staying > limits->connection_count)) {
        oldest(connections, count)->verdict = crowd_of_strangers;
        strangers--;
        staying--;
        cut++;
    }
    return cut;
}

size_t meter_judge(meter_connection_t *connections, size_t count, const meter_limits_t *limits)
{
    size_t cut = judge_each(connections, count, limits);
    cut += judge_total(connections, count, limits->open_total);
    cut += judge_counts(connections, count, limits);
    return cut;
}
