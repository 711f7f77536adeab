/*
 * What receivers tell, digested: reports are noted for Python, transport-cc feedback is read and resolved here, NACKs are
 * answered.
 *
 * The same as media/rtp/transport_cc.py, media/sfu/sent.py and the spacing of media/sfu/delay.py on the same numbers;
 * what follows from it is for Python. A compound with anything else in it, or with a length that does not fit, is left.
 */
#include <math.h>
#include <string.h>

#include "parts.h"

enum { RECEIVER_REPORT = 201, DESCRIPTION = 202, FEEDBACK = 205, NACK = 1, TRANSPORT_CC = 15, SENDER_REPORT = 200 };
enum { MAX_STATUS_COUNT = 8192, ABSENT = INT32_MIN, REFERENCE_TICKS = 256, BLOCK = 24 };
static const double DELTA_TICK_S = 0.00025;
static const double BURST_S = 0.005, SMOOTHING = 0.9, BASE_WINDOW_S = 10.0, LATELY_S = 1.0;

struct feedback {
    uint32_t base, reference;
    int total;
    int32_t deltas[MAX_STATUS_COUNT];
};

/* -- reading ------------------------------------------------------------------------------------------------------- */

/* One packet status chunk's `place`-th symbol. */
static int symbol(unsigned chunk, int place)
{
    if (!(chunk & 0x8000))
        return chunk >> 13 & 3;
    return chunk & 0x4000 ? chunk >> (12 - 2 * place) & 3 : chunk >> (13 - place) & 1;
}

static int symbols(unsigned chunk)
{
    if (!(chunk & 0x8000))
        return chunk & 0x1FFF;
    return chunk & 0x4000 ? 7 : 14;
}

/* The statuses into `deltas`; where the deltas begin, or 0 when cut short or with an empty run. */
static int read_statuses(struct feedback *found, const unsigned char *body, int size)
{
    int at = 8;
    for (int done = 0; done < found->total; at += 2) {
        if (at + 2 > size)
            return 0;
        unsigned chunk = get16(body + at);
        int count = symbols(chunk), left = found->total - done;
        if (!count)
            return 0;
        for (int place = 0; place < count && place < left; place++)
            found->deltas[done + place] = symbol(chunk, place);
        done += count < left ? count : left;
    }
    return at;
}

/* draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1; 0 where Python would raise. */
static int read_feedback(struct feedback *found, const unsigned char *body, int size)
{
    if (size < 8)
        return 0;
    found->base = get16(body);
    found->total = get16(body + 2);
    found->reference = get32(body + 4) >> 8;
    if (found->total > MAX_STATUS_COUNT)
        return 0;
    int at = read_statuses(found, body, size);
    for (int place = 0; at && place < found->total; place++) {
        int status = found->deltas[place];
        if (status == 3 || at + status > size)
            return 0;
        found->deltas[place] = !status ? ABSENT : status == 1 ? body[at] : (int16_t)get16(body + at);
        at += status;
    }
    return at != 0;
}

/* -- spacing ------------------------------------------------------------------------------------------------------- */

static double feed_least(struct least *least, double window, double at, double value)
{
    if (at - least->newer_at > window) {
        least->older = least->newer;
        least->newer = value;
        least->newer_at = at;
    } else if (value < least->newer) {
        least->newer = value;
    }
    return least->newer < least->older ? least->newer : least->older;
}

/* A group is complete: what its spacing adds to the pile. */
static void close_group(struct spacing *spacing, double sent, double arrived)
{
    if (isinf(sent))
        return;
    double former_sent = spacing->former_sent, former_arrived = spacing->former_arrived;
    spacing->former_sent = sent;
    spacing->former_arrived = arrived;
    spacing->way = arrived - sent;
    feed_least(&spacing->base, BASE_WINDOW_S, arrived, spacing->way);
    if (isinf(former_sent) || arrived < former_arrived)
        return;
    spacing->piled_ms += ((arrived - former_arrived) - (sent - former_sent)) * 1000;
    spacing->smooth_ms = SMOOTHING * spacing->smooth_ms + (1 - SMOOTHING) * spacing->piled_ms;
    spacing->at_ms[spacing->groups % POINTS] = arrived * 1000;
    spacing->value_ms[spacing->groups % POINTS] = spacing->smooth_ms;
    spacing->groups++;
}

