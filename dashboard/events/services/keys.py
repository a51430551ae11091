"""The ids that make ingest exactly-once, and how long they are kept.

An id must be known for as long as its event could be accepted again. An event happened before it was received, and what
happened before the oldest month that the installation keeps is refused (services/record.py); so an id that was received
before that month can go: its event would be refused, or dropped with its month in the next night. A client that stamps
an event anew when it sends it again, or leaves the stamp to us, has KEY_GRACE_DAYS more.
Installations that keep all behaviour keep all ids.
"""

from datetime import datetime

from django.db import connection

KEY_GRACE_DAYS = 30  # as long as a browser may queue events
CHUNK = 50_000  # ids a transaction: 0.2 s

_DROP = """
    DELETE FROM events_eventkey WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM events_eventkey WHERE received_on < %s LIMIT %s))
"""


def drop_keys(*, received_before: datetime) -> int:
    """Forget the ids that were received before that day, of every shop; returns how many. In the operator's scope."""
    dropped = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_DROP, [received_before.date(), CHUNK])
            dropped += cursor.rowcount
            if cursor.rowcount < CHUNK:
                return dropped
