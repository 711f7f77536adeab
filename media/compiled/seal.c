/*
 * SRTP with AES-GCM (RFC 7714) for one receiver: all its streams by one cipher, each with its numbers in one place.
 *
 * The cipher is OpenSSL's, as libsrtp's is. What libsrtp would do is done here for two reasons: it walks through a list
 * of all streams for each packet, and moves a window of a thousand bits by one. No SSRC and index is encrypted twice:
 * under GCM that would give the plaintext away.
 */
#include <stdlib.h>
#include <string.h>

#include "parts.h"

enum { SALT = 12, TAG = 16, GET_TAG = 0x10, FIRST_STREAMS = 16, MOST_STREAMS = 4096, INDEX_BITS = 48, WORD = 64 };
enum { CONTEXT_NEW, CONTEXT_FREE, AES_128_GCM, AES_256_GCM, INIT, UPDATE, FINAL, CONTROL, FUNCTIONS };

/* OpenSSL's; the context and the cipher are its own affair. */
typedef void *(*context_new)(void);
typedef void (*context_free)(void *context);
typedef const void *(*cipher)(void);
typedef int (*init)(void *context, const void *cipher, void *engine, const unsigned char *key, const unsigned char *iv);
typedef int (*update)(void *context, unsigned char *out, int *written, const unsigned char *in, int size);
typedef int (*final)(void *context, unsigned char *out, int *written);
typedef int (*control)(void *context, int type, int size, void *to);

/* The newest index of a stream (RFC 3711 3.3.1), and which of the last WINDOW were used. */
struct used {
    int64_t highest;
    uint64_t bits[WINDOW / WORD];
};

struct sealer {
    uintptr_t functions[FUNCTIONS];
    void *context;
    unsigned char salt[SALT];
    int count, room;
    uint32_t *ssrcs;
    struct used *used;
};

void sealer_free(struct sealer *sealer)
{
    if (!sealer)
        return;
    if (sealer->context)
        ((context_free)sealer->functions[CONTEXT_FREE])(sealer->context);
    free(sealer->ssrcs);
    free(sealer->used);
    free(sealer);
}

/* `functions` are OpenSSL's in the order above, `key` and `salt` those of the session; NULL where that cannot be. */
struct sealer *sealer_new(const uintptr_t *functions, const char *key, int key_size, const char *salt)
{
    struct sealer *sealer = calloc(1, sizeof *sealer);
    if (!sealer)
        return NULL;
    memcpy(sealer->functions, functions, sizeof sealer->functions);
    memcpy(sealer->salt, salt, SALT);
    const void *made = ((cipher)functions[key_size == 32 ? AES_256_GCM : AES_128_GCM])();
    sealer->context = ((context_new)functions[CONTEXT_NEW])();
    if (sealer->context && (key_size == 16 || key_size == 32) &&
        ((init)functions[INIT])(sealer->context, made, NULL, (const unsigned char *)key, NULL) == 1)
        return sealer;
    sealer_free(sealer);
    return NULL;
}

/* -- which numbers were used --------------------------------------------------------------------------------------- */

static int make_room(struct sealer *sealer)
{
    int room = sealer->room ? 2 * sealer->room : FIRST_STREAMS;
    if (room > MOST_STREAMS)
        return 0;
    uint32_t *ssrcs = realloc(sealer->ssrcs, (size_t)room * sizeof *ssrcs);
    if (!ssrcs)
        return 0;
    sealer->ssrcs = ssrcs;
    struct used *used = realloc(sealer->used, (size_t)room * sizeof *used);
    if (!used)
        return 0;
    sealer->used = used;
    sealer->room = room;
    return 1;
}

