"""What a fair trial of a new item is."""

from dashboard.accounts.models import Shop
from dashboard.ledger.models import FairTrial


def fair_trial_of(shop: Shop) -> FairTrial:
    """As the shop decided, or the default."""
    return FairTrial.objects.filter(shop=shop).first() or FairTrial(shop=shop)
