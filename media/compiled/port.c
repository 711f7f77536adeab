/*
 * The node's sockets while nothing is for Python: waiting, taking datagrams in batches, finding whose they are.
 *
 * What is not plain is handed over in the order in which it came. Reports may lie until Python is needed at any rate;
 * nothing that comes after anything else that was handed over is looked at before Python has dealt with it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "parts.h"

enum { MOST = 32, MAX_OUTLETS = 16, MAX_HANDED = 64, LAZY = 48, PLACES = 16384, NAME = 28, CONTROL = 64 };
enum { LEAST_OCTETS = 300, CONTROL_OCTETS = 2000 };
static const double CONNECTION_OCTETS_S = 2e6, CONNECTION_BURST_S = 0.5, REST_S = 0.25;
static const double MAX_QUEUED_S = 1.0;
static const double NAP_S = 0.004, DENSE_S = 0.00015, SPARSE_S = 0.0013, MEMORY = 1.0 / 32;

/* An address by which a peer is reached; free while `door` is NULL. */
struct place {
    struct door *door;
    int32_t outlet;
    unsigned char name[NAME];
};

struct port {
    struct outbox *box;
    srtp_function unprotect, unprotect_rtcp;
    int outlets, descriptors[MAX_OUTLETS];
    int known, handed, stopped;
    int got, at, outlet;
    double now, offset, received_at, spacing;
    int64_t received, not_authentic;
    struct place places[PLACES];
    struct handed items[MAX_HANDED];
    struct mmsghdr messages[MOST];
    struct iovec parts[MOST];
    struct sockaddr_storage names[MOST];
    unsigned char controls[MOST][CONTROL], datagrams[MOST][DATAGRAM];
};

/* Let `recvmmsg` fill this place. */
static void make_ready(struct port *port, int i)
{
    port->parts[i] = (struct iovec){port->datagrams[i], DATAGRAM};
    port->messages[i].msg_hdr = (struct msghdr){.msg_name = &port->names[i],
                                                .msg_namelen = sizeof port->names[i],
                                                .msg_iov = &port->parts[i],
                                                .msg_iovlen = 1,
                                                .msg_control = port->controls[i],
                                                .msg_controllen = CONTROL};
}

struct port *port_new(struct outbox *box, uintptr_t unprotect, uintptr_t unprotect_rtcp)
{
    struct port *port = calloc(1, sizeof *port);
    if (port) {
        port->box = box;
        port->unprotect = (srtp_function)unprotect;
        port->unprotect_rtcp = (srtp_function)unprotect_rtcp;
        for (int i = 0; i < MOST; i++)
            make_ready(port, i);
    }
    return port;
}

void port_free(struct port *port)
{
    free(port);
}

/* Take a socket; its number, or -1 when there are too many. */
int port_outlet(struct port *port, int descriptor)
{
    if (port->outlets == MAX_OUTLETS)
        return -1;
    port->descriptors[port->outlets] = descriptor;
    return port->outlets++;
}

/* -- who is who -------------------------------------------------------------------------------------------------- */

/* Family, port and address (and scope) alone, so that equal ones are equal bytes. */
static void normalise(unsigned char *name, const void *address, int size)
{
    memset(name, 0, NAME);
    const struct sockaddr *any = address;
    if (size >= (int)sizeof(struct sockaddr_in) && any->sa_family == AF_INET) {
        memcpy(name, address, 8);
    } else if (size >= (int)sizeof(struct sockaddr_in6) && any->sa_family == AF_INET6) {
        memcpy(name, address, sizeof(struct sockaddr_in6));
        memset(name + offsetof(struct sockaddr_in6, sin6_flowinfo), 0, 4);
    }
}

/* FNV-1a */
static unsigned home(int outlet, const unsigned char *name)
{
    uint32_t hash = 2166136261u ^ (uint32_t)outlet;
    for (int at = 0; at < NAME; at++)
        hash = (hash ^ name[at]) * 16777619u;
    return (hash ^ hash >> 15) % PLACES;
}

/* Where an address stands, or the free place where it would. The table is never more than half full. */
static unsigned seek(const struct port *port, int outlet, const unsigned char *name)
{
    unsigned at = home(outlet, name);
    for (;; at = (at + 1) % PLACES) {
        const struct place *place = &port->places[at];
        if (!place->door || (place->outlet == outlet && !memcmp(place->name, name, NAME)))
            return at;
    }
}

/* What comes from the address is of this peer; 0 when there is no room. */
int port_know(struct port *port, int outlet, const char *address, int size, struct door *door)
{
    unsigned char name[NAME];
    normalise(name, address, size);
    struct place *place = &port->places[seek(port, outlet, name)];
    if (!place->door) {
        if (port->known >= PLACES / 2)
            return 0;
        port->known++;
        place->outlet = outlet;
        memcpy(place->name, name, NAME);
    }
    place->door = door;
    return 1;
}

