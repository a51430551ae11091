"""What a log of rendered slots says, whoever keeps it: with ids as texts, or as numbers."""

import numpy as np
import pytest

from recommender.beliefs.rendered import HALF_LIFE_DAYS, Rendered, earned, fitted_curve

VISITORS, ITEMS, DAYS, RATE = 150, 4, 12, 0.3


def log(*, rate=RATE, seed=0, as_text=False):
    """Every visitor sees an item a day at “home”, of which the first ones are liked more, and one elsewhere."""
    rng, rows = np.random.default_rng(seed), []
    for visitor in range(VISITORS):
        item, left = visitor % ITEMS, 0.0
        for day in range(DAYS):
            clicked = rng.random() < (0.5 - 0.1 * item) * np.exp(-rate * left)
            rows.append((0, visitor, item, 1 + day % 2, 0.5, 0.5, float(day), clicked))
            rows.append((1, visitor, ITEMS, 1, 0.1, 1.0, float(day), False))
            left = (left + (not clicked)) * 0.5 ** (1 / 3)
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    if as_text:
        columns[:3] = [np.array([f"{value}" for value in column], object) for column in columns[:3]]
    return Rendered(*columns)


def test_texts_and_numbers_teach_the_same():
    numbers, texts = fitted_curve(log(), 0), fitted_curve(log(as_text=True), "0")
    assert numbers.expectation == texts.expectation
    assert numbers.fatigue.rate == pytest.approx(texts.fatigue.rate)
    assert numbers.fatigue.interval == pytest.approx(texts.fatigue.interval)


def test_that_visitors_tire_is_found_at_the_placement_where_they_do():
    fatigue = fitted_curve(log(), 0).fatigue
    assert fatigue.interval[0] > 0.05 and fatigue.factor(4.0) < 0.7
    assert fitted_curve(log(), 1).expectation.rates[0] < 0.01  # where nobody ever clicks


def test_somebody_without_an_id_tires_of_nothing_and_still_tells_of_the_items():
    seen = log(as_text=True)
    nameless = seen.where(seen.placements_N == "0")
    nameless.visitors_N[:] = ""
    assert fitted_curve(nameless, "0").fatigue.impressions == 0
    items, clicks, _ = earned(nameless, "0", fitted_curve(seen, "0"), until_day=float(DAYS))
    assert items.tolist() == ["0", "1", "2", "3"] and (clicks > 0).all()


def test_what_an_item_earned_fades_and_is_held_against_what_was_expected():
    seen = log(rate=0.0)
    curve = fitted_curve(seen, 0)
    items, clicks, expected = earned(seen, 0, curve, until_day=float(DAYS))
    worths = clicks / expected
    assert items.tolist() == [0, 1, 2, 3]
    assert worths[0] > 1.1 > 0.9 > worths[3]
    _, later, _ = earned(seen, 0, curve, until_day=DAYS + HALF_LIFE_DAYS)
    assert later == pytest.approx(clicks / 2)
