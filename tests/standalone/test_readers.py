"""Who is too slow a reader of a long answer, by a clock of our own."""

import pytest

from dashboard.standalone.readers import PACE_SECONDS, Pace


def judged(takes, *, seconds=60):
    """At which second a reader who takes so many bytes in each is found too slow, of a pace of 1,000; None: never."""
    pace, taken = Pace(1_000, now=50.0, taken=0), 0
    for second in range(1, seconds + 1):
        taken += takes(second)
        if pace.is_too_slow(50.0 + second, taken):
            return second
    return None


@pytest.mark.parametrize(
    ("takes", "found"),
    [
        (lambda second: 1, PACE_SECONDS),
        (lambda second: 999, PACE_SECONDS),
        (lambda second: 1_000, None),
        (lambda second: 10_000 if second % 10 == 0 else 0, None),
        (lambda second: 1_000_000 if second < 10 else 1, 2 * PACE_SECONDS),
    ],
    ids=["a byte a second", "just too slow", "just quick enough", "in bursts", "first quick, then hardly"],
)
def test_a_pace_is_judged_over_ten_seconds_each(takes, found):
    assert judged(takes) == found
