/* A server without any work: each datagram of media goes on to all other sites as it came. What it delays packets by is
 * the machine's own: waking up, the kernel, and whatever else wants its core. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

enum { PACKET = 2048, MOST = 32, MAX_SITES = 64, TAG = 16 };

static int is_control(const uint8_t *packet) { return packet[1] >= 192 && packet[1] <= 223; }

static int is_same(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
    return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

/* Serve until the socket fails. At most MAX_SITES. */
void bare_serve(int socket, struct sockaddr_in *sites, int count)
{
    static uint8_t packets[MOST][PACKET];
    static struct sockaddr_in names[MOST];
    static struct iovec parts[MOST];
    static struct mmsghdr taken[MOST], copies[MOST * MAX_SITES];
    for (;;) {
        for (int i = 0; i < MOST; i++) {
            parts[i] = (struct iovec){packets[i], PACKET};
            taken[i].msg_hdr = (struct msghdr){
                .msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &parts[i], .msg_iovlen = 1};
        }
        int got = recvmmsg(socket, taken, MOST, MSG_WAITFORONE, NULL), made = 0;
        if (got < 0)
            return;
        for (int i = 0; i < got; i++) {
            parts[i].iov_len = taken[i].msg_len;
            for (int site = 0; site < count && !is_control(packets[i]); site++)
                if (!is_same(&names[i], &sites[site]))
                    copies[made++].msg_hdr = (struct msghdr){
                        .msg_name = &sites[site], .msg_namelen = sizeof sites[site], .msg_iov = &parts[i], .msg_iovlen = 1};
        }
        for (int at = 0, sent; at < made; at += sent > 0 ? sent : 1)
            sent = sendmmsg(socket, copies + at, made - at, 0);
    }
}

/* What stands in SRTP's place: nothing but room for its tag, so that packets are of the same size. */
int bare_protect(void *context, void *packet, int *length)
{
    (void)context;
    memset((uint8_t *)packet + *length, 0, TAG);
    *length += TAG;
    return 0;
}

int bare_unprotect(void *context, void *packet, int *length)
{
    (void)context, (void)packet;
    *length -= TAG;
    return *length < 0;
}
