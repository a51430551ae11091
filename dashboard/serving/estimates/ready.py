"""New slates made ready before anybody asks what a draft would have brought."""

from datetime import timedelta

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.events.selectors import only_simulated, slates_of_people
from dashboard.events.selectors.exposures import logged_terms
from dashboard.serving.estimates.reading import MOST_SLATES, WINDOW_DAYS
from dashboard.serving.estimates.shelf import Shelf, asked_placements


def make_ready(*, shop: Shop) -> int:
    """At the placements that somebody asked about lately on this machine: whoever asks again waits for the question
    alone. Returns of how many slates."""
    return sum(_made_ready(shop, placement) for placement in asked_placements(shop))


def _made_ready(shop: Shop, placement: str) -> int:
    now, terms = clock.now(), logged_terms(shop.pk)
    since = now - timedelta(days=WINDOW_DAYS)
    simulated = only_simulated(shop.pk, placement, since=since)
    heads = slates_of_people(shop.pk, placement, since=since, until=now, simulated=simulated, limit=MOST_SLATES)
    exploring = {policy_hash for policy_hash, then in terms.items() if then.knobs.exploration}
    return Shelf(shop, placement).make_ready([head for head in heads if head.policy_hash in exploring], terms)
