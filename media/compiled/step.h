/* What Python and the compiled step share. Read by cffi as well: declarations alone, no directives. */

enum { RING = 8192, BATCH = 64 };

struct row {
    int64_t highest, shift;
};

/* One link: see FlowState; and where its packets go. `descriptor` -1: not by this way. */
struct flow {
    int64_t next, octets, landed, waiting, spoken;
    double window, tokens, filled_at, pace, depth;
    double *times;
    uint16_t *sizes;
    void *context;
    int32_t way, element, choked, voiced, descriptor, address_size;
    uint8_t address[32];
};

/* One slot; see SlotState. */
struct slot {
    int64_t highest, shift, timestamp, timestamp_offset, tl0, tl0_offset, key, key_offset, last, packets, octets;
    struct row pictures;
    double sent_at;
    struct flow *flow;
    uint32_t ssrc, payload_type, open;
};

/* A packet of a layer, without its body; see Unit. */
struct unit {
    int64_t index, picture, tl0, key;
    double now;
    uint32_t timestamp, size, body_size;
    uint8_t marker, form, lead[3], unused[7];
};

struct outbox;

struct outbox *outbox_new(uintptr_t protect, uintptr_t protect_rtcp);
void outbox_free(struct outbox *box);
int outbox_write(struct outbox *box, struct slot **slots, int from, int count, const char *unit, const char *body);
int outbox_put(struct outbox *box, struct flow *flow, const char *head, int head_size, const char *body, int body_size);
int64_t outbox_flush(struct outbox *box);
