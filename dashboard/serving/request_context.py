"""What is known at the moment of a request, read now: an event accepted a moment ago counts already."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection

from dashboard.catalog.item_cache import STATE_COLUMNS, ItemCache, item_cache_of
from dashboard.catalog.servable import Unwanted
from dashboard.core import clock
from dashboard.core.prepared import Prepared
from dashboard.events.selectors.history import PAST, PAST_TYPES, past_of, past_parameters
from dashboard.events.vocabulary import INTEREST_TYPES
from dashboard.serving.model_store import LoadedModel, ModelStore, published_models
from dashboard.serving.types import SlateRequest
from recommender.serving import HistoryEvent

HISTORY_LENGTH = 50
SESSION_HOURS = 4  # bounds the index scan of a session without a visitor: 5,000 rows of a shop with 30,000 a day


@dataclass(frozen=True)
class RequestContext:
    """The request, what the visitor did (oldest first), what must not be shown, the model of the shop and its items."""

    request: SlateRequest
    now: datetime
    history: list[HistoryEvent]
    unwanted: Unwanted
    model: LoadedModel | None
    item_cache: ItemCache

    @property
    def shop_id(self) -> int:
        return self.request.shop.pk

    @property
    def evidence(self) -> list[HistoryEvent]:
        """The history, and the items on the page as if they had just been viewed."""
        viewed = [HistoryEvent(item, "view_item", self.now.timestamp()) for item in self.request.context_items]
        return [*self.history, *viewed]

    def without(self, request: SlateRequest, shown: Collection[str]) -> "RequestContext":
        """The same moment for another placement of the page, where these items and their variants stand already."""
        unwanted = replace(self.unwanted, with_variants=self.unwanted.with_variants | frozenset(shown))
        return replace(self, request=request, unwanted=unwanted)


def read_request_context(request: SlateRequest, *, models: ModelStore = published_models) -> RequestContext:
    """Everything that making the slate depends on, except the policy."""
    shop_id = request.shop.pk
    item_cache = item_cache_of(shop_id)
    if request.visitor_id:
        history, owned = _visitor_history(shop_id, request.visitor_id, item_cache)
    else:
        history, owned = _session_history(shop_id, request.session_id), set()
        item_cache.refresh()
    unwanted = Unwanted(
        item_ids=frozenset(request.exclude_items) | frozenset(request.context_items),
        with_variants=frozenset(request.cart_items) | owned,
    )
    now, model = request.now or clock.now(), models.get(request.shop)
    return RequestContext(request, now, history, unwanted, model, item_cache)


# One round trip for all that is asked at every slate: it costs both sides more than either question.
_MOMENT = Prepared(
    "forage_moment", PAST_TYPES, f"{PAST} UNION ALL (SELECT {STATE_COLUMNS.format(shop='$1')}, 0::float8, -1)"
)


def _visitor_history(shop_id: int, visitor_id: str, item_cache: ItemCache) -> tuple[list[HistoryEvent], set[str]]:
    *rows, (oldest_running, newest_change, _, _) = _MOMENT.rows(past_parameters(shop_id, visitor_id, HISTORY_LENGTH))
    item_cache.learn(oldest_running, newest_change)
    return past_of(rows, HistoryEvent)


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