static void feed_spacing(struct spacing *spacing, double sent, double arrived)
{
    double since = arrived - spacing->latest;
    int in_burst = since >= 0 && since <= BURST_S && since < sent - spacing->last;
    if (sent - spacing->first > BURST_S && !in_burst) {
        close_group(spacing, spacing->last, spacing->latest);
        spacing->first = spacing->last = sent;
        spacing->latest = arrived;
    } else if (sent >= spacing->first) {
        if (sent > spacing->last)
            spacing->last = sent;
        if (arrived > spacing->latest)
            spacing->latest = arrived;
    }
}

static void end_spacing(struct spacing *spacing)
{
    if (isinf(spacing->base.newer))
        return;
    double least = spacing->base.newer < spacing->base.older ? spacing->base.newer : spacing->base.older;
    double way = spacing->latest - spacing->last;
    spacing->queue_s = spacing->way - least;
    spacing->newest_s = way - feed_least(&spacing->lately, LATELY_S, spacing->latest, way);
}

/* -- what was sent ------------------------------------------------------------------------------------------------- */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t sum(const struct flow *flow, int64_t from, int64_t to)
{
    int64_t all = 0;
    for (int64_t index = from; index < to; index++)
        all += flow->sizes[index % RING];
    return all;
}

/* Everything before `end` is no longer on its way, whatever became of it. */
static void land(struct flow *flow, int64_t end)
{
    int64_t begin = larger(flow->told, flow->next - RING);
    if (begin > flow->told)
        flow->landed = flow->octets - sum(flow, 0, RING);
    if (end >= flow->next)
        flow->landed = flow->octets;
    else if (end > begin)
        flow->landed += sum(flow, begin, end);
    flow->told = end;
}

/* The same as `_note` in media/sfu/probe.py. */
static void feed_probe(struct probe *probe, int64_t index, double left, double came, int size)
{
    if (probe->first < 0 || index < probe->first || (probe->end >= 0 && index >= probe->end))
        return;
    int begins = !probe->count++;
    if (begins || left < probe->left)
        probe->left = left;
    if (begins || came < probe->came) {
        probe->came = came;
        probe->size = size;
    }
    if (begins || left >= probe->left_last) {
        probe->left_last = left;
        probe->size_last = size;
    }
    if (begins || came > probe->came_last)
        probe->came_last = came;
    probe->octets += size;
}

static void take_arrival(struct flow *flow, struct told *told, int64_t index, int64_t ticks)
{
    double arrived = (double)ticks * DELTA_TICK_S;
    told->sent_at = flow->times[index % RING];
    told->arrived += flow->sizes[index % RING];
    if (!told->count++ || arrived > told->newest)
        told->newest = arrived;
    feed_probe(&flow->probe, index, told->sent_at, arrived, flow->sizes[index % RING]);
    flow->sizes[index % RING] = 0;
    feed_spacing(&flow->spacing, told->sent_at, arrived);
}

static void resolve(struct flow *flow, const struct feedback *feedback, struct told *told)
{
    flow->reference = flow->reference < 0 ? feedback->reference : unwrap(flow->reference, feedback->reference, 24);
    int64_t ticks = flow->reference * REFERENCE_TICKS, index = unwrap(flow->next - 1, feedback->base, 16);
    int64_t end = flow->next, oldest = larger(0, end - RING), last = index + feedback->total;
    land(flow, larger(flow->told, last < end ? last : end));
    for (int place = 0; place < feedback->total; place++, index++) {
        int32_t delta = feedback->deltas[place];
        if (delta != ABSENT)
            ticks += delta;
        uint16_t size = index >= oldest && index < end ? flow->sizes[index % RING] : 0;
        if (!size)
            continue;
        told->last = index;
        told->octets += size;
        if (delta == ABSENT)
            told->lost++;
        else
            take_arrival(flow, told, index, ticks);
    }
    if (told->count)
        end_spacing(&flow->spacing);
}

