"""What is known at the moment of a request, read now: an event accepted a moment ago counts already."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import connection

from dashboard.catalog.item_cache import STATE_COLUMNS, ItemCache, item_cache_of
from dashboard.catalog.servable import Unwanted
from dashboard.core import clock
from dashboard.core.prepared import Prepared
from dashboard.events.selectors.history import (
    PAST,
    PAST_TYPES,
    PastOfVisitor,
    past_of,
    past_parameters,
    pasts_of,
)
from dashboard.events.selectors.left import LEFT, Left, left_by_each, left_of, left_since
from dashboard.events.selectors.left_out import Deed, pasts_without_each
from dashboard.events.vocabulary import INTEREST_TYPES
from dashboard.serving.model_store import LoadedModel, ModelStore, published_models
from dashboard.serving.types import SlateRequest
from recommender.serving import Candidates, HistoryEvent

HISTORY_LENGTH = 50
SESSION_HOURS = 4  # bounds the index scan of a session without a visitor: 5,000 rows of a shop with 30,000 a day


@dataclass(frozen=True)
class RequestContext:
    """The request, what the visitor did (oldest first), what must not be shown, the model of the shop and its items.

    `proposed`: what the model answers when it is asked for the usual number of candidates, where it was asked already.
    `left`: when the visitor was shown each item and did not open it, where that was asked for.
    """

    request: SlateRequest
    now: datetime
    history: list[HistoryEvent]
    unwanted: Unwanted
    model: LoadedModel | None
    item_cache: ItemCache
    proposed: Candidates | None = None
    left: Left = field(default_factory=dict)

    @property
    def shop_id(self) -> int:
        return self.request.shop.pk

    @property
    def evidence(self) -> list[HistoryEvent]:
        """The history, and the items on the page as if they had just been viewed."""
        viewed = [HistoryEvent(item, "view_item", self.now.timestamp()) for item in self.request.context_items]
        return [*self.history, *viewed]

    @property
    def hidden(self) -> frozenset[str]:
        """Items that no model need propose."""
        return self.unwanted.item_ids | self.unwanted.with_variants

    @property
    def is_known_to_model(self) -> bool:
        """Whether the model has learned from any item that this visitor looked at."""
        model = self.model
        return model is not None and any(model.recommender.has_met(event.item_id) for event in self.evidence)

    def without(self, request: SlateRequest, shown: Collection[str]) -> "RequestContext":
        """The same moment for another placement of the page, where these items and their variants stand already."""
        unwanted = replace(self.unwanted, with_variants=self.unwanted.with_variants | frozenset(shown))
        return replace(self, request=request, unwanted=unwanted, proposed=None)


def read_request_context(
    request: SlateRequest, *, models: ModelStore = published_models, with_left: bool = True
) -> RequestContext:
    """Everything that making the slate depends on, except the policy. `with_left`: whether fatigue is asked for."""
    shop_id = request.shop.pk
    left: Left = {}
    item_cache = item_cache_of(shop_id)
    if request.visitor_id:
        past, left = _visitor_past(shop_id, request.visitor_id, item_cache, with_left)
    else:
        past = PastOfVisitor(_session_history(shop_id, request.session_id))
        item_cache.refresh()
    return _context_of(request, past, models.get(request.shop), item_cache, left)


def read_request_contexts(
    requests: Sequence[SlateRequest], *, models: ModelStore = published_models, with_left: bool = True
) -> list[RequestContext]:
    """`read_request_context` of many visitors of one shop, each known by an id, by one question for all of them."""
    shop = requests[0].shop
    item_cache, model = item_cache_of(shop.pk), models.get(shop)
    item_cache.refresh()
    visitor_ids = {request.visitor_id for request in requests}
    pasts = pasts_of(shop.pk, visitor_ids, HISTORY_LENGTH, HistoryEvent)
    lefts = left_by_each(shop.pk, visitor_ids, clock.now()) if with_left else {}
    nothing: PastOfVisitor[HistoryEvent] = PastOfVisitor()
    return [
        _context_of(
            request,
            pasts.get(request.visitor_id, nothing),
            model,
            item_cache,
            lefts.get(request.visitor_id, {}),
        )
        for request in requests
    ]


def contexts_without_each(context: RequestContext) -> list[tuple[tuple[Deed, ...], RequestContext]]:
    """The same moment as it would be without each interest that counts, oldest first, and without all of each item that
    has several: (what is left out, the moment)."""
    request = replace(context.request, now=context.now)
    if not request.visitor_id:
        return []
    found = pasts_without_each(context.shop_id, request.visitor_id, HISTORY_LENGTH, HistoryEvent)
    model, cache = context.model, context.item_cache
    return [(one.deeds, _context_of(request, one.past, model, cache, one.left(context.left))) for one in found]


def _context_of(
    request: SlateRequest,
    past: PastOfVisitor[HistoryEvent],
    model: LoadedModel | None,
    item_cache: ItemCache,
    left: Left,
) -> RequestContext:
    unwanted = Unwanted(
        item_ids=frozenset(request.exclude_items) | frozenset(request.context_items),
        with_variants=frozenset(request.cart_items) | past.owned,
    )
    if past.not_interested:
        unwanted = _without_unloved(unwanted, past.not_interested, item_cache)
    return RequestContext(request, request.now or clock.now(), past.history, unwanted, model, item_cache, left=left)


def _without_unloved(unwanted: Unwanted, said: Collection[tuple[str, str]], item_cache: ItemCache) -> Unwanted:
    """What the visitor is not interested in besides: items with their variants, and whatever has the brand or the
    category that an item has now."""
    labels = item_cache.labels({item_id for item_id, about in said if about})
    of = {"brand": set[str](), "category": set[str]()}
    for item_id, about in said:
        if about in of and item_id in labels:
            of[about].add(getattr(labels[item_id], about))
    return replace(
        unwanted,
        with_variants=unwanted.with_variants | {item_id for item_id, _ in said},
        brands=frozenset(of["brand"] - {""}),
        categories=frozenset(of["category"] - {""}),
    )


# One round trip for all that is asked at every slate: it costs both sides more than either question.
_STATE_ROW = f"(SELECT {STATE_COLUMNS.format(shop='$1')}, 0::float8, -1)"
_MOMENT = Prepared("forage_moment", PAST_TYPES, f"{PAST} UNION ALL {_STATE_ROW}")
_LEFT_ROW = f"(SELECT ({LEFT.format(shop='$1', visitor='$2', since='$7', until='$5')}), '', 0::float8, -1)"
_MOMENT_WITH_LEFT = Prepared(
    "forage_moment_with_left", f"{PAST_TYPES}, timestamptz", f"{PAST} UNION ALL {_LEFT_ROW} UNION ALL {_STATE_ROW}"
)


def _visitor_past(
    shop_id: int, visitor_id: str, item_cache: ItemCache, with_left: bool
) -> tuple[PastOfVisitor[HistoryEvent], Left]:
    parameters = past_parameters(shop_id, visitor_id, HISTORY_LENGTH)
    if with_left:
        parameters.append(left_since(clock.now()))
    *rows, (oldest_running, newest_change, _, _) = (_MOMENT_WITH_LEFT if with_left else _MOMENT).rows(parameters)
    left = left_of(rows.pop()[0]) if with_left else {}
    item_cache.learn(oldest_running, newest_change)
    return past_of(rows, HistoryEvent), left


def _session_history(shop_id: int, session_id: str) -> list[HistoryEvent]:
    if not session_id:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT item_id, type, extract(epoch FROM timestamp)::float8 FROM events_interaction "
            "WHERE shop_id = %s AND timestamp > %s AND session_id = %s AND type = ANY(%s) AND item_id <> '' "
            "ORDER BY timestamp DESC, id DESC LIMIT %s",
            [shop_id, clock.now() - timedelta(hours=SESSION_HOURS), session_id, list(INTEREST_TYPES), HISTORY_LENGTH],
        )
        return [HistoryEvent(*row) for row in reversed(cursor.fetchall())]
