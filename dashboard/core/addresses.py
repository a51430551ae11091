"""Whose address a request comes from; the only place that says so.

Each proxy adds to `X-Forwarded-For` whom it saw. Of `TRUSTED_PROXY_COUNT` proxies the outermost saw the client, so its
entry, counted from the right, is true; what stands left of it the client may have made up.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

HOUSEHOLD_PREFIX = 64  # of an IPv6 address: who has one has all the 2^64 that begin alike
UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str | None:
    """The client's address; None where there is none (a socket in the file system)."""
    found = _forwarded(request) or _parsed(request.META.get("REMOTE_ADDR", ""))
    return None if found is None else str(found)


def client_network(request: HttpRequest) -> str:
    """What counts as one client where tries are counted: an IPv4 address, or a household's network of IPv6 ones."""
    address = client_address(request)
    if address is None or ":" not in address:
        return address or UNKNOWN
    return str(ip_network(f"{address}/{HOUSEHOLD_PREFIX}", strict=False))


def _forwarded(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """Whom the outermost trusted proxy saw; None where fewer proxies wrote than are trusted."""
    proxies = settings.TRUSTED_PROXY_COUNT
    seen = request.headers.get("X-Forwarded-For", "").split(",")
    return _parsed(seen[-proxies]) if 0 < proxies <= len(seen) else None


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address, also with a port; an IPv4 address in the clothes of an IPv6 one is what it is."""
    text = text.strip().partition("%")[0]  # without the interface of a link-local one
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
