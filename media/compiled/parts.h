/* What the parts of the compiled step know of each other, and not Python. */
#include <stddef.h>
#include <stdint.h>

#include "step.h"

enum { BUFFER = 2048, TRAILER = 4 + 16 + 128 };
enum { PACED, NUMBERED, PLAIN };
enum { OTHER, FULL, BARE, SPEECH };
enum { VP8, H264 };
enum { MIN_HEADER = 12, EXTENSION = 8, KEYIDX = 0x10 };

/* libsrtp's four: context, packet, its size before and after. */
typedef int (*srtp_function)(void *context, void *packet, int *size);

/* What waits to be sent; see send.c. */
struct packet {
    struct flow *flow;
    int32_t *hint;
    int size;
    unsigned char bytes[BUFFER];
};

struct outbox {
    srtp_function protect, protect_rtcp;
    int count, whole; /* `whole`: no message is cut apart by the kernel */
    int64_t sent, failed, refused;
    struct packet packets[BATCH];
};

/* step.c */
int write_unit(struct outbox *box, struct slot **slots, int from, int count, const struct unit *unit,
               const unsigned char *body);
unsigned char *outbox_room(struct outbox *box, struct flow *flow, int size);
unsigned char *put_number(unsigned char *at, struct flow *flow, double now, uint32_t size);

/* send.c */
void flush(struct outbox *box);
int kernel_cuts(void);

/* intake.c: whether a packet was plain and was taken; 2 when `handed` tells which unit is still to be written. */
enum { NOT_PLAIN, TAKEN, UNFINISHED };
int take_rtp(struct outbox *box, struct door *door, double now, double arrived, const unsigned char *data, int size,
             struct handed *handed);

/* feedback.c: the same for a compound of RTCP; and whether one that was not taken asks for something at once. */
int take_rtcp(struct outbox *box, struct door *door, double now, const unsigned char *data, int size);
int is_urgent(const struct door *door, const unsigned char *data, int size);

/* seal.c: `hint` is remembered for a stream, 0 at first. */
int seal(struct sealer *sealer, unsigned char *packet, int *size, int32_t *hint);

/* repair.c: whether a NACK's `packet` can be answered by numbers alone; and the answer. */
int can_answer(const struct flow *flow, const unsigned char *packet, const unsigned char *end);
void answer(struct outbox *box, struct flow *flow, double now, const unsigned char *packet, const unsigned char *end);

static inline uint16_t get16(const unsigned char *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get32(const unsigned char *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static inline unsigned char *put16(unsigned char *at, uint64_t value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
    return at + 2;
}

static inline unsigned char *put32(unsigned char *at, uint64_t value)
{
    return put16(put16(at, value >> 16), value);
}

/* Six bytes of VP8's descriptor (RFC 7741 4.2), with or without KEYIDX, and something behind them. */
static inline int is_full(const unsigned char *payload, uint32_t size)
{
    return size >= 7 && payload[0] & 0x80 && (payload[1] & 0xC0) == 0xC0 && payload[1] & 0x30 && payload[2] & 0x80;
}

/* The integer nearest to `reference` whose low bits are `value`. */
static inline int64_t unwrap(int64_t reference, int64_t value, int bits)
{
    int64_t size = (int64_t)1 << bits, half = size >> 1;
    return reference + ((value - reference + half) & (size - 1)) - half;
}
