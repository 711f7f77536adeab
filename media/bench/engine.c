/* The sites of a bench: sends made-up media at an even pace, counts every datagram that comes back, gives feedback.
 *
 * One thread, sockets handed over after ICE and DTLS. SRTP is done by the functions and contexts given (libsrtp's), so
 * that nothing but a C library is needed to build this. Delays are taken from the kernel's arrival time (the engine's
 * own wake-up is not in them) and the time of sending that ends a payload behind a mark, on a sample of packets. What has
 * no such time of this run is no packet of ours: a server probes and pads. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#define PACKET 2048
#define BATCH 32
#define MAX_STREAMS 64     /* incoming ones of a transport */
#define MAX_ARRIVALS 1024  /* between two transport-cc messages */
#define SAMPLE_MASK 15     /* one packet in 16 is decrypted */
#define ASK_EVERY 512      /* one video packet in so many is asked for again, as a lossy client would */
#define MOST_LOST 400      /* told as lost; a longer gap begins anew */
#define MAX_BURST 64
#define FEEDBACK_NS 100000000LL
#define REPORT_NS 1000000000LL
#define ROUND_TRIP_NS 20000000LL /* as reports tell it: who sees none keeps nothing to be sent again */
#define SPEECH_REPORT_NS 5000000000LL
#define NAP_NS 1000000LL
#define QUIET_NS 100000000LL
#define MAX_DRAIN_NS 2000000000LL
#define MARK 0x66656E6773756921ULL /* before the time of sending */
#define NTP_UNIX 2208988800ULL
#define SECOND_NS 1000000000LL

typedef struct {
  uint64_t mark;
  int64_t sent;
} Stamp;

typedef int (*Srtp)(void *context, void *packet, int *length);

typedef struct {
  uint32_t ssrc;
  int video, started, to_ask;
  int64_t first, highest, count;
  int64_t highest_ever; /* over all runs, for reports */
  uint32_t report_middle;
  int64_t report_at, report_due;
} Incoming;

typedef struct {
  int socket;
  struct sockaddr_in to;
  void *out, *in;
  int audio_type, video_type, rtx_type, sent_cc, got_cc, level;
  uint16_t cc_sequence;
  int streams, arrivals, feedbacks;
  Incoming stream[MAX_STREAMS];
  int64_t arrival_at[MAX_ARRIVALS];
  int64_t arrival_number[MAX_ARRIVALS];
  int64_t cc_highest, cc_next;
  int64_t feedback_due, report_due;
} Transport;

typedef struct {
  int transport, video, size, base, per_frame, level, position, key;
  uint32_t ssrc, type, clock, timestamp, step;
  uint16_t sequence, picture;
  double rate;
  int64_t due, interval;
  uint32_t packets, octets;
} Outgoing;

typedef struct {
  uint64_t sent, expected, received, resent, asked, not_authentic, control, nacks, plis, feedbacks, overflowed, samples,
      late, unsent, ignored;
  double seconds, cpu_seconds;
} Result;

typedef struct {
  Srtp protect, protect_control, unprotect, unprotect_control;
  Transport *transport;
  Outgoing *outgoing;
  int transports, outgoings;
  double *delays, *lateness; /* seconds; the caller's memory */
  uint64_t room;
  Result *result;
  int sending, fanout;
  int64_t began, last_arrival; /* the kernel's time */
} Engine;

static int64_t clock_ns(clockid_t which) {
  struct timespec t;
  clock_gettime(which, &t);
  return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void put16(uint8_t *at, uint32_t value) {
  at[0] = value >> 8;
  at[1] = value;
}

static void put32(uint8_t *at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value);
}

static uint32_t get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static uint32_t get32(const uint8_t *at) { return get16(at) << 16 | get16(at + 2); }

/* The integer nearest to `near` whose low 16 bits are `sequence`. */
static int64_t unwrap(int64_t near, uint16_t sequence) { return near + (int16_t)(sequence - (uint16_t)near); }

