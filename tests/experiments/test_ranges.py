"""A range that the data do not tell is not told as a figure; and a winner's first estimate is not left alone."""

import numpy as np
import pytest

from dashboard.experiments.charts import answer_over_time, change_by_metric
from dashboard.experiments.models import Experiment
from dashboard.experiments.ranges import range_words, truth_words
from dashboard.experiments.selectors import better_guesses, register_of
from tests.experiments.test_register import ended
from tests.experiments.test_results import carts, moment, store


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ((-0.141, 0.238), "−14.1% … +23.8%"),
        ((-1.0, 1.329), "too few visitors for a range"),
        ((-1.0, 0.05), "+5.0% at most"),
        ((-1.0, -0.2), "−20.0% or lower"),
        (None, "–"),
    ],
)
def test_of_an_end_that_nobody_knows_no_figure_is_told(interval, words):
    assert range_words(interval) == words


def test_sentences_say_the_same_as_ranges():
    assert truth_words((-0.141, 0.238)) == "The true change lies between −14.1% and +23.8%."
    assert "100" not in truth_words((-1.0, 1.329)) + truth_words((-1.0, -0.2))
    assert truth_words((-1.0, -0.2)) == "The true change is −20.0% or lower."


@pytest.fixture
def hardly_seen(running):
    """So few visitors, of whom so few put anything into the cart, that everything could have been lost."""
    rng = np.random.default_rng(5)
    running.planned_visitors = 20_000
    return store(
        running,
        moment("A", "add_to_cart_rate", carts(rng, 150, 0.03)),
        moment("B", "add_to_cart_rate", carts(rng, 150, 0.03)),
    )


def test_no_page_of_an_experiment_tells_a_loss_of_everything(client, owner, running, hardly_seen):
    assert hardly_seen.primary.interval[0] == -1.0
    assert "100%" not in hardly_seen.verdict.sentence
    assert "visitors are too few to say how sure that is" in hardly_seen.verdict.sentence
    client.force_login(owner)
    for address in ("experiments/", f"experiments/{running.pk}/"):
        page = client.get(f"/shops/{running.shop.slug}/{address}").content.decode()
        assert "−100.0%" not in page, address
        assert "too few visitors for a range" in page


def test_charts_tell_an_open_range_in_words(hardly_seen):
    for figure in (change_by_metric(hardly_seen), answer_over_time(hardly_seen)):
        (said,) = {text for trace in figure.data for text in trace.get("customdata", [])}
        assert said == "too few visitors for a range"


def test_beside_a_winners_first_estimate_stands_the_one_of_the_register(client, owner, home):
    rates = [(0.10, 0.14), (0.10, 0.105), (0.10, 0.098)]
    made = [ended(home, n, {"A": a, "B": b}, "shipped" if b > 0.11 else "stopped") for n, (a, b) in enumerate(rates, 1)]
    (won,) = [entry for entry in register_of(home.shop).entries if entry.experiment.state == "shipped"]
    guess = better_guesses(home.shop)[made[0].pk]
    assert guess.shrunk == won.shrunk
    assert 0 < guess.shrunk.value < won.summary.primary.lift
    client.force_login(owner)
    told = f"{100 * guess.shrunk.value:+.1f}%"
    listed = " ".join(client.get(f"/shops/{home.shop.slug}/experiments/").content.decode().split())
    assert listed.count(f"better guess {told}") == 1
    page = " ".join(client.get(f"/shops/{home.shop.slug}/experiments/{made[0].pk}/").content.decode().split())
    assert "The first estimate of a winner is usually too high" in page
    assert f"is {told} (" in page
    lost = client.get(f"/shops/{home.shop.slug}/experiments/{made[1].pk}/").content.decode()
    assert "first estimate of a winner" not in lost


def test_only_what_was_published_has_a_better_guess(home):
    ended(home, 1, {"A": 0.10, "B": 0.14}, Experiment.State.STOPPED)
    assert better_guesses(home.shop) == {}


def test_the_list_says_of_what_was_stopped_what_it_had_found(client, owner, home):
    ended(home, 1, {"A": 0.10, "B": 0.05}, Experiment.State.STOPPED, verdict="stop")
    client.force_login(owner)
    page = client.get(f"/shops/{home.shop.slug}/experiments/").content.decode()
    assert "Stopped" in page
    assert "Did harm" in page
