"""One that sums a shop's ledger at a time."""

from django.db import connection

from dashboard.accounts.models import Shop


def one_at_a_time(shop: Shop) -> None:
    """Until the transaction ends: two would store the same day twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ledger'), %s)", [shop.pk])
