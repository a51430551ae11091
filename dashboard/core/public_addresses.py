"""Which IP addresses anybody can reach, and which belong to an inside."""

import ipaddress

#: What counts as global and is an inside all the same: Azure's wire server, protocol assignments (Oracle's metadata),
#: local translation.
_INSIDE = tuple(map(ipaddress.ip_network, ("168.63.129.16/32", "192.0.0.0/24", "64:ff9b:1::/48", "5f00::/16")))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(text: str) -> bool:
    """Whether an IP address is reachable for everybody, also where it wraps another one (IPv4 in IPv6)."""
    address = ipaddress.ip_address(text.partition("%")[0])
    wrapped = _wrapped(address)
    if wrapped is not None:
        return is_public(str(wrapped))
    return address.is_global and not address.is_multicast and not any(address in inside for inside in _INSIDE)


def _wrapped(address: Address) -> Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