/* Close the gap at `hole`: whatever was put further than its home because of it moves up. */
static void close_up(struct port *port, unsigned hole)
{
    for (unsigned at = (hole + 1) % PLACES; port->places[at].door; at = (at + 1) % PLACES) {
        unsigned from = home(port->places[at].outlet, port->places[at].name);
        if ((at - from) % PLACES >= (at - hole) % PLACES) {
            port->places[hole] = port->places[at];
            hole = at;
        }
    }
    port->places[hole].door = NULL;
}

void port_unknow(struct port *port, int outlet, const char *address, int size, struct door *door)
{
    unsigned char name[NAME];
    normalise(name, address, size);
    unsigned at = seek(port, outlet, name);
    if (port->places[at].door && port->places[at].door == door) {
        close_up(port, at);
        port->known--;
    }
}

/* -- what comes in ------------------------------------------------------------------------------------------------ */

static struct handed *hand(struct port *port, int kind, double at, int64_t number)
{
    struct handed *item = &port->items[port->handed++];
    item->kind = kind;
    item->at = at;
    item->number = number;
    return item;
}

static void fill(struct handed *item, const unsigned char *bytes, int size)
{
    item->size = size;
    memcpy(item->bytes, bytes, (size_t)size);
}

static void hand_raw(struct port *port, int outlet, const void *name, int name_size, const unsigned char *bytes,
                     int size, double at)
{
    struct handed *item = hand(port, RAW, at, 0);
    item->outlet = outlet;
    item->address_size = name_size < (int)sizeof item->address ? name_size : (int)sizeof item->address;
    memcpy(item->address, name, (size_t)item->address_size);
    fill(item, bytes, size);
    port->stopped = 1;
}

/* Of payload types that nobody gets just now one packet in sixteen is enough to follow their numbers (RFC 3711 3.3.1). */
static int is_spared(const struct door *door, const unsigned char *bytes, int size)
{
    int type = bytes[1] & 0x7F;
    return size >= MIN_HEADER && door->spared[type >> 6] >> (type & 63) & 1 && bytes[3] & 15;
}

/* How much a connection may bring: the same as `Allowance` in media/sfu/policing.py. */
static int refuses(struct door *door, double at, int octets)
{
    if (at >= door->paid_until)
        return 0;
    door->refused += octets;
    return 1;
}

static void charge(struct door *door, double at, int octets, int control)
{
    int least = control ? CONTROL_OCTETS : LEAST_OCTETS;
    double from = at - CONNECTION_BURST_S > door->paid_until ? at - CONNECTION_BURST_S : door->paid_until;
    door->paid_until = from + (octets > least ? octets : least) / CONNECTION_OCTETS_S;
    if (door->paid_until > at)
        door->paid_until = at + REST_S;
}

static void on_media(struct port *port, struct door *door, unsigned char *bytes, int size, double at)
{
    int control = size >= 2 && bytes[1] >= 192 && bytes[1] <= 223, octets = size;
    if (refuses(door, at, octets) || (!control && is_spared(door, bytes, size)))
        return;
    if ((control ? port->unprotect_rtcp : port->unprotect)(door->context, bytes, &size)) {
        port->not_authentic++;
        return;
    }
    charge(door, at, octets, control);
    door->heard_at = at;
    if (control) {
        if (take_rtcp(port->box, door, at, bytes, size) == TAKEN)
            return;
        fill(hand(port, RTCP, at, door->number), bytes, size);
        port->stopped = port->handed >= LAZY || is_urgent(door, bytes, size);
        return;
    }
    int done = take_rtp(port->box, door, port->now, at, bytes, size, &port->items[port->handed]);
    port->stopped = done != TAKEN;
    if (done == NOT_PLAIN)
        fill(hand(port, RTP, at, door->number), bytes, size);
    else if (done == UNFINISHED)
        port->handed++;
}

static void on_datagram(struct port *port, int outlet, const void *name, int name_size, unsigned char *bytes, int size,
                        double at)
{
    unsigned char known[NAME];
    port->received++;
    if (size <= 0 || port->handed == MAX_HANDED)
        return;
    normalise(known, name, name_size);
    struct door *door = port->places[seek(port, outlet, known)].door;
    if (door && bytes[0] >= 128 && bytes[0] <= 191)
        on_media(port, door, bytes, size, at);
    else
        hand_raw(port, outlet, name, name_size, bytes, size, at);
}

static double seconds(clockid_t clock)
{
    struct timespec at;
    clock_gettime(clock, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

/* The kernel's time of arrival on the loop's clock: our own queue is no congestion. */
static double arrival(const struct port *port, struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part))
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
            double at = (double)stamp.tv_sec + (double)stamp.tv_nsec * 1e-9 + port->offset;
            double waited = port->now - at;
            return waited > MAX_QUEUED_S || waited < -MAX_QUEUED_S ? port->now : at; /* the clock was set meanwhile */
        }
    return port->now;
}