static void push(Transport *t, const uint8_t *packet, int length, Result *result) {
  if (sendto(t->socket, packet, length, 0, (struct sockaddr *)&t->to, sizeof t->to) < 0 && result) result->unsent++;
}

/* -- control ---------------------------------------------------------------------------------------------------- */

static void push_control(Engine *e, Transport *t, uint8_t *packet, int length) {
  if (!e->protect_control(t->out, packet, &length)) push(t, packet, length, NULL);
}

static int head(uint8_t *at, int format, int type, int length, uint32_t ssrc) {
  at[0] = 0x80 | format;
  at[1] = type;
  put16(at + 2, length / 4 - 1);
  put32(at + 4, ssrc);
  return 8;
}

/* RFC 3550 6.4.2; on one stream or, to begin another compound, on none. */
static int receiver_report(uint8_t *at, const Incoming *s, int64_t now) {
  int length = s ? 32 : 8;
  head(at, s != NULL, 201, length, 1);
  if (!s) return length;
  memset(at + 8, 0, 24);
  put32(at + 8, s->ssrc);
  put32(at + 16, s->highest_ever);
  put32(at + 24, s->report_middle);
  int64_t since = now - s->report_at - ROUND_TRIP_NS;
  put32(at + 28, s->report_middle && since > 0 ? since * 65536 / SECOND_NS : 0);
  return length;
}

/* As browsers do: each stream in a compound of its own. */
static void report(Engine *e, Transport *t, Incoming *s, int64_t now) {
  uint8_t packet[PACKET];
  push_control(e, t, packet, receiver_report(packet, s, now));
}

/* RFC 3550 6.4.1 */
static void sender_report(Engine *e, Outgoing *s, int64_t unix_ns) {
  uint8_t packet[PACKET];
  head(packet, 0, 200, 28, s->ssrc);
  put32(packet + 8, unix_ns / SECOND_NS + NTP_UNIX);
  put32(packet + 12, ((uint64_t)(unix_ns % SECOND_NS) << 32) / SECOND_NS);
  put32(packet + 16, s->timestamp);
  put32(packet + 20, s->packets);
  put32(packet + 24, s->octets);
  push_control(e, &e->transport[s->transport], packet, 28);
}

/* RFC 4585 6.2.1: the packets of `mask` after `first`, and itself. */
static void ask(Engine *e, Transport *t, const Incoming *s, uint16_t first, uint16_t mask, int64_t now) {
  uint8_t packet[PACKET];
  int length = receiver_report(packet, s, now);
  head(packet + length, 1, 205, 16, 1);
  put32(packet + length + 8, s->ssrc);
  put16(packet + length + 12, first);
  put16(packet + length + 14, mask);
  push_control(e, t, packet, length + 16);
}

