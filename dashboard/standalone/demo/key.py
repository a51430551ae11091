"""The publishable key that the front's pages carry, as those of any shop do."""

from dashboard.accounts.models import Shop
from dashboard.accounts.services import allow_origin
from dashboard.standalone.kept_keys import kept_key

KEY_NAME = "Demonstration"


def demo_key(shop: Shop, origin: str) -> str:
    """Held to the origins at which this front is reached.

    `origin` is this server's own: Django has checked the host name against ALLOWED_HOSTS.
    """
    plain, record = kept_key(shop, folder="demo", kind="pk", name=KEY_NAME, origins=[origin])
    if origin not in record.allowed_origins:
        allow_origin(key=record, origin=origin)
    return plain
