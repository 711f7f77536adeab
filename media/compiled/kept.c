/* The packets of one layer that came lately, as media/sfu/kept.py keeps them: at most so many, none older than that. */
#include <stdlib.h>
#include <string.h>

#include "parts.h"

enum { CAPACITY = 512 };
static const double KEPT_S = 1.5;

struct kept {
    int first, count;
    struct kept_packet *ring[CAPACITY];
};

struct kept *kept_new(void)
{
    return calloc(1, sizeof(struct kept));
}

static void drop_oldest(struct kept *kept)
{
    free(kept->ring[kept->first]);
    kept->first = (kept->first + 1) % CAPACITY;
    kept->count--;
}

void kept_clear(struct kept *kept)
{
    while (kept->count)
        drop_oldest(kept);
}

void kept_free(struct kept *kept)
{
    if (kept)
        kept_clear(kept);
    free(kept);
}

/* Keep a packet's payload; 0 where there is no memory. */
int kept_add(struct kept *kept, double now, int64_t index, int64_t picture, uint32_t timestamp, int marker,
             const char *payload, int size)
{
    struct kept_packet *packet = size < 0 ? NULL : malloc(sizeof *packet + (size_t)size);
    if (!packet)
        return 0;
    *packet = (struct kept_packet){now, index, picture, timestamp, (uint32_t)size, marker != 0};
    memcpy(packet->bytes, payload, (size_t)size);
    if (kept->count == CAPACITY)
        drop_oldest(kept);
    kept->ring[(kept->first + kept->count++) % CAPACITY] = packet;
    while (kept->ring[kept->first]->at < now - KEPT_S)
        drop_oldest(kept);
    return 1;
}

/* The packet that came `back` before the newest; NULL where there is none. */
const struct kept_packet *kept_newest(const struct kept *kept, int back)
{
    if (back < 0 || back >= kept->count)
        return NULL;
    return kept->ring[(kept->first + kept->count - 1 - back) % CAPACITY];
}

const struct kept_packet *kept_get(const struct kept *kept, int64_t index)
{
    for (int back = 0; back < kept->count; back++) {
        const struct kept_packet *packet = kept_newest(kept, back);
        if (packet->index == index)
            return packet;
    }
    return NULL;
}
