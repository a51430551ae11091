"""How long behaviour is kept."""

from dashboard.events.models import Retention


def retention_days(shop_id: int) -> int | None:
    """What the shop decided; None: nothing, it keeps what the installation keeps."""
    return Retention.objects.filter(shop_id=shop_id).values_list("days", flat=True).first()