static int by_number(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

/* draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1, with two-bit status vectors only. `seen` are number and time
 * in the order of numbers; what lacks from `base` on is told as lost. */
static int transport_feedback(Transport *t, uint8_t *p, int64_t base, const int64_t (*seen)[2], int count) {
  int span = seen[count - 1][0] - base + 1, length = 20, chunks = (span + 6) / 7;
  int64_t reference = seen[0][1] / 64000000, last = reference * 256; /* ticks of 250 us */
  head(p, 15, 205, 8, 1);
  put32(p + 8, t->streams ? t->stream[0].ssrc : 0);
  put16(p + 12, base);
  put16(p + 14, span);
  put32(p + 16, (uint32_t)reference << 8 | (t->feedbacks++ & 0xFF));
  uint8_t *chunk = p + length, *delta = p + length + 2 * chunks;
  memset(chunk, 0, 2 * chunks);
  for (int i = 0; i < chunks; i++) chunk[2 * i] = 0xC0;
  for (int i = 0; i < count; i++) {
    int64_t ticks = seen[i][1] / 250000, step = ticks - last;
    int place = seen[i][0] - base, small = step >= 0 && step < 256;
    int shift = 12 - 2 * (place % 7);
    put16(chunk + place / 7 * 2, get16(chunk + place / 7 * 2) | (small ? 1 : 2) << shift);
    if (small) *delta++ = step;
    else put16(delta, step), delta += 2;
    last = ticks;
  }
  while ((delta - p) % 4) *delta++ = 0;
  put16(p + 2, (delta - p) / 4 - 1);
  return delta - p;
}

static void feedback(Engine *e, Transport *t, int64_t now) {
  static int64_t seen[MAX_ARRIVALS][2];
  uint8_t packet[2 * PACKET];
  int count = t->arrivals;
  for (int i = 0; i < count; i++) seen[i][0] = t->arrival_number[i], seen[i][1] = t->arrival_at[i];
  t->arrivals = 0;
  qsort(seen, count, sizeof seen[0], by_number);
  for (int from = 0, to; from < count; from = to) {
    int64_t gap = seen[from][0] - t->cc_next, base = gap > 0 && gap < MOST_LOST ? t->cc_next : seen[from][0];
    for (to = from; to < count && to - from < 400 && seen[to][0] - base < 800; to++) continue;
    int length = receiver_report(packet, NULL, now);
    length += transport_feedback(t, packet + length, base, (const int64_t(*)[2])seen + from, to - from);
    if (seen[to - 1][0] >= t->cc_next) t->cc_next = seen[to - 1][0] + 1;
    push_control(e, t, packet, length);
    e->result->feedbacks++;
  }
}

/* What the server asks of a sender: key frames are given, everything is counted. */
static void wish(Engine *e, const uint8_t *at, int kind, int format, int length) {
  if (kind == 205 && format == 1) e->result->nacks++;
  if (kind != 206 || (format != 1 && format != 4) || length < 12) return;
  uint32_t ssrc = format == 4 && length >= 16 ? get32(at + 12) : get32(at + 8);
  e->result->plis++;
  for (int i = 0; i < e->outgoings; i++)
    if (e->outgoing[i].ssrc == ssrc) e->outgoing[i].key = 1;
}

static void on_control(Engine *e, Transport *t, uint8_t *packet, int size, int64_t arrived) {
  e->result->control++;
  if (e->unprotect_control(t->in, packet, &size)) {
    e->result->not_authentic++;
    return;
  }
  for (int at = 0, length; at + 8 <= size; at += length) {
    length = 4 * (get16(packet + at + 2) + 1);
    if (at + length > size) return;
    if (packet[at + 1] == 200 && length >= 28)
      for (int i = 0; i < t->streams; i++)
        if (t->stream[i].ssrc == get32(packet + at + 4)) {
          t->stream[i].report_middle = get32(packet + at + 10);
          t->stream[i].report_at = arrived;
        }
    wish(e, packet + at, packet[at + 1], packet[at] & 31, length);
  }
}

/* -- what comes in ------------------------------------------------------------------------------------------------ */

static Incoming *incoming(Transport *t, uint32_t ssrc, int video) {
  for (int i = 0; i < t->streams; i++)
    if (t->stream[i].ssrc == ssrc) return &t->stream[i];
  if (t->streams == MAX_STREAMS) return NULL;
  Incoming *s = &t->stream[t->streams++];
  memset(s, 0, sizeof *s);
  s->ssrc = ssrc;
  s->video = video;
  s->to_ask = ssrc * 2654435761u >> 23; /* not all at once */
  s->report_due = clock_ns(CLOCK_MONOTONIC) + (ssrc * 2654435761u >> 2);
  return s;
}

/* The transport-wide number of a packet (RFC 8285 one-byte elements); -1 when there is none. */
static int transport_number(const uint8_t *p, int size, int id) {
  int at = 12 + 4 * (p[0] & 15);
  if (!id || !(p[0] & 0x10) || at + 4 > size || get16(p + at) != 0xBEDE) return -1;
  int end = at + 4 + 4 * get16(p + at + 2);
  for (at += 4; at < end && end <= size;) {
    if (!p[at]) {
      at++;
      continue;
    }
    int length = (p[at] & 15) + 1;
    if (p[at] >> 4 == id && length == 2 && at + 3 <= end) return get16(p + at + 1);
    at += 1 + length;
  }
  return -1;
}

static void note_arrival(Engine *e, Transport *t, int number, int64_t arrived) {
  if (t->cc_highest < 0) t->cc_highest = number + 0x10000;
  int64_t index = unwrap(t->cc_highest, number);
  if (index > t->cc_highest) t->cc_highest = index;
  if (t->arrivals == MAX_ARRIVALS) feedback(e, t, arrived);
  t->arrival_number[t->arrivals] = index;
  t->arrival_at[t->arrivals++] = arrived;
}

static void count(Engine *e, Transport *t, Incoming *s, uint16_t sequence, int64_t arrived) {
  int64_t index = s->highest_ever ? unwrap(s->highest_ever, sequence) : sequence + 0x10000;
  int64_t gap = s->highest_ever && s->video ? index - s->highest_ever - 1 : 0;
  if (index > s->highest_ever) s->highest_ever = index;
  if (!s->started) s->started = 1, s->first = s->highest = index, s->count = 0;
  if (index > s->highest) s->highest = index;
  s->count++;
  if (gap > 0 && gap < 17) ask(e, t, s, sequence - gap, (1 << (gap - 1)) - 1, arrived);
  if (s->video && !s->to_ask--) {
    s->to_ask = ASK_EVERY - 1;
    e->result->asked++;
    ask(e, t, s, sequence, 0, arrived);
  }
}

static void take_delay(Engine *e, Transport *t, uint8_t *packet, int size, int64_t arrived) {
  Stamp end;
  if (e->unprotect(t->in, packet, &size)) {
    e->result->not_authentic++;
    return;
  }
  memcpy(&end, packet + size - sizeof end, sizeof end);
  if (size < 12 + (int)sizeof end || end.mark != MARK || end.sent < e->began || end.sent > arrived) {
    e->result->ignored++;
    return;
  }
  if (e->result->samples < e->room) e->delays[e->result->samples++] = (arrived - end.sent) * 1e-9;
}

static void on_media(Engine *e, Transport *t, uint8_t *packet, int size, int64_t arrived) {
  int type = packet[1] & 0x7F;
  int number = transport_number(packet, size, t->got_cc);
  if (number >= 0) note_arrival(e, t, number, arrived);
  if (type == t->rtx_type) {
    e->result->resent++;
    return;
  }
  if (type != t->video_type && type != t->audio_type) {
    e->result->ignored++;
    return;
  }
  Incoming *s = incoming(t, get32(packet + 8), type == t->video_type);
  if (!s) return;
  count(e, t, s, get16(packet + 2), arrived);
  e->last_arrival = arrived;
  if ((packet[3] & SAMPLE_MASK) == 0) take_delay(e, t, packet, size, arrived);
}

static int64_t arrival(struct msghdr *message) {
  struct timespec at;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
      memcpy(&at, CMSG_DATA(c), sizeof at);
      return at.tv_sec * SECOND_NS + at.tv_nsec;
    }
  return clock_ns(CLOCK_REALTIME);
}

