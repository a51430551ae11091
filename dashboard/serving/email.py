"""Slates in e-mails: no script runs there, so each position is a link and a picture with a signed token in its address.

A token names shop, slate, position and item, nothing of the visitor: whose slate it was is known here, as long as the
slate is kept. What follows a link is the item's own address in the catalog, never something that was sent along.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.core import signing

from dashboard.accounts.models import Shop
from dashboard.catalog.selectors import items_by_ids
from dashboard.core import clock, errors
from dashboard.core.kept import kept
from dashboard.core.rates import take
from dashboard.core.tenancy import shop_scope
from dashboard.events.bots import known_agent
from dashboard.events.selectors.slates import served_to
from dashboard.events.services import record_events
from dashboard.serving.details import add_details
from dashboard.serving.services import recommend
from dashboard.serving.types import SlateRequest

SALT = "forage.mail"
LONGEST_TOKEN = 1000
COUNTED_DAYS = 90  # an older mail still leads to its items, and counts no more
ADDRESSES_KEPT_SECONDS = 300
ASKED_A_MINUTE = 120  # of one slate: somebody looks again and again, or a program does
SECONDS_A_MINUTE = 60.0


class Leads(Protocol):
    """Where a position of a mail leads."""

    def __call__(self, place: "Place", *, agent: str) -> str: ...


class TooOften(errors.TooMany):
    """One slate is asked for more often than people look."""


@dataclass(frozen=True)
class Place:
    """A position of a slate in a mail; `counts` while the mail is young."""

    shop_id: int
    recommendation_id: UUID
    position: int
    item_id: str
    counts: bool = True

    @property
    def token(self) -> str:
        said = {"s": self.shop_id, "r": self.recommendation_id.hex, "k": self.position, "i": self.item_id}
        return signing.dumps(said, salt=SALT, compress=True)


def email_slate(request: SlateRequest, address_of: Callable[[str, str], str]) -> dict[str, Any]:
    """A slate of now for a mail: each item with its details, and the addresses of its link and picture.

    `address_of(kind, token)` makes an absolute address; `kind` is “link” or “image”.
    """
    slate = recommend(request)
    answer = slate.as_answer(explain=False)
    add_details(request.shop, [answer])
    items = [_mailed(request.shop, slate.recommendation_id, row, address_of) for row in answer["items"]]
    return {"recommendation_id": answer["recommendation_id"], "placement": answer["placement"], "items": items}


def place_of(token: str) -> Place:
    """What a token says. Raises `NotFound` for one that was not made here."""
    try:
        said = signing.loads(token, salt=SALT) if len(token) <= LONGEST_TOKEN else None
        place = Place(said["s"], UUID(said["r"]), said["k"], said["i"]) if said else None
    except (signing.BadSignature, KeyError, ValueError, TypeError):
        place = None
    if place is None:
        raise errors.NotFound("There is no such link.")
    return Place(**{**vars(place), "counts": _is_young(token)})


def followed(place: Place, *, agent: str) -> str:
    """The item's own address; the click counts once. Raises `NotFound` where the item has none, `TooOften`."""
    return _shown(place, "url", "select_item", agent)


def pictured(place: Place, *, agent: str) -> str:
    """The address of the item's picture; that it was seen counts once. Raises as `followed`."""
    return _shown(place, "image_url", "view_item_list", agent)


def _shown(place: Place, field: str, event_type: str, agent: str) -> str:
    taken = take(f"mail:{place.recommendation_id}", most=ASKED_A_MINUTE, seconds=SECONDS_A_MINUTE)
    if not taken.tokens:
        raise TooOften("This link is asked for too often.")
    with shop_scope(place.shop_id):
        key = f"mail-item:{place.shop_id}:{signing.Signer(salt=SALT).signature(place.item_id)}"
        address: str = kept(key, ADDRESSES_KEPT_SECONDS, lambda: _addresses(place)).get(field, "")
        if not address:
            raise errors.NotFound("This item is no longer there.")
        if place.counts and not known_agent(agent):
            _count(place, event_type)
    return address


def _addresses(place: Place) -> dict[str, str]:
    item = items_by_ids(place.shop_id, [place.item_id]).get(place.item_id)
    if item is None or item.deleted_at is not None:
        return {}
    return {"url": item.url, "image_url": item.image_url}


def _count(place: Place, event_type: str) -> None:
    """Once a slate, position and kind, whoever asks how often. Nothing is known any more of who was erased."""
    served = served_to(place.shop_id, place.recommendation_id)
    if served is None or not served[0]:
        return
    visitor_id, placement = served
    event = {
        "event_id": f"mail-{place.recommendation_id.hex}-{place.position}-{event_type}",
        "type": event_type,
        "visitor_id": visitor_id,
        "item_id": place.item_id,
        "timestamp": clock.now().timestamp(),
        "recommendation_id": str(place.recommendation_id),
        "placement": placement,
    }
    record_events(shop=Shop.objects.get(pk=place.shop_id), raw=[event], key_kind="pk")


def _mailed(shop: Shop, slate: UUID, row: dict[str, Any], address_of: Callable[[str, str], str]) -> dict[str, Any]:
    details = row["details"] or {}
    token = Place(shop.pk, slate, row["position"], row["item_id"]).token
    return {
        "item_id": row["item_id"],
        "position": row["position"],
        "title": details.get("title") or row["item_id"],
        "price": details.get("price"),
        "currency": details.get("currency", shop.currency),
        "link": address_of("link", token) if details.get("url") else None,
        "image": address_of("image", token) if details.get("image_url") else None,
    }


def _is_young(token: str) -> bool:
    try:
        signing.loads(token, salt=SALT, max_age=COUNTED_DAYS * 86_400)
    except signing.SignatureExpired:
        return False
    return True
