"""The audiences of a shop, as rows and ready to judge visitors."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.audiences.conditions import Condition, attribute_names, compiled, refuse_barred
from dashboard.audiences.facts import VisitorFacts, visitor_facts
from dashboard.audiences.models import Audience
from dashboard.core import errors
from dashboard.core.versioned import Versioned
from dashboard.events.selectors import privacy_of

compiled_audiences: Versioned["Mapping[int, CompiledAudience]"] = Versioned("audiences")


@dataclass(frozen=True)
class CompiledAudience:
    """An audience, parsed once per process."""

    id: int
    name: str
    revision: int
    condition: Condition


def audiences_of(shop: Shop) -> QuerySet[Audience]:
    """Those that are offered, by name."""
    return Audience.objects.filter(shop=shop, archived_at=None).order_by("name", "pk")


def audience_of(shop: Shop, audience_id: int, *, locked: bool = False) -> Audience:
    """One that is offered. Raises `NotFound`, for another shop's too."""
    rows = audiences_of(shop).select_for_update() if locked else audiences_of(shop)
    found = rows.filter(pk=audience_id).first()
    if found is None:
        raise errors.NotFound(_("There is no such audience in this shop."))
    return found


def usable_audience(shop: Shop, audience_id: int) -> Audience:
    """One to build on. Raises `NotFound`, and `Invalid` where it asks for what the shop has barred."""
    found = audience_of(shop, audience_id)
    refuse_barred(ready_audiences(shop.pk)[found.pk].condition)
    return found


def audiences_by_id(shop: Shop, audience_ids: Collection[int]) -> dict[int, Audience]:
    """Those of the shop among these, archived ones too: a policy may name one."""
    return {row.pk: row for row in Audience.objects.filter(shop=shop, pk__in=audience_ids)}


def ready_audiences(shop_id: int) -> "Mapping[int, CompiledAudience]":
    """Every audience of the shop by its key, archived ones too. A change counts at once in the process that made it, in
    every other within a second (`core.versioned`)."""
    return compiled_audiences.get(shop_id, "all", lambda: _load(shop_id))


def met_audiences(shop: Shop, facts: VisitorFacts) -> list[CompiledAudience]:
    """Those that a visitor belongs to, by name."""
    offered = set(audiences_of(shop).values_list("pk", flat=True))
    met = [entry for entry in ready_audiences(shop.pk).values() if entry.id in offered and entry.condition.holds(facts)]
    return sorted(met, key=lambda entry: entry.name)


def belongs_to(shop: Shop, audience_id: int, visitor_id: str, now: datetime) -> bool:
    """Whether a visitor does at this moment; nobody to an audience that is gone. One statement."""
    audience = ready_audiences(shop.pk).get(audience_id)
    if audience is None:
        return False
    facts = visitor_facts(shop_id=shop.pk, currency=shop.currency, visitor_id=visitor_id, now=now)
    return audience.condition.holds(facts)


def _load(shop_id: int) -> "dict[int, CompiledAudience]":
    barred = privacy_of(shop_id).barred_attributes
    return {
        row.pk: CompiledAudience(row.pk, row.name, row.revision, compiled(row.expression, barred=barred))
        for row in Audience.objects.filter(shop_id=shop_id)
    }


def audiences_asking_for(shop: Shop, names: Collection[str]) -> list[Audience]:
    """Those that are offered and ask for one of these attributes, by name."""
    if not names:
        return []
    ready = ready_audiences(shop.pk)
    return [row for row in audiences_of(shop) if attribute_names(ready[row.pk].condition.expression) & set(names)]


def barred_audiences(shop: Shop) -> list[tuple[Audience, tuple[str, ...]]]:
    """Those that are offered and meet nobody, because they ask for what the shop has barred; with what that is."""
    ready = ready_audiences(shop.pk)
    return [(row, barred) for row in audiences_of(shop) if (barred := ready[row.pk].condition.barred)]