static int read_some(Engine *e, Transport *t) {
  static uint8_t packet[BATCH][PACKET], control[BATCH][64];
  struct mmsghdr message[BATCH];
  struct iovec place[BATCH];
  memset(message, 0, sizeof message);
  for (int i = 0; i < BATCH; i++) {
    place[i] = (struct iovec){packet[i], PACKET};
    message[i].msg_hdr = (struct msghdr){.msg_iov = &place[i], .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = 64};
  }
  int got = recvmmsg(t->socket, message, BATCH, MSG_DONTWAIT, NULL);
  for (int i = 0; i < got; i++) {
    int size = message[i].msg_len;
    if (size < 12 || packet[i][0] < 128 || packet[i][0] > 191) continue;
    if (packet[i][1] >= 192 && packet[i][1] <= 223) on_control(e, t, packet[i], size, arrival(&message[i].msg_hdr));
    else on_media(e, t, packet[i], size, arrival(&message[i].msg_hdr));
  }
  return got;
}

/* -- what goes out ------------------------------------------------------------------------------------------------ */

static int extensions(Transport *t, Outgoing *s, uint8_t *at) {
  int length = 4;
  if (t->level && !s->video) at[length++] = t->level << 4, at[length++] = (s->level < 60 ? 0x80 : 0) | s->level;
  if (t->sent_cc) at[length++] = t->sent_cc << 4 | 1, put16(at + length, t->cc_sequence++), length += 2;
  if (length == 4) return 0;
  while (length % 4) at[length++] = 0;
  put16(at, 0xBEDE);
  put16(at + 2, length / 4 - 1);
  return length;
}

