"""What webhooks need of the merchant: those whose address does not take what is sent."""

from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core.fetching import shown_address
from dashboard.overview.need import Need
from dashboard.webhooks.models import Endpoint
from dashboard.webhooks.selectors import failing_endpoints


def webhook_needs(shop: Shop) -> list[Need]:
    return [_failing(shop, endpoint) for endpoint in failing_endpoints(shop)]


def _failing(shop: Shop, endpoint: Endpoint) -> Need:
    if endpoint.paused_by:
        text = _("Nothing is sent to it any more. What happened since waits for 30 days.")
    else:
        text = _("Messages wait and are tried again: %(problem)s") % {"problem": endpoint.problem}
    return Need(
        key=f"webhook:{endpoint.pk}:{endpoint.paused_by}",
        icon="events",
        tone="caution",
        title=_("The webhook %(address)s fails") % {"address": shown_address(endpoint.url)},
        text=text,
        action=_("Look"),
        href=reverse("webhooks:detail", args=[shop.slug, endpoint.pk]),
    )
