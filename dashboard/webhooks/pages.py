"""What the pages of webhooks show."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from dashboard.accounts.models import Shop
from dashboard.audiences.selectors import audiences_of
from dashboard.core.fetching import shown_address
from dashboard.webhooks import selectors
from dashboard.webhooks.models import Delivery, Endpoint
from dashboard.webhooks.services import oldest_waiting_at

LOG_PAGE = 50


@dataclass(frozen=True)
class EndpointRow:
    """An endpoint as it is listed; `address` has no secrets. `state`: well, failing, paused."""

    endpoint: Endpoint
    address: str
    audiences: list[str]

    @property
    def state(self) -> str:
        if self.endpoint.paused_by:
            return "paused"
        return "failing" if self.endpoint.failures else "well"

    @property
    def waiting(self) -> int:
        return int(self.endpoint.waiting)  # type: ignore[attr-defined]

    @property
    def refused(self) -> int:
        return int(self.endpoint.refused)  # type: ignore[attr-defined]


def list_page(shop: Shop) -> dict[str, Any]:
    rows = [row_of(endpoint) for endpoint in selectors.endpoints(shop)]
    return {
        "rows": rows,
        "unwell": sum(row.state != "well" for row in rows),
        "audiences": list(audiences_of(shop)),
    }


def endpoint_page(shop: Shop, endpoint: Endpoint, page: int) -> dict[str, Any]:
    log: Page[Delivery] = Paginator(selectors.deliveries(endpoint), LOG_PAGE).get_page(page)
    told = {row.audience_id for row in endpoint.subscriptions.all()}
    return {
        "row": row_of(endpoint),
        "log": log,
        "oldest_waiting_at": oldest_waiting_at(endpoint),
        "audiences": [(audience, audience.pk in told) for audience in audiences_of(shop)],
    }


def row_of(endpoint: Endpoint) -> EndpointRow:
    return EndpointRow(endpoint, shown_address(endpoint.url), selectors.audience_names(endpoint))