/* VP8 (RFC 7741) as Chromium 156 describes one temporal layer: picture id of 15 bits, TL0PICIDX, TID; 640x360. */
static int vp8(Outgoing *s, uint8_t *at) {
  int first = s->position == 0, key = first && s->key;
  if (first) s->picture++;
  if (key) s->key = 0;
  at[0] = first ? 0x90 : 0x80;
  at[1] = 0xE0;
  put16(at + 2, 0x8000 | (s->picture & 0x7FFF));
  at[4] = s->picture;
  at[5] = 0;
  memcpy(at + 6, key ? "\x10\x02\x00\x9d\x01\x2a\x80\x02\x68\x01" : "\x11\x02\x00\x00\x00\x00\x00\x00\x00\x00", 10);
  return 16;
}

static void send_next(Engine *e, Outgoing *s) {
  Transport *t = &e->transport[s->transport];
  uint8_t p[PACKET];
  int last = s->position + 1 >= s->per_frame;
  if (!s->position) s->timestamp += s->step;
  p[0] = 0x80;
  p[1] = s->type | (s->video && last ? 0x80 : 0);
  put16(p + 2, s->sequence++);
  put32(p + 4, s->timestamp);
  put32(p + 8, s->ssrc);
  int block = extensions(t, s, p + 12), length = 12 + block;
  if (block) p[0] |= 0x10;
  memset(p + length, 0x5A, s->size);
  if (s->video) vp8(s, p + length);
  else p[length] = 0x78;
  length += s->size;
  s->position = last ? 0 : s->position + 1;
  s->packets++;
  s->octets += s->size;
  Stamp end = {MARK, clock_ns(CLOCK_REALTIME)};
  memcpy(p + length - sizeof end, &end, sizeof end);
  if (e->protect(t->out, p, &length)) e->result->unsent++;
  else push(t, p, length, e->result);
}

static int64_t send_due(Engine *e, int64_t now) {
  int64_t next = now + NAP_NS;
  for (int i = 0; i < e->outgoings; i++) {
    Outgoing *s = &e->outgoing[i];
    for (int burst = 0; s->due <= now && burst < MAX_BURST; burst++) {
      if (e->result->late < e->room) e->lateness[e->result->late++] = (now - s->due) * 1e-9;
      send_next(e, s);
      e->result->sent++;
      s->due += s->interval;
    }
    if (s->due < next) next = s->due;
  }
  return next;
}

