"""Which addresses a way out of a cage may lead to: those of the internet, and of a named private network."""

from __future__ import annotations

import ipaddress

_OF_CLOUDS = tuple(
    map(
        ipaddress.ip_network,
        ("100.100.100.200/32", "168.63.129.16/32", "192.0.0.0/24", "fd00:42::/32", "fd00:ec2::/32", "fd20:ce::/32"),
    )
)
"""Services for virtual machines that have addresses like others: Alibaba, Azure, Oracle, Scaleway, AWS, Google."""
_ONCE = tuple(map(ipaddress.ip_network, ("::/96", "64:ff9b:1::/48", "fec0::/10")))
"""IPv4 in IPv6 as it was, a network's own translation, and private addresses of old: not every Python knows them."""
_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)
"""What networks of companies and providers use (RFC 1918, 6598, 4193). Nothing else that is not public is near."""


def is_public(address: str) -> bool:
    """Whether an address is one of the internet: not this machine's, nor of its network, nor of its cloud's services.

    What IPv6 addresses carry inside of them (mapped, 6to4, Teredo, NAT64) is looked at as well.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if any(not is_public(str(one)) for one in _carried(ip)):
            return False
        if ip.ipv4_mapped is not None:
            return True
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in (*_OF_CLOUDS, *_ONCE))


def is_near(address: str) -> bool:
    """Whether an address is public or of a private network; never of this machine, its link, or a cloud's services."""
    if is_public(address):
        return True
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in _PRIVATE) and not any(ip in network for network in _OF_CLOUDS)


def _carried(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """IPv4 addresses that an IPv6 address stands for."""
    if isinstance(ip, ipaddress.IPv4Address):
        return []
    last = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in ipaddress.ip_network("64:ff9b::/96") else None
    return [one for one in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ()), last) if one is not None]
