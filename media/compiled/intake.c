/*
 * A plain packet that comes in: the next one of a stream that Python has bound, nothing withheld, no key frame.
 *
 * Whatever else there may be is left to Python before anything was changed for it.
 */
#include <string.h>

#include "parts.h"

static const double LAYER_SILENT_S = 0.8;
static const double WRAP = 4294967296.0;
enum { FOLLOWED = 0x80, SILENT_PAYLOAD = 12, COMFORT = 100 };

struct parsed {
    const unsigned char *payload;
    int payload_size, payload_type, marker, redundant, transport, level;
    uint16_t sequence;
    uint32_t timestamp, ssrc;
};

/* One-byte elements (RFC 8285 4.2). */
static void read_elements(struct parsed *packet, const struct door *door, const unsigned char *at,
                          const unsigned char *end)
{
    while (at < end) {
        int number = *at >> 4, length = (*at & 0x0F) + 1;
        at++;
        if (!number)
            continue;
        if (number == 15 || at + length > end)
            return;
        if (number == door->transport_cc && length == 2)
            packet->transport = get16(at);
        else if (number == door->audio_level)
            packet->level = *at & 0x7F;
        at += length;
    }
}

/* RFC 3550 5.1; 0 for what is none, and for extensions of another form than one byte. */
static int parse(struct parsed *packet, const struct door *door, const unsigned char *data, int size)
{
    if (size < MIN_HEADER || data[0] >> 6 != 2)
        return 0;
    int start = MIN_HEADER + 4 * (data[0] & 0x0F), end = size;
    *packet = (struct parsed){.transport = -1, .level = -1};
    if (data[0] & 0x10) {
        if (start + 4 > size)
            return 0;
        int after = start + 4 + 4 * get16(data + start + 2);
        if (get16(data + start) != 0xBEDE || after > size)
            return 0;
        read_elements(packet, door, data + start + 4, data + after);
        start = after;
    }
    if (data[0] & 0x20) {
        end -= data[size - 1];
        if (!data[size - 1])
            return 0;
    }
    if (start >= end)
        return 0;
    packet->payload = data + start;
    packet->payload_size = end - start;
    packet->marker = data[1] >> 7;
    packet->payload_type = data[1] & 0x7F;
    packet->sequence = get16(data + 2);
    packet->timestamp = get32(data + 4);
    packet->ssrc = get32(data + 8);
    return 1;
}

static struct stream *find(const struct door *door, struct parsed *packet)
{
    for (int place = 0; place < door->bound; place++) {
        const struct binding *binding = &door->bindings[place];
        if (binding->ssrc != packet->ssrc)
            continue;
        packet->redundant = binding->redundant_type == packet->payload_type;
        int agreed = packet->redundant || binding->payload_type == packet->payload_type;
        return agreed && binding->stream->ssrc == packet->ssrc ? binding->stream : NULL;
    }
    return NULL;
}

/* RFC 2198 3: of redundant audio the packet's own frame, where every copy is of a packet that came itself. */
static int take_own(struct parsed *packet, const struct stream *stream)
{
    const unsigned char *at = packet->payload, *end = at + packet->payload_size;
    int octets = 0;
    for (int64_t index = stream->highest; at < end && *at & FOLLOWED; at += 4, index--) {
        if (end - at < 4 || index < 0 || stream->seen[index % WINDOW] != index)
            return 0;
        octets += (at[2] & 3) << 8 | at[3];
    }
    packet->payload_size = (int)(end - at) - 1 - octets;
    packet->payload = end - packet->payload_size;
    return packet->payload_size > 0;
}

static int is_awake(const struct stream *stream, double now)
{
    const struct source *source = stream->source;
    return stream->highest >= 0 && source->newest_at - stream->last_packet_at < LAYER_SILENT_S && !source->muted &&
           !source->guarded && now >= source->guard_until && stream->fanned && !stream->keyframe_wanted;
}

/* A full descriptor, and what begins no key frame. */
static int read_vp8(struct unit *unit, const struct stream *stream, const struct parsed *packet)
{
    const unsigned char *payload = packet->payload;
    if (!is_full(payload, (uint32_t)packet->payload_size))
        return 0;
    if (((payload[0] & 0x17) == 0x10 && !(payload[6] & 1)) || stream->picture < 0)
        return 0;
    unit->form = FULL;
    unit->picture = unwrap(stream->picture, (payload[2] & 0x7F) << 8 | payload[3], 15);
    unit->tl0 = payload[4];
    int keyed = payload[1] & KEYIDX;
    unit->key = keyed ? payload[5] & 0x1F : 0;
    unit->lead[0] = payload[0];
    unit->lead[1] = payload[1];
    unit->lead[2] = keyed ? payload[5] & 0xE0 : payload[5];
    unit->body_size = unit->size - 6;
    return 1;
}

