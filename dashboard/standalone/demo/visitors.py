"""As whom one browses: somebody new, or a visitor whom Forage knows well."""

import re
import secrets
from dataclasses import dataclass

from django.http import HttpRequest

from dashboard.accounts.models import Shop
from dashboard.segments.selectors import active_segments, segment_members

COOKIE = "forage_demo_visitor"
KNOWN_OFFERED = 4
NEW = "new"
_NEWCOMER = re.compile(r"demo-[0-9a-f]{12}")


@dataclass(frozen=True)
class KnownVisitor:
    """A visitor whom one may be; `segment` says what he or she looks for."""

    visitor_id: str
    number: int
    segment: str


def known_visitors(shop: Shop) -> list[KnownVisitor]:
    """The surest member of each of the largest segments."""
    largest = sorted(active_segments(shop), key=lambda segment: -segment.share)[:KNOWN_OFFERED]
    found = []
    for segment in largest:
        members = segment_members(shop, segment.number, limit=1).members
        found += [KnownVisitor(member.visitor_id, segment.number, segment.name) for member in members]
    return found


def visitor_of(request: HttpRequest, known: list[KnownVisitor]) -> str:
    """Who browses by the cookie; somebody new where that names nobody whom one may be."""
    visitor_id = request.COOKIES.get(COOKIE, "")
    is_known = any(visitor.visitor_id == visitor_id for visitor in known)
    return visitor_id if is_known or is_newcomer(visitor_id) else newcomer()


def chosen_visitor(wanted: str, known: list[KnownVisitor]) -> str:
    return wanted if any(visitor.visitor_id == wanted for visitor in known) else newcomer()


def is_newcomer(visitor_id: str) -> bool:
    return _NEWCOMER.fullmatch(visitor_id) is not None


def newcomer() -> str:
    return f"demo-{secrets.token_hex(6)}"
