/*
 * When the packets of one connection came, told back as transport-cc feedback: the same as media/sfu/arrivals.py, with
 * what is pending in a ring. A cell holds the time in ticks plus one; 0 is what has not come, or was told.
 */
#include <string.h>

#include "parts.h"

enum { MOST_TOLD = 400, TICKS_PER_REFERENCE = 256, NOTHING = 0, SMALL = 1, LARGE = 2, LONG_RUN = 7, FIXED = 20 };
static const double TICK_S = 0.00025;

static int64_t *cell(struct arrivals *arrivals, int64_t index)
{
    return &arrivals->ticks[index % SPAN];
}

/* Whether there is room for `index` among what is pending; what is too far behind it is forgotten. */
static int makes_room(struct arrivals *arrivals, int64_t index)
{
    if (arrivals->pending && arrivals->newest - index >= SPAN)
        return 0;
    if (arrivals->pending && index - arrivals->oldest >= SPAN) {
        memset(arrivals->ticks, 0, sizeof arrivals->ticks);
        arrivals->pending = 0;
    }
    if (!arrivals->pending)
        arrivals->oldest = arrivals->newest = index;
    else if (index < arrivals->oldest)
        arrivals->oldest = index;
    else if (index > arrivals->newest)
        arrivals->newest = index;
    return 1;
}

void arrivals_add(struct arrivals *arrivals, double now, int sequence)
{
    int64_t index;
    if (arrivals->highest < 0)
        arrivals->highest = arrivals->next = index = sequence + 0x10000;
    else
        index = unwrap(arrivals->highest, sequence, 16);
    if (index > arrivals->highest)
        arrivals->highest = index;
    if (index < arrivals->next - MOST_TOLD || !makes_room(arrivals, index) || *cell(arrivals, index))
        return;
    *cell(arrivals, index) = (int64_t)(now / TICK_S) + 1;
    arrivals->pending++;
}

/* -- one message --------------------------------------------------------------------------------------------------- */

struct message {
    int count;
    int statuses[MOST_TOLD];
    int32_t deltas[MOST_TOLD];
};

/* As many as fit from `base` on, which are then told. */
static void gather(struct arrivals *arrivals, struct message *message, int64_t base, int64_t last)
{
    for (int64_t index = base; arrivals->pending && message->count < MOST_TOLD; index++) {
        int64_t *at = index < arrivals->oldest ? NULL : cell(arrivals, index);
        int place = message->count;
        message->statuses[place] = NOTHING;
        if (at && *at) {
            int64_t delta = *at - 1 - last;
            if (delta < INT16_MIN || delta > INT16_MAX)
                return;
            last = *at - 1;
            *at = 0;
            arrivals->pending--;
            message->deltas[place] = (int32_t)delta;
            message->statuses[place] = delta >= 0 && delta <= 0xFF ? SMALL : LARGE;
            arrivals->came++;
        } else {
            arrivals->lost++;
        }
        message->count++;
    }
}

static int run_length(const struct message *message, int from)
{
    int end = from + 1;
    while (end < message->count && message->statuses[end] == message->statuses[from])
        end++;
    return end - from;
}

static unsigned char *write_chunks(unsigned char *at, const struct message *message)
{
    for (int from = 0; from < message->count;) {
        int run = run_length(message, from);
        if (run >= LONG_RUN || from + run == message->count) {
            at = put16(at, (uint64_t)(message->statuses[from] << 13 | run));
            from += run;
            continue;
        }
        unsigned chunk = 0xC000;
        for (int place = 0; place < 7 && from + place < message->count; place++)
            chunk |= (unsigned)message->statuses[from + place] << (12 - 2 * place);
        at = put16(at, chunk);
        from += 7;
    }
    return at;
}

static unsigned char *write_deltas(unsigned char *at, const struct message *message)
{
    for (int place = 0; place < message->count; place++) {
        if (message->statuses[place] == SMALL)
            *at++ = (unsigned char)message->deltas[place];
        else if (message->statuses[place] == LARGE)
            at = put16(at, (uint16_t)message->deltas[place]);
    }
    return at;
}

/* Fill up to whole words; a packet of RTCP tells that by its first byte, and how many by its last. */
static int finish(unsigned char *packet, unsigned char *end)
{
    int padding = (int)((packet - end) & 3);
    memset(end, 0, (size_t)padding);
    if (padding)
        end[padding - 1] = (unsigned char)padding;
    packet[0] |= padding ? 0x20 : 0;
    int size = (int)(end - packet) + padding;
    put16(packet + 2, (uint64_t)(size / 4 - 1));
    return size;
}

/*
 * One packet of feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1) on what is pending into `packet`, of
 * TOLD_ROOM bytes; its size, 0 when nothing is pending.
 */
int arrivals_tell(struct arrivals *arrivals, uint32_t sender, uint32_t media, char *packet)
{
    struct message message = {0};
    unsigned char *start = (unsigned char *)packet;
    if (!arrivals->pending)
        return 0;
    while (!*cell(arrivals, arrivals->oldest))
        arrivals->oldest++;
    int64_t oldest = arrivals->oldest, reference = (*cell(arrivals, oldest) - 1) / TICKS_PER_REFERENCE;
    int64_t base = oldest - arrivals->next > MOST_TOLD / 2 || oldest < arrivals->next ? oldest : arrivals->next;
    gather(arrivals, &message, base, reference * TICKS_PER_REFERENCE);
    if (base + message.count > arrivals->next)
        arrivals->next = base + message.count;
    start[0] = 0x80 | 15;
    start[1] = 205;
    put32(put32(start + 4, sender), media);
    put32(put16(put16(start + 12, (uint64_t)base), (uint64_t)message.count),
          (uint64_t)(reference << 8) | (arrivals->count++ & 0xFF));
    return finish(start, write_deltas(write_chunks(start + FIXED, &message), &message));
}
