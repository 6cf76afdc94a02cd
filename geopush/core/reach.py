"""Which addresses on the net others may have us connect to."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from zones import Problem

PORTS = (443, 8443)
MOST_CHARACTERS = 2_048

_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_OF_OUR_OWN = IPv6Network("64:ff9b:1::/48")
# Public by its number, but answers to machines of one cloud with their secrets.
_SPECIAL = (IPv4Address("168.63.129.16"),)


def is_public(address: str) -> bool:
    """Whether an address is one of the public net, whatever it is wrapped in."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip in _NAT64_OF_OUR_OWN:
            return False
        inner = _wrapped(ip)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and ip not in _SPECIAL


def check_url(url: str, *, private: bool) -> Sequence[Problem]:
    """Say what speaks against sending to an address; ``private`` allows our own net."""
    if len(url) > MOST_CHARACTERS or not all("!" <= one <= "~" for one in url):
        return [_problem("not_a_url", "Send plain characters, at most 2,048.")]
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return [_problem("not_a_url", "This cannot be read as a URL.")]
    found = []
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        found.append(_problem("scheme_not_allowed", "It must begin with https://."))
    if not host or "\\" in url or parts.username is not None or parts.fragment:
        found.append(_problem("not_a_url", "It has a host, no user and no fragment."))
    if not private and (443 if port is None else port) not in PORTS:
        found.append(_problem("port_not_allowed", "The port is 443 or 8443."))
    if not private and host and _is_literal(host) and not is_public(host):
        found.append(_problem("address_not_allowed", "It is not on the public net."))
    return found


def _wrapped(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to, if it is a disguise of one."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _problem(code: str, text: str) -> Problem:
    return Problem("$.url", code, text)
