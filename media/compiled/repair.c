/*
 * NACKs that are answered from what the slot's layer keeps, as media/sfu/repair.py does it, each packet by RTX.
 *
 * Only where everything that went out since the slot began with its layer went out whole, in order and at once; all
 * else is left to Python before anything was changed for it.
 */
#include <string.h>

#include "parts.h"

enum { MAX_RESENDS_PER_NACK = 100, MAX_RESENDS = 5, FIXED = 12, OSN = 2, FULL_DESCRIPTOR = 6, WIRE = 44 };

/* A packet that was asked for: its number as it was sent (unwrapped), and what is kept of it. */
struct asked {
    int64_t number;
    const struct kept_packet *packet;
};

static struct slot *find_slot(const struct flow *flow, uint32_t ssrc)
{
    struct slot *slot = flow->slots;
    while (slot && slot->ssrc != ssrc)
        slot = slot->next;
    return slot;
}

/* Whether the numbers of what went out need no more than `shift` to be turned round. */
static int is_simple(const struct slot *slot)
{
    const struct repair *repair = slot->repair;
    const struct flow *flow = slot->flow;
    return repair->whole && repair->stream && repair->stream->epoch == repair->epoch &&
           slot->shift == repair->shift && slot->pictures.shift == repair->picture_shift && flow->way != PACED &&
           flow->descriptor >= 0;
}

/* A descriptor of VP8 that is full, or H.264, which has none. */
static int is_writable(const struct repair *repair, const struct kept_packet *packet)
{
    const unsigned char *payload = packet->bytes;
    if (FIXED + OSN + 8 + packet->size > BUFFER - TRAILER)
        return 0;
    return repair->stream->codec == H264 || (is_full(payload, packet->size) && packet->picture >= 0);
}

/* One 16-bit number: 1 when it can be sent again, 0 when nobody would, -1 when Python has to see. */
static int look_up(const struct slot *slot, uint16_t sequence, struct asked *asked)
{
    const struct repair *repair = slot->repair;
    int64_t newest = slot->highest + slot->shift, number = unwrap(newest, sequence, 16);
    if (number > newest || number <= repair->cleared || number <= newest - REACH)
        return 0;
    if (number < repair->first)
        return -1;
    const struct kept_packet *packet = kept_get(repair->stream->kept, number - slot->shift);
    if (!packet)
        return 0;
    if (!is_writable(repair, packet))
        return -1;
    *asked = (struct asked){number, packet};
    return packet->picture < 0 ||
           (packet->picture >= repair->first_picture && packet->picture <= slot->pictures.highest);
}

/* What a generic NACK (RFC 4585 6.2.1) asks for and can be had, into `asked`; -1 when it is left to Python. */
static int collect(const struct slot *slot, const unsigned char *pairs, const unsigned char *end, struct asked *asked)
{
    int found = 0, seen = 0;
    for (; pairs + 4 <= end; pairs += 4) {
        uint32_t mask = (uint32_t)get16(pairs + 2) << 1 | 1;
        for (int bit = 0; mask >> bit && seen < MAX_RESENDS_PER_NACK; bit++) {
            if (!(mask >> bit & 1))
                continue;
            int known = look_up(slot, (uint16_t)(get16(pairs) + bit), &asked[found]);
            if (known < 0)
                return -1;
            found += known;
            seen++;
        }
    }
    return found;
}

static unsigned char *write_descriptor(unsigned char *at, const struct slot *slot, const struct kept_packet *packet)
{
    const unsigned char *payload = packet->bytes;
    *at++ = payload[0];
    *at++ = payload[1];
    at = put16(at, 0x8000 | ((uint64_t)(packet->picture + slot->pictures.shift) & 0x7FFF));
    *at++ = (unsigned char)(payload[4] + slot->tl0_offset);
    int key = (payload[5] & 0xE0) | ((payload[5] + slot->key_offset) & 0x1F);
    *at++ = (unsigned char)(payload[1] & KEYIDX ? key : payload[5]);
    return at;
}

/* RFC 4588 4: a stream of its own, the number that it had before what it was. */
static void send_again(struct outbox *box, struct slot *slot, double now, const struct asked *asked)
{
    struct repair *repair = slot->repair;
    struct flow *flow = slot->flow;
    const struct kept_packet *packet = asked->packet;
    int numbered = flow->way == NUMBERED, full = repair->stream->codec == VP8;
    uint32_t plain = FIXED + OSN + packet->size, size = plain + (numbered ? EXTENSION : 0);
    unsigned char *at = outbox_room(box, flow, (int)size);
    *at++ = numbered ? 0x90 : 0x80;
    *at++ = (unsigned char)(repair->rtx_type | packet->marker << 7);
    at = put16(at, (uint64_t)++repair->rtx_sequence);
    at = put32(at, (uint64_t)packet->timestamp + (uint64_t)slot->timestamp_offset);
    at = put32(at, repair->rtx_ssrc);
    flow->repaired += plain + WIRE;
    if (numbered)
        at = put_number(at, flow, now, size + WIRE);
    at = put16(at, (uint64_t)asked->number);
    if (full)
        at = write_descriptor(at, slot, packet);
    int skipped = full ? FULL_DESCRIPTOR : 0;
    memcpy(at, packet->bytes + skipped, packet->size - (uint32_t)skipped);
}

/* Each packet once in a round trip, and a few times in all. */
static int is_due(struct repair *repair, const struct flow *flow, double now, int64_t number)
{
    int place = (int)(number % REACH);
    if (flow->repaired >= flow->repaired_most)
        return 0;
    if (repair->numbers[place] != number) {
        repair->numbers[place] = number;
        repair->times[place] = 0;
    } else if (repair->times[place] >= MAX_RESENDS || now - repair->at[place] < flow->again_after) {
        return 0;
    }
    repair->times[place]++;
    repair->at[place] = now;
    return 1;
}

int can_answer(const struct flow *flow, const unsigned char *packet, const unsigned char *end)
{
    struct asked asked[MAX_RESENDS_PER_NACK + 1];
    const struct slot *slot = find_slot(flow, get32(packet + 8));
    return !slot || !slot->repair || (is_simple(slot) && collect(slot, packet + 12, end, asked) >= 0);
}

void answer(struct outbox *box, struct flow *flow, double now, const unsigned char *packet, const unsigned char *end)
{
    struct asked asked[MAX_RESENDS_PER_NACK + 1];
    struct slot *slot = find_slot(flow, get32(packet + 8));
    if (!slot || !slot->repair)
        return;
    int count = collect(slot, packet + 12, end, asked);
    for (int place = 0; place < count; place++)
        if (is_due(slot->repair, flow, now, asked[place].number))
            send_again(box, slot, now, &asked[place]);
}
