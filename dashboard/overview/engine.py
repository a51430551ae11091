"""What runs behind the recommendations, for the overview: model, events, catalog, each with how fresh it is."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.accounts.models import Shop
from dashboard.catalog.selectors import CatalogCounts
from dashboard.events.selectors import last_received_at
from dashboard.training.quality import ModelVersion, model_version
from dashboard.training.selectors import active_artifact


@dataclass(frozen=True)
class Engine:
    """`published_at`: since when the model serves; `items_servable`: what slates may be made of."""

    model: ModelVersion | None
    published_at: datetime | None
    event_at: datetime | None
    items: int
    items_servable: int


def engine(shop: Shop, catalog: CatalogCounts) -> Engine:
    artifact = active_artifact(shop)
    return Engine(
        model=model_version(artifact) if artifact else None,
        published_at=artifact.published_at if artifact else None,
        event_at=last_received_at(shop.pk),
        items=catalog.items,
        items_servable=catalog.servable,
    )
