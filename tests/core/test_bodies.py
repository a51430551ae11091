"""What a body may hold is known before it is read."""

import pytest

from dashboard.core.bodies import check_values
from dashboard.core.errors import Invalid


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b",".join([b"[]"] * 6) + b"]",
        b"[" * 12 + b"]" * 12,
        b'{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":0}',
    ],
    ids=["a list of lists", "a nest", "an object"],
)
def test_more_values_than_there_may_be_are_refused_however_they_are_packed(body):
    check_values(body, 12)
    with pytest.raises(Invalid, match="9 values"):
        check_values(body, 9)


def test_a_body_shorter_than_its_most_values_is_not_even_looked_at():
    check_values(b"[[[[[", 5)
