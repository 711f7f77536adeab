"""AES-GCM for what is sent (RFC 7714), by C and OpenSSL's cipher: libsrtp's bytes at less cost."""

from __future__ import annotations

import ctypes
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from media import srtp
from media.compiled.layout import ffi
from media.srtp import Keys, Outbound

SALT_SIZE = 12
KEY_SIZES = {7: 16, 8: 32}
"""Of libsrtp's profiles for AEAD_AES_128_GCM and AEAD_AES_256_GCM."""
_ENCRYPTION, _SALT = 0, 2
_FUNCTIONS = (
    "EVP_CIPHER_CTX_new",
    "EVP_CIPHER_CTX_free",
    "EVP_aes_128_gcm",
    "EVP_aes_256_gcm",
    "EVP_EncryptInit_ex",
    "EVP_EncryptUpdate",
    "EVP_EncryptFinal_ex",
    "EVP_CIPHER_CTX_ctrl",
)


def derive(master: bytes, label: int, size: int) -> bytes:
    """A session key (RFC 3711 4.3, with a master salt of 96 bits as RFC 7714 11 has it) of key and salt in one."""
    key, salt = master[:-SALT_SIZE], master[-SALT_SIZE:]
    counter = bytearray(salt + bytes(4))
    counter[7] ^= label
    return Cipher(AES(key), CTR(bytes(counter))).encryptor().update(bytes(size))


class Sealing:
    """Makes ciphers for receivers, where OpenSSL can be had from what libsrtp comes in."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._functions = _openssl()

    def take(self, outbound: Outbound) -> Any:
        """Let C encrypt the RTP of `outbound` from now on; the sealer, NULL where libsrtp goes on.

        Nothing may have been sent by it yet.
        """
        keys = outbound.keys
        sealer = self._sealer(keys) if self._functions is not None and keys.profile in KEY_SIZES else ffi.NULL
        if sealer != ffi.NULL:
            function = int(ffi.cast("uintptr_t", ffi.addressof(self._library, "sealer_protect")))
            outbound.encrypt_by(function, int(ffi.cast("uintptr_t", sealer)), sealer)
        return sealer

    def _sealer(self, keys: Keys) -> Any:
        size = KEY_SIZES[keys.profile]
        key, salt = derive(keys.outbound, _ENCRYPTION, size), derive(keys.outbound, _SALT, SALT_SIZE)
        made = self._library.sealer_new(self._functions, key, size, salt)
        return ffi.gc(made, self._library.sealer_free) if made != ffi.NULL else made


def _openssl() -> Any:
    """The addresses of the cipher's functions in the library that libsrtp is part of; None where they are hidden."""
    library = ctypes.CDLL(srtp.LIBRARY)
    try:
        found = [ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0 for name in _FUNCTIONS]
    except AttributeError:
        return None
    return ffi.new("uintptr_t[]", found)