/* -- compounds ----------------------------------------------------------------------------------------------------- */

/* Read what `data` holds; 0 unless all of it can be digested here. `blocks` are counted, `found` is read if any is. */
static int read_compound(const struct door *door, const unsigned char *data, int size, int *blocks, int *feedbacks,
                         struct feedback *found)
{
    for (int at = 0, end; at < size; at = end) {
        if (at + 4 > size || data[at] >> 6 != 2)
            return 0;
        int kind = data[at + 1], count = data[at] & 0x1F;
        end = at + 4 + 4 * get16(data + at + 2);
        if (end > size)
            return 0;
        int padding = data[at] & 0x20 ? data[end - 1] : 0;
        if (data[at] & 0x20 && (kind != FEEDBACK || count != TRANSPORT_CC))
            return 0; /* whatever else is padded is for Python */
        if (kind == RECEIVER_REPORT && at + 8 + BLOCK * count <= end)
            *blocks += count;
        else if (kind == FEEDBACK && count == TRANSPORT_CC && at + 12 + padding <= end) {
            if (++*feedbacks > 1 || door->flow->way != NUMBERED ||
                !read_feedback(found, data + at + 12, end - at - 12 - padding))
                return 0;
        } else if (kind == FEEDBACK && count == NACK && at + 12 <= end) {
            if (!can_answer(door->flow, data + at, data + end))
                return 0;
        } else if (kind != DESCRIPTION) {
            return 0;
        }
    }
    return size > 0 && *blocks + door->reported <= REPORTS;
}

static void note_reports(struct door *door, double now, const unsigned char *data, int size)
{
    for (int at = 0; at < size; at += 4 + 4 * get16(data + at + 2)) {
        if (data[at + 1] != RECEIVER_REPORT)
            continue;
        const unsigned char *block = data + at + 8;
        for (int left = data[at] & 0x1F; left; left--, block += BLOCK)
            door->reports[door->reported++] = (struct report){now, get32(block), block[4], get32(block + 8),
                                                              get32(block + 16), get32(block + 20), get32(block + 12)};
    }
}

static void answer_all(struct outbox *box, struct door *door, double now, const unsigned char *data, int size)
{
    for (int at = 0, end; at < size; at = end) {
        end = at + 4 + 4 * get16(data + at + 2);
        if (data[at + 1] == FEEDBACK && (data[at] & 0x1F) == NACK)
            answer(box, door->flow, now, data + at, data + end);
    }
}

int take_rtcp(struct outbox *box, struct door *door, double now, const unsigned char *data, int size)
{
    struct feedback feedback;
    int blocks = 0, feedbacks = 0;
    if (!read_compound(door, data, size, &blocks, &feedbacks, &feedback))
        return NOT_PLAIN;
    note_reports(door, now, data, size);
    if (feedbacks) {
        if (!door->has_told)
            door->told = (struct told){.last = -1, .groups = door->flow->spacing.groups};
        door->told.at = now;
        resolve(door->flow, &feedback, &door->told);
        door->has_told = 1;
    }
    answer_all(box, door, now, data, size);
    door->pending = 1;
    return TAKEN;
}

/* All but reports, and feedback on a flow that is not paced. */
int is_urgent(const struct door *door, const unsigned char *data, int size)
{
    for (int at = 0; at + 4 <= size; at += 4 + 4 * get16(data + at + 2)) {
        int kind = data[at + 1], format = data[at] & 0x1F;
        int feedback = kind == FEEDBACK && format == TRANSPORT_CC;
        if (kind != SENDER_REPORT && kind != RECEIVER_REPORT && kind != DESCRIPTION &&
            !(feedback && door->flow->way != PACED))
            return 1;
    }
    return 0;
}
