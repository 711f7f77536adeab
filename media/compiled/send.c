/*
 * What waits in the outbox is encrypted and leaves, in the order of writing for each link.
 *
 * Packets of one size to one address leave as one message that the kernel cuts apart again (UDP_SEGMENT, Linux 4.18):
 * it then walks through its layers once for all of them. Pictures are sent in packets of one size, the last one smaller.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parts.h"

enum { SEGMENTS = 64, MOST_OCTETS = 65000 };

/* Packets that leave together, as a chain through `after`. */
struct burst {
    struct flow *flow;
    int first, last, count, octets, size, spoken, closed;
};

struct letter {
    int bursts, after[BATCH];
    struct burst burst[BATCH];
};

union control {
    char bytes[CMSG_SPACE(sizeof(int32_t)) + CMSG_SPACE(sizeof(uint16_t))];
    struct cmsghdr aligned;
};

/* Encrypt in place; RTCP is known by its second byte (RFC 5761 4). */
static int encrypt(struct outbox *box, struct packet *packet)
{
    struct flow *flow = packet->flow;
    int rtcp = packet->bytes[1] >= 192 && packet->bytes[1] <= 223;
    int32_t none = 0;
    if (!rtcp && flow->sealer)
        return seal(flow->sealer, packet->bytes, &packet->size, packet->hint ? packet->hint : &none);
    return (rtcp ? box->protect_rtcp : box->protect)(flow->context, packet->bytes, &packet->size);
}

/* -- which leave together ----------------------------------------------------------------------------------------- */

static int is_spoken(const struct packet *packet)
{
    int type = packet->bytes[1] & 0x7F;
    return packet->flow->speech[type >> 6] >> (type & 63) & 1;
}

/* The link's newest burst of this letter, where one more packet has room in it. */
static struct burst *open_burst(struct letter *letter, const struct packet *packet, int spoken)
{
    int place = packet->flow->burst;
    if (place < 0 || place >= letter->bursts)
        return NULL;
    struct burst *burst = &letter->burst[place];
    if (burst->flow != packet->flow || burst->closed || burst->spoken != spoken || packet->size > burst->size ||
        burst->count == SEGMENTS || burst->octets + packet->size > MOST_OCTETS)
        return NULL;
    return burst;
}

static void gather(struct outbox *box, struct letter *letter, int place)
{
    struct packet *packet = &box->packets[place];
    int spoken = is_spoken(packet);
    struct burst *burst = box->whole ? NULL : open_burst(letter, packet, spoken);
    if (burst) {
        letter->after[burst->last] = place;
    } else {
        packet->flow->burst = letter->bursts;
        burst = &letter->burst[letter->bursts++];
        *burst = (struct burst){.flow = packet->flow, .first = place, .size = packet->size, .spoken = spoken};
    }
    burst->last = place;
    burst->count++;
    burst->octets += packet->size;
    burst->closed = packet->size < burst->size;
}

/* -- what the kernel is told -------------------------------------------------------------------------------------- */

static void tell(struct msghdr *message, struct cmsghdr **part, int level, int type, const void *value, size_t size)
{
    *part = *part ? CMSG_NXTHDR(message, *part) : CMSG_FIRSTHDR(message);
    (*part)->cmsg_level = level;
    (*part)->cmsg_type = type;
    (*part)->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(*part), value, size);
}

/* Speech leaves with a code point of its own (RFC 8837 5), all else with that of the socket. */
static void address(struct msghdr *message, const struct burst *burst, union control *memory)
{
    struct flow *flow = burst->flow;
    message->msg_name = flow->address;
    message->msg_namelen = (socklen_t)flow->address_size;
    size_t size = (burst->spoken ? CMSG_SPACE(sizeof flow->mark) : 0) + (burst->count > 1 ? CMSG_SPACE(2) : 0);
    if (size == 0)
        return;
    *memory = (union control){0};
    message->msg_control = memory;
    message->msg_controllen = size;
    struct cmsghdr *part = NULL;
    if (burst->spoken) {
        sa_family_t family;
        memcpy(&family, flow->address, sizeof family);
        int six = family == AF_INET6;
        tell(message, &part, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_TCLASS : IP_TOS, &flow->mark,
             sizeof flow->mark);
    }
    if (burst->count > 1) {
        uint16_t segment = (uint16_t)burst->size;
        tell(message, &part, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment);
    }
}

/* Whether this kernel cuts messages apart; an older one would send them as they are. */
int kernel_cuts(void)
{
    int none = 0, descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int cuts = descriptor >= 0 && !setsockopt(descriptor, SOL_UDP, UDP_SEGMENT, &none, sizeof none);
    if (descriptor >= 0)
        close(descriptor);
    return cuts;
}

/* A message that cannot be cut, by a card without checksums or too small a link: each of its packets, as all later. */
static void send_apart(struct outbox *box, int descriptor, struct msghdr *message)
{
    struct msghdr one = *message;
    one.msg_iovlen = 1;
    one.msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
    int64_t before = box->sent;
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        one.msg_iov = &message->msg_iov[i];
        if (sendmsg(descriptor, &one, 0) < 0)
            box->failed++;
        else
            box->sent++;
    }
    box->whole |= box->sent > before;
}

static int is_uncut(const struct msghdr *message, int error)
{
    return message->msg_iovlen > 1 && (error == EINVAL || error == EIO || error == EMSGSIZE || error == EOPNOTSUPP);
}

static void send_all(struct outbox *box, int descriptor, struct mmsghdr *messages, int count)
{
    int done = 0;
    while (done < count) {
        int sent = sendmmsg(descriptor, messages + done, (unsigned)(count - done), 0);
        struct msghdr *refused = &messages[done].msg_hdr;
        if (sent > 0) {
            for (; sent > 0; sent--)
                box->sent += (int64_t)messages[done++].msg_hdr.msg_iovlen;
        } else if (errno != EINTR) {
            if (is_uncut(refused, errno))
                send_apart(box, descriptor, refused);
            else
                box->failed += (int64_t)refused->msg_iovlen;
            done++;
        }
    }
}

static void post(struct outbox *box, const struct letter *letter)
{
    union control controls[BATCH];
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    int ready = 0, part = 0, descriptor = -1;
    for (int i = 0; i < letter->bursts; i++) {
        const struct burst *burst = &letter->burst[i];
        if (burst->flow->descriptor != descriptor) {
            send_all(box, descriptor, messages, ready);
            ready = 0;
            descriptor = burst->flow->descriptor;
        }
        messages[ready].msg_hdr = (struct msghdr){.msg_iov = &parts[part], .msg_iovlen = (size_t)burst->count};
        address(&messages[ready].msg_hdr, burst, &controls[ready]);
        for (int n = 0, place = burst->first; n < burst->count; n++, place = letter->after[place])
            parts[part++] = (struct iovec){box->packets[place].bytes, (size_t)box->packets[place].size};
        ready++;
    }
    send_all(box, descriptor, messages, ready);
}

void flush(struct outbox *box)
{
    struct letter letter;
    letter.bursts = 0;
    for (int place = 0; place < box->count; place++) {
        struct packet *packet = &box->packets[place];
        if (packet->flow->descriptor < 0 || encrypt(box, packet))
            box->refused++;
        else
            gather(box, &letter, place);
    }
    post(box, &letter);
    box->count = 0;
}