static void control_due(Engine *e, int64_t now) {
  int64_t unix_ns = clock_ns(CLOCK_REALTIME);
  for (int i = 0; i < e->transports; i++) {
    Transport *t = &e->transport[i];
    if (t->feedback_due <= now) {
      if (t->arrivals) feedback(e, t, unix_ns);
      t->feedback_due = now + FEEDBACK_NS;
    }
    for (int k = 0; k < t->streams; k++) {
      Incoming *s = &t->stream[k];
      if (s->report_due > now) continue;
      report(e, t, s, unix_ns);
      s->report_due = now + (s->video ? REPORT_NS : SPEECH_REPORT_NS);
    }
    if (t->report_due > now) continue;
    for (int k = 0; k < e->outgoings; k++)
      if (e->outgoing[k].transport == i && e->outgoing[k].packets) sender_report(e, &e->outgoing[k], unix_ns);
    t->report_due = now + REPORT_NS;
  }
}

/* -- for the caller ----------------------------------------------------------------------------------------------- */

Engine *engine_new(Srtp protect, Srtp protect_control, Srtp unprotect, Srtp unprotect_control) {
  Engine *e = calloc(1, sizeof *e);
  e->protect = protect;
  e->protect_control = protect_control;
  e->unprotect = unprotect;
  e->unprotect_control = unprotect_control;
  return e;
}

void engine_free(Engine *e) {
  free(e->transport);
  free(e->outgoing);
  free(e);
}

/* A connected transport; extension ids are 0 where not agreed, `level` and `sent_cc` of what it sends. */
int engine_transport(Engine *e, int socket, const char *address, int port, void *out, void *in, int audio_type,
                     int video_type, int rtx_type, int level, int sent_cc, int got_cc) {
  e->transport = realloc(e->transport, (e->transports + 1) * sizeof *e->transport);
  Transport *t = &e->transport[e->transports];
  memset(t, 0, sizeof *t);
  t->socket = socket;
  t->to.sin_family = AF_INET;
  t->to.sin_port = htons(port);
  inet_pton(AF_INET, address, &t->to.sin_addr);
  t->out = out, t->in = in, t->audio_type = audio_type, t->video_type = video_type, t->rtx_type = rtx_type;
  t->level = level, t->sent_cc = sent_cc, t->got_cc = got_cc, t->cc_highest = -1;
  int64_t now = clock_ns(CLOCK_MONOTONIC);
  t->feedback_due = now + FEEDBACK_NS * (e->transports % 16) / 16;
  t->report_due = now + REPORT_NS * (e->transports % 16) / 16;
  return e->transports++;
}

/* A stream of `rate` packets a second of `size` bytes; video comes in frames of `per_frame` packets, audio tells that
 * it is at -`level` dBov (RFC 6464), from 60 on without voice. */
void engine_stream(Engine *e, int transport, uint32_t ssrc, int type, int video, double rate, int size, int per_frame,
                   int level) {
  e->outgoing = realloc(e->outgoing, (e->outgoings + 1) * sizeof *e->outgoing);
  Outgoing *s = &e->outgoing[e->outgoings++];
  memset(s, 0, sizeof *s);
  s->transport = transport, s->ssrc = ssrc, s->type = type, s->video = video, s->rate = rate, s->size = size;
  s->level = level;
  s->clock = video ? 90000 : 48000, s->base = per_frame, s->key = 1, s->sequence = 1000;
}

static void begin(Engine *e, double load, Result *result, int64_t now) {
  e->result = result;
  memset(result, 0, sizeof *result);
  for (int i = 0; i < e->outgoings; i++) {
    Outgoing *s = &e->outgoing[i];
    s->per_frame = s->base * load < 1 ? 1 : (int)(s->base * load + 0.5);
    s->interval = SECOND_NS / (s->rate * load);
    s->step = s->clock * s->per_frame / (s->rate * load);
    s->due = now + s->interval * i / e->outgoings;
    s->position = 0;
  }
  for (int i = 0; i < e->transports; i++)
    for (int k = 0; k < e->transport[i].streams; k++) e->transport[i].stream[k].started = 0;
}

