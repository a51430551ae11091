"""One learner of a shop at a time."""

from datetime import timedelta

from django.db import connection

from dashboard.accounts.models import Shop

LATE = timedelta(seconds=3)  # a row is received before its transaction commits; a later one waits for the whole log


def one_at_a_time(shop: Shop) -> None:
    """Until the transaction ends: what two learn of the same events would count twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('beliefs'), %s)", [shop.pk])
