"""How many events came, for monitors: counted in the broker, so that every web process adds to the same figure."""

import redis

from dashboard.core import valkey
from dashboard.core.verdicts import Verdicts

COUNTS_KEY = "forage:events:counts"


def count_verdicts(verdicts: Verdicts) -> None:
    """Add a batch to the totals since the broker began."""

    def write(client: redis.Redis) -> None:
        pipe = client.pipeline(transaction=False)
        pipe.hincrby(COUNTS_KEY, "accepted", verdicts.accepted)
        pipe.hincrby(COUNTS_KEY, "duplicates", verdicts.duplicates)
        pipe.hincrby(COUNTS_KEY, "rejected", len(verdicts.rejected))
        pipe.execute()

    valkey.ask(write, None)