/* How far apart datagrams come on the average of late, seconds. */
static void note_spacing(struct port *port)
{
    double passed = port->now - port->received_at;
    port->received_at = port->now;
    for (int i = 0; i < port->got; i++)
        port->spacing += (passed / port->got - port->spacing) * MEMORY;
}

static void receive(struct port *port, int outlet)
{
    for (int i = 0; i < port->got; i++)
        make_ready(port, i);
    int got = recvmmsg(port->descriptors[outlet], port->messages, MOST, MSG_DONTWAIT, NULL);
    port->now = seconds(CLOCK_MONOTONIC);
    port->offset = port->now - seconds(CLOCK_REALTIME);
    port->got = got > 0 ? got : 0;
    note_spacing(port);
    port->at = 0;
    port->outlet = outlet;
}

/* Go through what was received, until Python has to go first. */
static void go_through(struct port *port)
{
    while (port->at < port->got && !port->stopped) {
        int i = port->at++;
        struct msghdr *message = &port->messages[i].msg_hdr;
        port->now = seconds(CLOCK_MONOTONIC);
        on_datagram(port, port->outlet, message->msg_name, (int)message->msg_namelen, port->datagrams[i],
                    (int)port->messages[i].msg_len, arrival(port, message));
    }
    flush(port->box);
}

/* -- for Python --------------------------------------------------------------------------------------------------- */

/* The rest of what was received before Python had to go first; how much is handed over now. */
int port_go_on(struct port *port)
{
    go_through(port);
    return port->handed;
}

/* One datagram from elsewhere, as if it had come by a socket `at` a time; how much is handed over now. */
int port_inject(struct port *port, int outlet, const char *address, int size, const char *datagram, int length,
                double now, double at)
{
    unsigned char bytes[DATAGRAM];
    if (length > DATAGRAM)
        length = DATAGRAM;
    memcpy(bytes, datagram, (size_t)length);
    port->now = now;
    on_datagram(port, outlet, address, size, bytes, length, at);
    flush(port->box);
    return port->handed;
}

int port_handed(struct port *port)
{
    return port->handed;
}

struct handed *port_item(struct port *port, int place)
{
    return &port->items[place];
}

/* All that was handed over has been taken. */
void port_clear(struct port *port)
{
    port->handed = port->stopped = 0;
}

/* received | not authentic << 32, counted since the last time. */
int64_t port_counted(struct port *port)
{
    int64_t counted = port->received | port->not_authentic << 32;
    port->received = port->not_authentic = 0;
    return counted;
}

static int outlet_of(const struct port *port, int descriptor)
{
    for (int i = 0; i < port->outlets; i++)
        if (port->descriptors[i] == descriptor)
            return i;
    return -1;
}

/* Deal with what `events` tell; those of other descriptors go to `ready`, their number comes back. */
static int deal(struct port *port, const struct epoll_event *events, int count, struct ready *ready)
{
    int others = 0;
    for (int i = 0; i < count; i++) {
        int outlet = outlet_of(port, events[i].data.fd);
        if (outlet < 0) {
            ready[others++] = (struct ready){events[i].data.fd, (int32_t)events[i].events};
        } else if (!port->stopped) {
            receive(port, outlet);
            go_through(port);
        }
    }
    return others;
}

static int milliseconds(double timeout, double until)
{
    if (timeout < 0)
        return -1;
    double left = until - seconds(CLOCK_MONOTONIC);
    return left > 0 ? (int)(left * 1e3) + 1 : 0;
}

/*
 * Sleep until NAP_S after the last datagram was taken, at most until `until`, where three or more are then there
 * on the average. To be woken by each costs as much again as to forward it; where they come closer than DENSE_S many
 * are there at once in any case.
 */
static void nap(const struct port *port, double until)
{
    double to = port->received_at + NAP_S;
    if (port->spacing < DENSE_S || port->spacing > SPARSE_S)
        return;
    if (until && to > until)
        to = until;
    struct timespec at = {(time_t)to, (long)((to - (double)(time_t)to) * 1e9)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/*
 * Wait as `epoll_wait` does, for at most `timeout` seconds (for ever when negative), forwarding what is plain.
 *
 * How many descriptors are ready; 0 too after a signal. The first socket counts as ready while anything is handed over.
 */
int port_wait(struct port *port, int epoll, double timeout, struct ready *ready, int most)
{
    struct epoll_event events[MOST];
    double until = timeout > 0 ? seconds(CLOCK_MONOTONIC) + timeout : 0;
    int left, others = 0;
    most = most - 1 < MOST ? most - 1 : MOST;
    if (port->handed == 0)
        go_through(port);
    do {
        if (!port->stopped && timeout)
            nap(port, until);
        left = port->stopped ? 0 : milliseconds(timeout, until);
        int count = epoll_wait(epoll, events, most, left);
        if (count < 0)
            break;
        others = deal(port, events, count, ready);
    } while (left && !others && !port->stopped);
    if (port->handed)
        ready[others++] = (struct ready){port->descriptors[0], EPOLLIN};
    return others;
}