/* A single NAL unit or a part of one (RFC 6184 5.6, 5.8), and no sequence parameter set. */
static int read_h264(struct unit *unit, const struct parsed *packet)
{
    const unsigned char *payload = packet->payload;
    int kind = payload[0] & 0x1F;
    if (kind == 28) {
        if (packet->payload_size < 3 || (payload[1] & 0x9F) == (0x80 | 7))
            return 0;
    } else if (kind < 1 || kind > 23 || kind == 7) {
        return 0;
    }
    unit->form = BARE;
    return 1;
}

static int read_unit(struct unit *unit, const struct stream *stream, const struct parsed *packet, double now)
{
    *unit = (struct unit){.index = stream->highest + 1, .picture = -1, .now = now};
    unit->timestamp = packet->timestamp;
    unit->size = unit->body_size = (uint32_t)packet->payload_size;
    unit->marker = (uint8_t)packet->marker;
    if (stream->video)
        return stream->codec == VP8 ? read_vp8(unit, stream, packet) : read_h264(unit, packet);
    unit->form = SPEECH;
    return packet->level >= 0 && stream->leveled && stream->opened_at >= 0;
}

/* RFC 3550 A.8, on the same numbers as Python: a modulus that is never negative. */
static void note_transit(struct stream *stream, double now, uint32_t timestamp)
{
    double whole = now * stream->rate_hz - timestamp;
    int64_t turns = (int64_t)(whole / WRAP);
    double transit = whole - (double)turns * WRAP;
    if (transit < 0)
        transit += WRAP;
    double change = transit > stream->transit ? transit - stream->transit : stream->transit - transit;
    if (stream->received > 1 && change < 10.0 * stream->rate_hz)
        stream->jitter += (change - stream->jitter) / 16;
    stream->transit = transit;
}

/* The same as `believed` in media/sfu/speakers.py. */
static int believed(const struct parsed *packet)
{
    return packet->payload_size <= SILENT_PAYLOAD && packet->level < COMFORT ? COMFORT : packet->level;
}

static void note(struct door *door, const struct parsed *packet, int video, double now)
{
    if (packet->transport >= 0)
        arrivals_add(&door->arrivals, now, packet->transport);
    if (!video && packet->level >= 0) {
        door->notes[door->noted++] = (struct note){now, believed(packet)};
        door->pending = 1;
    }
}

static void count(struct stream *stream, const struct unit *unit, const struct parsed *packet, double arrived)
{
    stream->seen[unit->index % WINDOW] = unit->index;
    stream->received++;
    stream->highest = unit->index;
    note_transit(stream, arrived, unit->timestamp);
    stream->packets++;
    stream->octets += packet->payload_size;
    stream->last_packet_at = stream->source->newest_at = arrived;
    if (!stream->video)
        return;
    int temporal = unit->form == FULL && packet->payload[1] & 0x20 ? packet->payload[5] >> 6 : 0;
    stream->octets_by_temporal[temporal] += unit->body_size;
    if (unit->picture > stream->picture)
        stream->picture = unit->picture;
}

static void hand_over(struct handed *handed, const struct door *door, const struct unit *unit,
                      const struct parsed *packet, int place)
{
    handed->kind = UNIT;
    handed->at = unit->now;
    handed->number = door->number;
    handed->index = unit->index;
    handed->picture = unit->picture;
    handed->place = place;
    handed->ssrc = packet->ssrc;
    handed->timestamp = unit->timestamp;
    handed->marker = unit->marker;
    handed->size = packet->payload_size;
    memcpy(handed->bytes, packet->payload, (size_t)packet->payload_size);
}

/* It came at `arrived`, and goes out `now`: what it waited here in between is no congestion of either way. */
int take_rtp(struct outbox *box, struct door *door, double now, double arrived, const unsigned char *data, int size,
             struct handed *handed)
{
    struct parsed packet;
    struct unit unit;
    if (door->noted >= NOTED || !parse(&packet, door, data, size))
        return NOT_PLAIN;
    struct stream *stream = find(door, &packet);
    if (!stream || !is_awake(stream, arrived) || unwrap(stream->highest, packet.sequence, 16) != stream->highest + 1 ||
        (packet.redundant && !take_own(&packet, stream)) || !read_unit(&unit, stream, &packet, now))
        return NOT_PLAIN;
    note(door, &packet, stream->video, arrived);
    count(stream, &unit, &packet, arrived);
    if (stream->video && stream->fan_count)
        kept_add(stream->kept, arrived, unit.index, unit.picture, unit.timestamp, unit.marker,
                 (const char *)packet.payload, packet.payload_size);
    const unsigned char *body = packet.payload + (unit.form == FULL ? 6 : 0);
    int place = write_unit(box, stream->fan, 0, stream->fan_count, &unit, body);
    if (place == stream->fan_count)
        return TAKEN;
    hand_over(handed, door, &unit, &packet, place);
    return UNFINISHED;
}
