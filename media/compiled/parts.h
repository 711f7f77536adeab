/* What the parts of the compiled step know of each other, and not Python. */
#include <stddef.h>
#include <stdint.h>

#include "step.h"

enum { BUFFER = 2048, TRAILER = 4 + 16 + 128 };
enum { PACED, NUMBERED, PLAIN };
enum { OTHER, FULL, BARE, SPEECH };
enum { VP8, H264 };
enum { MIN_HEADER = 12 };

/* libsrtp's four: context, packet, its size before and after. */
typedef int (*srtp_function)(void *context, void *packet, int *size);

/* step.c */
int write_unit(struct outbox *box, struct slot **slots, int from, int count, const struct unit *unit,
               const unsigned char *body);
void flush(struct outbox *box);

/* intake.c: whether a packet was plain and was taken; 2 when `handed` tells which unit is still to be written. */
enum { NOT_PLAIN, TAKEN, UNFINISHED };
int take_rtp(struct outbox *box, struct door *door, double now, const unsigned char *data, int size,
             struct handed *handed);
int is_urgent(const struct door *door, const unsigned char *data, int size);
