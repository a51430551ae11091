"""What a draft changes of overrides, as differences that are laid over whatever is published."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.policies.overrides import laid_over_overrides, override_changes

entries = st.builds(
    lambda audience, level: {"audience": audience, "knobs": {"exploration": level}, "rules": []},
    st.integers(1, 5),
    st.sampled_from([0.1, 0.5]),
)
overrides = st.lists(entries, max_size=5, unique_by=lambda entry: entry["audience"])


@given(overrides, overrides)
def test_changes_laid_over_make_what_was_wanted(published, wanted):
    changes = override_changes(published, wanted)
    assert laid_over_overrides(published, changes) == wanted
    assert bool(changes) == (published != wanted)


def test_what_is_published_meanwhile_stays():
    mine = override_changes([], [{"audience": 1, "knobs": {}, "rules": []}])
    meanwhile = [{"audience": 2, "knobs": {"novelty": 1.0}, "rules": []}]
    assert [entry["audience"] for entry in laid_over_overrides(meanwhile, mine)] == [2, 1]
