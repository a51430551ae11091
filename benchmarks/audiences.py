"""What judging a visitor by an audience costs: `python -m benchmarks.audiences` prints JSON, microseconds each.

It takes CPU time of this process, not time on the clock. The promise: a tenth of a millisecond for any condition.
"""

import json
import time
from decimal import Decimal

from dashboard.audiences.conditions import compiled
from dashboard.audiences.facts import VisitorFacts

ROUNDS = 5_000
FACTS = VisitorFacts(
    now=1_800_000_000.0,
    attributes={"country": "GB", "tier": "gold", "brands": ["A", "B"]},
    memberships={1: 0.2, 3: 0.7},
    first_seen=1_790_000_000.0,
    last_seen=1_799_000_000.0,
    visits=7,
    interactions=90,
    purchases=3,
    spent=float(Decimal("123.45")),
)
CONDITIONS = {
    "newcomers": "new = true",
    "loyal of a segment": "segments.3 >= 0.6 and purchases >= 2 and days_since_last_visit < 30",
    "attributes": 'attributes.country in ("GB", "IE") and not attributes.tier = "silver" and attributes.brands = "B"',
    "as long as may be": " or ".join(f'attributes.country = "X{n}" and spent > {n}' for n in range(25)),
}


def microseconds(source: str) -> float:
    """CPU time of one judgement."""
    condition = compiled(source, barred=())
    started = time.process_time()
    for _ in range(ROUNDS):
        condition.holds(FACTS)
    return round((time.process_time() - started) / ROUNDS * 1e6, 2)


if __name__ == "__main__":
    print(json.dumps({name: microseconds(source) for name, source in CONDITIONS.items()}, indent=1))
