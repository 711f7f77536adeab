"""Which addresses on the net may be posted to. Pure: what a name stands for is asked elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address


class BadTarget(ValueError):
    """The address is none, or none that may be posted to."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Host names, one that begins with a dot for all names below it, and networks.

    A name alone opens public addresses; whoever shall be reached inside the house stands in a network of the list too,
    so that no name can be made to point at a machine behind the firewall.
    """

    names: frozenset[str]
    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def of(cls, entries: Iterable[str]) -> "Allowed":
        """`hooks.example.org`, `.example.org`, `10.20.0.0/16`, `10.20.1.5`."""
        names, networks = set(), []
        for entry in entries:
            try:
                networks.append(ip_network(entry, strict=False))
            except ValueError:
                names.add(entry.strip().lower().rstrip("."))
        return cls(frozenset(names), tuple(networks))

    def check_url(self, url: str) -> SplitResult:
        """The URL's parts. Raises BadTarget: no http or https, a user in it, or a host that is not in the list."""
        try:
            split = urlsplit(url)
            host, _port = split.hostname or "", split.port
        except ValueError as error:
            raise BadTarget("url") from error
        if split.scheme not in ("https", "http") or "@" in split.netloc or not _is_plain(url):
            raise BadTarget("url")
        if not self._may_name(host):
            raise BadTarget("host")
        return split

    def may_reach(self, address: str, *, secured: bool) -> bool:
        """Whether a connection may go there; without TLS into the networks of the list alone."""
        found = _address(address)
        if found is None:
            return False
        return any(found in network for network in self.networks) or (secured and found.is_global)

    def _may_name(self, host: str) -> bool:
        address = _address(host)
        if address is not None:
            return any(address in network for network in self.networks)
        parts = host.split(".")
        return host in self.names or any("." + ".".join(parts[place:]) in self.names for place in range(1, len(parts)))


def _is_plain(url: str) -> bool:
    return all("!" <= one <= "~" for one in url) and "#" not in url


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    # An IPv4 address in IPv6's clothes is judged as what it is.
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
