/* What Python and the compiled step share. Read by cffi as well: declarations alone, no directives. */

enum { RING = 8192, BATCH = 64, WINDOW = 1024, TEMPORAL = 4, STREAMS = 32, NOTED = 128 };
enum { REPORTS = 64, POINTS = 20, DATAGRAM = 2048, SPAN = 2048, TOLD_ROOM = 1024, REACH = 512 };
enum { RAW, RTP, RTCP, UNIT };

struct row {
    int64_t highest, shift;
};

/* See LeastState and SpacingState. */
struct least {
    double newer, newer_at, older;
};

struct spacing {
    double first, last, latest, former_sent, former_arrived, piled_ms, smooth_ms, way, queue_s, newest_s;
    double at_ms[POINTS], value_ms[POINTS];
    struct least base, lately;
    int64_t groups;
};

/* What came of a cluster: see ProbeState. */
struct probe {
    int64_t first, end, count, octets, size, size_last;
    double left, left_last, came, came_last;
};

struct sealer;

/*
 * One link: see FlowState; where its packets go, and its slots. `descriptor` -1: not by this way. RTP is encrypted by
 * `sealer` where there is one, else by libsrtp's `context`, as RTCP always is. `burst` is send.c's own.
 */
struct flow {
    int64_t next, octets, landed, waiting, spoken, repaired, repaired_most, told, reference;
    double window, tokens, filled_at, pace, depth, again_after;
    double *times;
    uint16_t *sizes;
    void *context;
    struct sealer *sealer;
    int32_t way, element, choked, voiced, descriptor, address_size, mark, burst;
    uint64_t speech[2];
    uint8_t address[32];
    struct spacing spacing;
    struct probe probe;
    struct slot *slots;
};

struct stream;

/* What a slot sends again: see RepairState. `stream` is the layer that it began with. */
struct repair {
    int64_t rtx_sequence, cleared, first, shift, picture_shift, first_picture, epoch;
    struct stream *stream;
    int32_t whole, rtx_type;
    uint32_t rtx_ssrc, unused;
    int64_t numbers[REACH];
    double at[REACH];
    uint8_t times[REACH];
};

/* One slot; see SlotState. In words of eight bytes, in an order that lets media/arrays count several on at once. */
struct slot {
    double sent_at;
    int64_t timestamp, tl0, key, packets, octets, highest, last;
    struct row pictures;
    int64_t shift, timestamp_offset, tl0_offset, key_offset;
    uint32_t open;
    int32_t hint;
    uint32_t ssrc, payload_type;
    struct flow *flow;
    struct slot *next;
    struct repair *repair;
};

/* A packet of a layer, without its body; see Unit. */
struct unit {
    int64_t index, picture, tl0, key;
    double now;
    uint32_t timestamp, size, body_size;
    uint8_t marker, form, lead[3], unused[7];
};

/* See SourceState and StreamState. */
struct source {
    double newest_at, guard_until;
    int32_t guarded, muted;
};

struct kept_packet {
    double at;
    int64_t index, picture;
    uint32_t timestamp, size;
    uint8_t marker, bytes[];
};

struct kept;

struct stream {
    int64_t highest, received, packets, octets, picture, opened_at, epoch;
    double jitter, transit, last_packet_at;
    int64_t octets_by_temporal[TEMPORAL], seen[WINDOW];
    struct source *source;
    struct kept *kept;
    struct slot **fan;
    int32_t fan_count, fanned, keyframe_wanted, video, codec, leveled;
    uint32_t ssrc, rate_hz;
};

/* How loud a packet tells that it is, in -dBov. */
struct note {
    double at;
    int64_t level;
};

/* What came and is still to be told; see media/sfu/arrivals.py. */
struct arrivals {
    int64_t highest, next, oldest, newest, pending, came, lost;
    uint32_t count, unused;
    int64_t ticks[SPAN];
};

/* One stream's report (RFC 3550 6.4.1), and what one transport-cc feedback told; see Told. */
struct report {
    double at;
    uint32_t ssrc, fraction_lost, highest, last_sr, delay, jitter;
};

struct told {
    double at, sent_at, newest;
    int64_t count, lost, octets, arrived, last, groups;
};

/* `redundant_type` is that of redundant audio which carries this stream's frames, -1 where none was agreed. */
struct binding {
    struct stream *stream;
    uint32_t ssrc;
    int32_t payload_type, redundant_type, unused;
};

/* One peer's way in: how its packets are decrypted, and which of them are plain. */
struct door {
    void *context;
    struct flow *flow;
    double heard_at, paid_until;
    int64_t number, refused;
    int32_t transport_cc, audio_level, bound, pending, noted, reported, has_told;
    uint64_t spared[2];
    struct binding bindings[STREAMS];
    struct note notes[NOTED];
    struct report reports[REPORTS];
    struct told told;
    struct arrivals arrivals;
};

/* What is for Python: a datagram as it came, a plain packet, or a unit that the slots from `place` on wait for. */
struct handed {
    double at;
    int64_t number, index, picture;
    int32_t kind, size, outlet, address_size, place;
    uint32_t ssrc, timestamp;
    uint8_t marker, address[32], bytes[DATAGRAM];
};

struct ready {
    int32_t descriptor, events;
};

struct outbox;
struct port;

struct outbox *outbox_new(uintptr_t protect, uintptr_t protect_rtcp);
void outbox_free(struct outbox *box);
int outbox_write(struct outbox *box, struct slot **slots, int from, int count, const char *unit, const char *body);
int outbox_put(struct outbox *box, struct flow *flow, const char *head, int head_size, const char *body, int body_size);
int64_t outbox_flush(struct outbox *box);

struct kept *kept_new(void);
void kept_free(struct kept *kept);
int kept_add(struct kept *kept, double now, int64_t index, int64_t picture, uint32_t timestamp, int marker,
             const char *payload, int size);
const struct kept_packet *kept_get(const struct kept *kept, int64_t index);
const struct kept_packet *kept_newest(const struct kept *kept, int back);
void kept_clear(struct kept *kept);

struct port *port_new(struct outbox *box, uintptr_t unprotect, uintptr_t unprotect_rtcp);
void port_free(struct port *port);
int port_outlet(struct port *port, int descriptor);
int port_know(struct port *port, int outlet, const char *address, int size, struct door *door);
void port_unknow(struct port *port, int outlet, const char *address, int size, struct door *door);
int port_wait(struct port *port, int epoll, double timeout, struct ready *ready, int most);
int port_go_on(struct port *port);
int port_inject(struct port *port, int outlet, const char *address, int size, const char *datagram, int length,
                double now, double at);
int port_handed(struct port *port);
struct handed *port_item(struct port *port, int place);
void port_clear(struct port *port);
int64_t port_counted(struct port *port);

void arrivals_add(struct arrivals *arrivals, double now, int sequence);
int arrivals_tell(struct arrivals *arrivals, uint32_t sender, uint32_t media, char *packet);

struct sealer *sealer_new(const uintptr_t *functions, const char *key, int key_size, const char *salt);
void sealer_free(struct sealer *sealer);
int sealer_protect(struct sealer *sealer, char *packet, int *size);
