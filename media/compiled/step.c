/*
 * The step that nearly every packet takes: slots write it for all receivers of a layer, links encrypt and send it.
 *
 * What a slot cannot judge by its numbers alone, and what has to wait on a thin link, is left to Python, which has the
 * same numbers in the same structures. Packets wait in the outbox until it is flushed, in the order of writing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

enum { HEADER = 12, DESCRIPTOR = 6, WIRE_OVERHEAD = 44 };

struct outbox *outbox_new(uintptr_t protect, uintptr_t protect_rtcp)
{
    struct outbox *box = calloc(1, sizeof *box);
    if (box) {
        box->protect = (srtp_function)protect;
        box->protect_rtcp = (srtp_function)protect_rtcp;
        box->whole = !kernel_cuts();
    }
    return box;
}

void outbox_free(struct outbox *box)
{
    free(box);
}

/* Whether a picture's packet may go at once on a thin link; it then counts. */
static int admits(struct flow *flow, double now, uint32_t size)
{
    if (flow->choked || (double)(flow->octets - flow->landed) > flow->window || flow->waiting)
        return 0;
    double elapsed = now > flow->filled_at ? now - flow->filled_at : 0.0;
    double filled = flow->tokens + flow->pace * elapsed;
    flow->tokens = filled < flow->depth ? filled : flow->depth;
    flow->filled_at = now;
    if (flow->tokens <= 0)
        return 0;
    flow->tokens -= size;
    return 1;
}

/* Whether the slot sends this packet, and at once: the next one of a layer that goes out whole. */
static int takes(struct slot *slot, const struct unit *unit)
{
    struct flow *flow = slot->flow;
    if (!slot->open || flow->descriptor < 0 || unit->index != slot->highest + 1 ||
        unit->picture < slot->pictures.highest)
        return 0;
    return unit->form == SPEECH || flow->way != PACED || admits(flow, unit->now, unit->size + HEADER + WIRE_OVERHEAD);
}

/* The link's next transport sequence number; `size` is that on the wire. */
static uint16_t take_number(struct flow *flow, double now, uint32_t size)
{
    int64_t index = flow->next++;
    flow->times[index % RING] = now;
    flow->sizes[index % RING] = (uint16_t)size;
    flow->octets += size;
    return (uint16_t)index;
}

/* The header extension that tells that number alone. */
unsigned char *put_number(unsigned char *at, struct flow *flow, double now, uint32_t size)
{
    at = put32(at, 0xBEDE0001);
    *at++ = (unsigned char)flow->element;
    at = put16(at, take_number(flow, now, size));
    *at++ = 0;
    return at;
}

static unsigned char *write_head(unsigned char *at, struct slot *slot, const struct unit *unit)
{
    struct flow *flow = slot->flow;
    int numbered = unit->form == SPEECH ? flow->voiced : flow->way != PLAIN;
    *at++ = numbered ? 0x90 : 0x80;
    *at++ = (unsigned char)(slot->payload_type | (unsigned)unit->marker << 7);
    at = put16(at, (uint64_t)(slot->highest + slot->shift));
    at = put32(at, (uint64_t)slot->timestamp);
    at = put32(at, slot->ssrc);
    if (numbered)
        at = put_number(at, flow, unit->now, unit->size + HEADER + EXTENSION + WIRE_OVERHEAD);
    if (unit->form == FULL) {
        *at++ = unit->lead[0];
        *at++ = unit->lead[1];
        at = put16(at, 0x8000 | ((uint64_t)(slot->pictures.highest + slot->pictures.shift) & 0x7FFF));
        *at++ = (unsigned char)slot->tl0;
        *at++ = (unsigned char)(unit->lead[2] | (unit->lead[1] & KEYIDX ? slot->key & 0x1F : 0));
    }
    return at;
}

/* Speech never waits, and is taken off what pictures may have. */
static void note_speech(struct flow *flow, uint32_t size)
{
    flow->spoken += size;
    if (flow->voiced && flow->way == PACED)
        flow->tokens -= size;
}

static void advance(struct slot *slot, const struct unit *unit)
{
    slot->highest = slot->last = unit->index;
    slot->timestamp = (int64_t)((uint64_t)(unit->timestamp + slot->timestamp_offset) & 0xFFFFFFFF);
    slot->sent_at = unit->now;
    slot->pictures.highest = unit->picture;
    slot->tl0 = unit->tl0 + slot->tl0_offset;
    slot->key = unit->key + slot->key_offset;
    slot->packets++;
    slot->octets += unit->size;
    if (unit->form == SPEECH)
        note_speech(slot->flow, unit->size + HEADER + WIRE_OVERHEAD);
}

/* Where the next packet is to be written, of `size` bytes. */
unsigned char *outbox_room(struct outbox *box, struct flow *flow, int size)
{
    if (box->count == BATCH)
        flush(box);
    struct packet *packet = &box->packets[box->count++];
    packet->flow = flow;
    packet->hint = NULL;
    packet->size = size;
    return packet->bytes;
}

/* Write `unit` for the slots from `from` on; the place of the first that needs Python, or `count`. */
int write_unit(struct outbox *box, struct slot **slots, int from, int count, const struct unit *unit,
               const unsigned char *body)
{
    if (HEADER + EXTENSION + DESCRIPTOR + unit->body_size > BUFFER - TRAILER)
        return from;
    for (; from < count; from++) {
        struct slot *slot = slots[from];
        if (!slot || !takes(slot, unit))
            break;
        if (box->count == BATCH)
            flush(box);
        struct packet *packet = &box->packets[box->count++];
        advance(slot, unit);
        unsigned char *at = write_head(packet->bytes, slot, unit);
        memcpy(at, body, unit->body_size);
        packet->flow = slot->flow;
        packet->hint = &slot->hint;
        packet->size = (int)(at - packet->bytes) + (int)unit->body_size;
    }
    return from;
}

/* The same with a `unit` that Python packed. */
int outbox_write(struct outbox *box, struct slot **slots, int from, int count, const char *packed, const char *body)
{
    struct unit unit;
    memcpy(&unit, packed, sizeof unit);
    return write_unit(box, slots, from, count, &unit, (const unsigned char *)body);
}

/* A packet that Python made; 0 when it is too big. */
int outbox_put(struct outbox *box, struct flow *flow, const char *head, int head_size, const char *body, int body_size)
{
    if (head_size < 2 || head_size + body_size > BUFFER - TRAILER) {
        box->refused++;
        return 0;
    }
    unsigned char *at = outbox_room(box, flow, head_size + body_size);
    memcpy(at, head, (size_t)head_size);
    memcpy(at + head_size, body, (size_t)body_size);
    return 1;
}

/* Send what waits; sent | failed << 21 | refused << 42, counted since the last time. */
int64_t outbox_flush(struct outbox *box)
{
    flush(box);
    int64_t counted = box->sent | box->failed << 21 | box->refused << 42;
    box->sent = box->failed = box->refused = 0;
    return counted;
}
