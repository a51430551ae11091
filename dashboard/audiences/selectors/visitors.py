"""What a shop has sent of its visitors."""

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.audiences.attributes import Attribute
from dashboard.audiences.models import Visitor

_SAMPLE = 2_000  # rows of which the names are taken
_NAMES = """
    SELECT name, count(*) FROM (
        SELECT attributes FROM audiences_visitor WHERE shop_id = %(shop)s AND attributes <> '{}' LIMIT %(sample)s
    ) AS sample, jsonb_object_keys(sample.attributes) AS name
    GROUP BY name ORDER BY count(*) DESC, name LIMIT 50
"""


def visitor_attributes(shop: Shop, visitor_id: str) -> dict[str, Attribute]:
    """Empty where the shop has sent none."""
    row = Visitor.objects.filter(shop=shop, visitor_id=visitor_id).values_list("attributes", flat=True).first()
    return row or {}


def attributes_known(shop: Shop) -> list[str]:
    """Names of attributes that the shop sends, the commonest first."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"shop": shop.pk, "sample": _SAMPLE})
        return [name for name, _count in cursor.fetchall()]