static void finish(Engine *e, Result *result) {
  for (int i = 0; i < e->transports; i++)
    for (int k = 0; k < e->transport[i].streams; k++) {
      Incoming *s = &e->transport[i].stream[k];
      if (!s->started) continue;
      result->expected += s->highest - s->first + 1;
      result->received += s->count;
    }
}

static uint64_t overflowed(Engine *e) {
  uint64_t all = 0;
  for (int i = 0; i < e->transports; i++) {
    uint32_t memory[16] = {0};
    socklen_t size = sizeof memory;
    if (!getsockopt(e->transport[i].socket, SOL_SOCKET, 55 /* SO_MEMINFO */, memory, &size)) all += memory[8];
  }
  return all;
}

static void nap_until(int64_t at) {
  struct timespec t = {at / SECOND_NS, at % SECOND_NS};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* Send for `seconds` at `load` times the base rates (0: only listen), then listen until it is quiet. */
void engine_run(Engine *e, double seconds, double load, double *delays, double *lateness, uint64_t room,
                Result *result) {
  prctl(PR_SET_TIMERSLACK, 1000);
  int64_t now = clock_ns(CLOCK_MONOTONIC), began = now, end = now + (int64_t)(seconds * SECOND_NS), quiet_at = 0;
  int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  e->delays = delays, e->lateness = lateness, e->room = room;
  begin(e, load > 0 ? load : 1, result, now);
  uint64_t before = overflowed(e);
  e->began = e->last_arrival = clock_ns(CLOCK_REALTIME);
  for (;; now = clock_ns(CLOCK_MONOTONIC)) {
    int64_t next = now + NAP_NS;
    if (now < end && load > 0) next = send_due(e, now);
    for (int i = 0; i < e->transports; i++)
      for (int k = 0; k < 4 && read_some(e, &e->transport[i]) == BATCH; k++) continue;
    control_due(e, now);
    if (now >= end) {
      if (!quiet_at) result->seconds = (now - began) * 1e-9, quiet_at = now;
      if (clock_ns(CLOCK_REALTIME) - e->last_arrival > QUIET_NS || now - quiet_at > MAX_DRAIN_NS) break;
    }
    nap_until(next);
  }
  finish(e, result);
  result->overflowed = overflowed(e) - before;
  result->cpu_seconds = (clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) * 1e-9;
}

/* CPU seconds of encrypting `batches` of BATCH packets of `size` bytes, and of handing them to the kernel, which brings
 * them to the socket of the same address where they are read off the clock: what any server pays for a packet. */
int engine_floor(Srtp protect, void *context, int socket, int sink, const char *address, int port, int size,
                 int batches, double *spent) {
  static uint8_t packet[BATCH][PACKET];
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct mmsghdr message[BATCH];
  struct iovec place[BATCH];
  uint16_t sequence = 0;
  uint32_t ssrc = 1;
  inet_pton(AF_INET, address, &to.sin_addr);
  memset(message, 0, sizeof message);
  spent[0] = spent[1] = 0;
  for (int round = 0; round < batches; round++) {
    int64_t began = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < BATCH; i++) {
      int length = size;
      packet[i][0] = 0x80;
      packet[i][1] = 96;
      put16(packet[i] + 2, sequence++);
      if (!sequence) ssrc++;
      put32(packet[i] + 8, ssrc);
      if (protect(context, packet[i], &length)) return -1;
      place[i] = (struct iovec){packet[i], length};
      message[i].msg_hdr = (struct msghdr){.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &place[i], .msg_iovlen = 1};
    }
    int64_t encrypted = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    if (sendmmsg(socket, message, BATCH, 0) != BATCH) return -1;
    int64_t sent = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    spent[0] += (encrypted - began) * 1e-9;
    spent[1] += (sent - encrypted) * 1e-9;
    for (int i = 0; i < BATCH; i++) recv(sink, packet[i], PACKET, MSG_DONTWAIT);
  }
  return 0;
}