/* `hint` is where the stream was the last time, and then where it is. */
static struct used *find_used(struct sealer *sealer, uint32_t ssrc, int32_t *hint)
{
    if (*hint < sealer->count && sealer->ssrcs[*hint] == ssrc)
        return &sealer->used[*hint];
    for (int place = 0; place < sealer->count; place++)
        if (sealer->ssrcs[place] == ssrc)
            return &sealer->used[*hint = place];
    if (sealer->count == sealer->room && !make_room(sealer))
        return NULL;
    struct used *used = &sealer->used[sealer->count];
    sealer->ssrcs[sealer->count++] = ssrc;
    memset(used, 0, sizeof *used);
    used->highest = -1;
    return used;
}

static uint64_t *word(struct used *used, int64_t index)
{
    return &used->bits[index % WINDOW / WORD];
}

/* Whether the index may be used; it then was. */
static int use(struct used *used, int64_t index)
{
    uint64_t bit = (uint64_t)1 << index % WORD;
    if (index < 0 || index <= used->highest - WINDOW || index >> INDEX_BITS)
        return 0;
    if (index > used->highest + WINDOW)
        memset(used->bits, 0, sizeof used->bits);
    else
        for (int64_t passed = used->highest + 1; passed < index; passed++)
            *word(used, passed) &= ~((uint64_t)1 << passed % WORD);
    if (index > used->highest)
        used->highest = index;
    else if (*word(used, index) & bit)
        return 0;
    *word(used, index) |= bit;
    return 1;
}

/* -- one packet ---------------------------------------------------------------------------------------------------- */

/* The header with its extension: it is not encrypted. 0 where the packet is shorter. */
static int head_size(const unsigned char *packet, int size)
{
    if (size < MIN_HEADER)
        return 0;
    int head = MIN_HEADER + 4 * (packet[0] & 0x0F);
    if (packet[0] & 0x10)
        head += head + 4 <= size ? 4 + 4 * get16(packet + head + 2) : size;
    return head <= size ? head : 0;
}

/* RFC 7714 8.1 */
static void make_iv(const struct sealer *sealer, uint32_t ssrc, int64_t index, unsigned char *iv)
{
    iv[0] = iv[1] = 0;
    put16(put32(put32(iv + 2, ssrc), (uint64_t)(index >> 16)), (uint64_t)index);
    for (int at = 0; at < SALT; at++)
        iv[at] ^= sealer->salt[at];
}

static int encrypt(struct sealer *sealer, const unsigned char *iv, unsigned char *packet, int head, int size)
{
    const uintptr_t *functions = sealer->functions;
    void *context = sealer->context;
    update more = (update)functions[UPDATE];
    int written, left = size - head;
    return ((init)functions[INIT])(context, NULL, NULL, NULL, iv) == 1 &&
           more(context, NULL, &written, packet, head) == 1 &&
           (!left || more(context, packet + head, &written, packet + head, left) == 1) &&
           ((final)functions[FINAL])(context, packet + size, &written) == 1 &&
           ((control)functions[CONTROL])(context, GET_TAG, TAG, packet + size) == 1;
}

/* Encrypt in place, as `srtp_protect` does: 0 when it was done. `packet` has room for TAG bytes more. */
int seal(struct sealer *sealer, unsigned char *packet, int *size, int32_t *hint)
{
    unsigned char iv[SALT];
    int head = head_size(packet, *size);
    if (!head)
        return 1;
    uint32_t ssrc = get32(packet + 8);
    struct used *used = find_used(sealer, ssrc, hint);
    if (!used)
        return 1;
    uint16_t sequence = get16(packet + 2);
    int64_t index = used->highest < 0 ? sequence : unwrap(used->highest, sequence, 16);
    if (!use(used, index))
        return 1;
    make_iv(sealer, ssrc, index, iv);
    if (!encrypt(sealer, iv, packet, head, *size))
        return 1;
    *size += TAG;
    return 0;
}

int sealer_protect(struct sealer *sealer, char *packet, int *size)
{
    int32_t hint = 0;
    return seal(sealer, (unsigned char *)packet, size, &hint);
}
