"""This machine's own addresses, as far as others can reach it by them."""

import errno
import ipaddress
import socket

FAMILIES = (socket.AF_INET, socket.AF_INET6)
WILDCARDS = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}  # noqa: S104  # the operator chooses what is bound
_OUTSIDE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Of documentation (RFC 5737, RFC 3849): nothing is sent there, the kernel only picks the source."""
_IPV6_ADDR_PREFERENCES, _PREFER_PUBLIC = 72, 0x0002  # <linux/in6.h>; RFC 5014
NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""How binding an address fails that is none of this machine's."""


def family_of(address: str) -> socket.AddressFamily:
    """IPv6 for what has a colon."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def outbound(family: socket.AddressFamily) -> str | None:
    """The address that leads out, None where none does; of IPv6 no temporary one (RFC 8981), which ends in a day."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, _IPV6_ADDR_PREFERENCES, _PREFER_PUBLIC)
            probe.connect((_OUTSIDE[family], 9))
            found = str(probe.getsockname()[0])
    except OSError:
        return None
    return None if ipaddress.ip_address(found).is_link_local else found
