"""What a web process asks of a real artifact."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from recommender.data.histories import Histories, concatenate
from recommender.serving import HistoryEvent
from tests.recommender.serving.garden import BY_ALL, ITEMS_OF_A_TASTE, NEVER_TOUCHED, TASTES, events, taste_of, views

ITEMS = TASTES * ITEMS_OF_A_TASTE
FERNS = views("1-0", "1-1", "1-2", "1-3")
UNTOUCHED = {f"{taste}-10" for taste in range(TASTES)}
WITHOUT_VECTOR = UNTOUCHED | {BY_ALL}  # what nobody or everybody chose says nothing of a taste
MODELS = ("encoder", "transitions", "user_knn", "popularity")


@pytest.fixture(scope="module")
def mixed(model):
    """The same models with a blend of all four: what was learned from the small garden leaves two of them out."""
    return replace(model, blend=dict.fromkeys(MODELS, 0.25))


def same(first, second):
    return (
        first.item_ids == second.item_ids
        and first.sources == second.sources
        and np.array_equal(first.scores, second.scores)
    )


def share_of_taste(taste, item_ids):
    return sum(taste_of(item_id) == taste for item_id in item_ids) / len(item_ids)


class TestCandidates:
    def test_a_visitors_taste_comes_first(self, model):
        for taste in range(TASTES):
            found = model.candidates(views(*(f"{taste}-{number}" for number in (2, 3, 4))), k=8)
            assert share_of_taste(taste, found.item_ids) >= 0.75

    def test_are_ordered_by_scores_that_are_probabilities(self, mixed):
        scores = mixed.candidates(FERNS, k=ITEMS).scores
        assert scores.dtype == np.float32
        assert (np.diff(scores) <= 0).all()
        assert scores.min() > 0
        assert scores.sum() == pytest.approx(1, abs=1e-4)

    def test_columns_are_of_one_length_with_unit_vectors(self, mixed):
        found = mixed.candidates(FERNS, k=10)
        assert len(found.item_ids) == len(found.scores) == len(found.sources) == len(found.interactions) == 10
        known = [float(item_id not in WITHOUT_VECTOR) for item_id in found.item_ids]
        assert np.linalg.norm(found.vectors, axis=1) == pytest.approx(known, abs=1e-5)
        assert set(found.sources) <= set(MODELS)

    def test_the_source_is_the_model_that_adds_most(self, mixed):
        alone = {name: replace(mixed, blend={name: 1.0}).candidates(FERNS, k=ITEMS) for name in MODELS}
        share_of = {
            name: dict(zip(found.item_ids, found.scores.tolist(), strict=True)) for name, found in alone.items()
        }
        found = mixed.candidates(FERNS, k=12)
        for item_id, source in zip(found.item_ids, found.sources, strict=True):
            assert source == max(MODELS, key=lambda name: share_of[name].get(item_id, 0.0))
        assert len(set(found.sources)) > 1

    def test_more_than_there_are_gives_all_once(self, model):
        found = model.candidates(FERNS, k=10 * ITEMS)
        assert sorted(found.item_ids) == sorted(model.item_ids.tolist())

    @pytest.mark.parametrize("k", [0, -1])
    def test_none_asked_gives_none(self, model, k):
        assert model.candidates(FERNS, k=k).item_ids == []
        assert model.candidates((), k=k).item_ids == []

    def test_fewer_are_the_best_of_more(self, mixed):
        assert mixed.candidates(FERNS, k=5).item_ids == mixed.candidates(FERNS, k=20).item_ids[:5]

    @pytest.mark.parametrize("history", [(), FERNS], ids=["without history", "with history"])
    def test_what_is_excluded_is_not_there_and_the_rest_stays(self, mixed, history):
        every = mixed.candidates(history, k=ITEMS)
        hidden = {every.item_ids[0], every.item_ids[3], "gone from the catalog"}
        found = mixed.candidates(history, k=ITEMS, exclude=hidden)
        assert found.item_ids == [item_id for item_id in every.item_ids if item_id not in hidden]

    @pytest.mark.parametrize("history", [(), FERNS], ids=["without history", "with history"])
    def test_among_some_items_come_only_those_in_the_same_order(self, mixed, history):
        every = mixed.candidates(history, k=ITEMS)
        asked = {*every.item_ids[4:9], every.item_ids[-1], "gone from the catalog"}
        found = mixed.candidates(history, k=4, among=asked, exclude={every.item_ids[5]})
        left = [item_id for item_id in every.item_ids if item_id in asked and item_id != every.item_ids[5]]
        assert found.item_ids == left[:4]
        assert mixed.candidates(history, among=()).item_ids == []

    def test_everything_excluded_gives_none(self, model):
        assert model.candidates(FERNS, exclude=frozenset(model.item_ids.tolist())).item_ids == []

    def test_an_empty_history_gets_what_is_popular(self, model):
        found = model.candidates((), k=7)
        assert same(found, model.popular(7))
        assert found.item_ids[0] == BY_ALL
        assert set(found.sources) == {"popularity"}

    def test_unknown_items_and_event_types_change_nothing(self, mixed):
        stray = [HistoryEvent("no such item", "view_item", 2e9), HistoryEvent("2-3", "view_item_list", 2e9)]
        assert same(mixed.candidates([*stray, *FERNS]), mixed.candidates(FERNS))
        assert same(mixed.candidates(stray), mixed.candidates(()))
        assert same(mixed.candidates(FERNS, context_items=["no such item"]), mixed.candidates(FERNS))

    def test_a_refund_takes_back_the_purchase(self, mixed):
        returned = [*FERNS, *events(("purchase", "2-5"), ("refund", "2-5"), start=3e9)]
        assert same(mixed.candidates(returned), mixed.candidates(FERNS))
        assert not same(mixed.candidates(returned[:-1]), mixed.candidates(FERNS))

    def test_a_refund_leaves_the_view_that_came_before_the_purchase(self, mixed):
        pairs = ("view_item", "2-5"), ("purchase", "2-5"), ("refund", "2-5")
        assert same(mixed.candidates([*FERNS, *events(*pairs, start=3e9)]), mixed.candidates([*FERNS, *views("2-5")]))

    def test_items_on_the_page_count_as_the_newest_views(self, mixed):
        assert same(mixed.candidates(FERNS, context_items=["2-3"]), mixed.candidates([*FERNS, *views("2-3")]))

    def test_items_on_the_page_are_enough_without_a_history(self, model):
        found = model.candidates((), k=6, context_items=["2-3", "2-4"])
        assert share_of_taste(2, found.item_ids) >= 0.6
        assert found.item_ids != model.popular(6).item_ids

    def test_a_new_event_changes_the_next_answer(self, model):
        before, after = model.candidates(FERNS, k=6), model.candidates([*FERNS, *views("2-1", "2-2")], k=6)
        assert share_of_taste(2, after.item_ids) > share_of_taste(2, before.item_ids)

    def test_asking_does_not_change_the_model(self, mixed):
        first = mixed.candidates(FERNS)
        mixed.candidates((), exclude=set(first.item_ids))
        mixed.similar("1-1", 5)
        assert same(mixed.candidates(FERNS), first)


@pytest.mark.parametrize("exclude_seen", [False, True])
def test_a_batch_equals_its_rows_alone(mixed, exclude_seen):
    rng = np.random.default_rng(0)
    lengths = [0, 1, 2, 7, 60]
    rows = [rng.integers(0, ITEMS, length) for length in lengths]
    singles = [Histories.single(row, 60.0 * np.arange(len(row)), np.ones(len(row))) for row in rows]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    seconds = np.concatenate([single.seconds_N for single in singles])
    batch = Histories(starts, np.concatenate(rows).astype(np.int32), seconds, np.ones(sum(lengths), np.float32))
    together = mixed.probabilities(batch, exclude_seen=exclude_seen)
    for row, single in enumerate(singles):
        alone = mixed.probabilities(single, exclude_seen=exclude_seen)[0]
        np.testing.assert_allclose(together[row], alone, rtol=1e-4, atol=1e-7)


def test_one_visitor_gets_what_a_batch_gives(mixed):
    codes = np.array([mixed.code_of[event.item_id] for event in FERNS])
    single = Histories.single(codes, np.array([event.timestamp_seconds for event in FERNS]), np.ones(len(codes)))
    empty = Histories.single(np.zeros(0), np.zeros(0), np.zeros(0))
    shares = mixed.probabilities(concatenate(single, empty))[0]
    found = mixed.candidates(FERNS, k=10)
    np.testing.assert_allclose(shares[[mixed.code_of[item_id] for item_id in found.item_ids]], found.scores, rtol=1e-5)


class TestPopular:
    def test_what_all_buy_is_first_and_what_nobody_touched_is_last(self, model):
        found = model.popular(ITEMS)
        assert found.item_ids[0] == BY_ALL
        assert set(found.item_ids[-len(UNTOUCHED) :]) == UNTOUCHED

    def test_a_segment_has_its_own(self, model):
        tastes = Counter()
        for number in model.segments:
            found = model.popular(5, segment=number)
            assert set(found.sources) == {"segment"}
            assert 0 < len(found.item_ids) <= 5
            own = [item_id for item_id in found.item_ids if item_id != BY_ALL]
            tastes[Counter(map(taste_of, own)).most_common(1)[0][0]] += 1
        assert len(tastes) == min(TASTES, len(model.segments))

    def test_an_unknown_segment_has_none(self, model):
        assert model.popular(5, segment=99).item_ids == []


class TestSimilar:
    def test_are_of_the_same_taste_and_not_the_item_itself(self, model):
        for item_id in ("0-4", "1-5", "2-6"):
            found = model.similar(item_id, 5)
            assert len(found.item_ids) == 5
            assert item_id not in found.item_ids
            assert share_of_taste(taste_of(item_id), found.item_ids) >= 0.8
            assert (np.diff(found.scores) <= 0).all()

    def test_nothing_is_like_an_item_that_is_not_in_the_artifact(self, model):
        found = model.similar("no such item", 5)
        assert found.item_ids == []
        assert found.vectors.shape == (0, model.item_vectors_IV.shape[1])

    def test_an_item_that_nobody_touched_is_like_those_that_are_described_alike(self, model):
        found = model.similar(NEVER_TOUCHED, 5)
        assert len(found.item_ids) == 5 and NEVER_TOUCHED not in found.item_ids
        assert share_of_taste(taste_of(NEVER_TOUCHED), found.item_ids) >= 0.6  # two have the number ten in common
        assert set(found.sources) == {"content"}

    def test_an_item_that_came_later_is_like_those_that_are_described_alike(self, model):
        found = model.similar_to({"title": "Small Fern Pot", "categories": ["Fern"], "price": 9.0}, 5)
        assert share_of_taste(1, found.item_ids) == 1 and len(found.item_ids) == 5
        assert model.similar_to({"title": "unheard of"}, 5).item_ids == []

    def test_without_descriptions_there_is_nothing_to_go_by(self, model):
        plain = replace(model, content=None)
        assert plain.similar(NEVER_TOUCHED, 5).item_ids == plain.similar_to({"title": "Fern"}, 5).item_ids == []


@pytest.fixture(scope="module")
def silent(model):
    """Without popularity, which knows every item a little."""
    return replace(model, blend={"transitions": 0.5, "user_knn": 0.5})


class TestUntouchedItems:
    """Nobody has touched the eleventh item of each taste; popularity alone proposes it, last of all."""

    def test_one_of_twenty_places_is_for_those_whose_description_suits(self, silent):
        found = silent.candidates(FERNS, k=20)
        assert found.item_ids[-1] == "1-10" and found.sources[-1] == "content"
        assert not UNTOUCHED & set(found.item_ids[:-1])
        assert (np.diff(found.scores) <= 0).all() and found.scores[-1] > 0

    def test_short_lists_have_no_place_for_them(self, silent):
        assert not UNTOUCHED & set(silent.candidates(FERNS, k=10).item_ids)

    def test_what_is_excluded_or_in_the_history_stays_out(self, silent):
        assert "1-10" not in silent.candidates(FERNS, k=20, exclude={"1-10"}).item_ids
        assert "1-10" not in silent.candidates([*FERNS, *views("1-10")], k=20).item_ids

    def test_a_visitor_who_touched_only_such_items_gets_items_that_are_described_alike(self, model):
        described = replace(model, blend={"content": 0.9, "popularity": 0.1})
        assert share_of_taste(2, described.candidates(views("2-10"), k=6).item_ids) > 0.6

    def test_the_reason_is_the_item_of_the_history_that_is_described_most_like_it(self, model):
        reason = model.reason("1-10", [*views("0-4"), *views("1-3")])
        assert (reason.kind, reason.item_id) == ("interest", "1-3")
        assert model.reason("1-10", views("0-4")).kind == "popular"

    def test_among_other_items_there_are_none_of_them(self, silent):
        assert silent.candidates(FERNS, k=20, among={"1-4"}).item_ids == ["1-4"]
        assert silent.candidates(FERNS, k=20, among={"1-4", "1-10"}).item_ids == ["1-4", "1-10"]

    def test_without_descriptions_there_are_none(self, silent):
        assert not UNTOUCHED & set(replace(silent, content=None).candidates(FERNS, k=20).item_ids)


class TestReason:
    def test_rests_on_the_event_that_leads_to_the_item(self, model):
        history = [*views("2-3"), *events(("purchase", "1-1"), start=2.1e9)]
        next_ferns = model.candidates(history, k=5, exclude={"1-1", "2-3"}).item_ids
        follower = next(item_id for item_id in next_ferns if taste_of(item_id) == 1)
        reason = model.reason(follower, history)
        assert (reason.kind, reason.item_id) == ("bought", "1-1")

    def test_names_only_items_of_the_history(self, model):
        for item_id in model.item_ids:
            reason = model.reason(item_id, FERNS)
            others = {event.item_id for event in FERNS} - {item_id}
            assert reason.item_id in others or reason.item_id is None
            assert (reason.kind == "popular") <= (reason.item_id is None)

    @pytest.mark.parametrize(
        ("kind", "told"), [("view_item", "viewed"), ("add_to_cart", "carted"), ("add_to_wishlist", "carted")]
    )
    def test_tells_what_the_visitor_did(self, model, kind, told):
        assert model.reason("1-2", events((kind, "1-1"))).kind == told

    def test_does_not_rest_on_what_was_given_back(self, model):
        returned = events(("purchase", "1-1"), ("refund", "1-1"))
        assert model.reason("1-2", returned) == model.reason("1-2", ())

    @pytest.mark.parametrize("item_id", ["no such item", NEVER_TOUCHED, "1-2"])
    def test_without_anything_that_speaks_for_it_an_item_is_popular(self, model, item_id):
        assert model.reason(item_id, ()).kind == "popular"
        if item_id != "1-2":
            assert model.reason(item_id, FERNS).kind == "popular"

    def test_those_of_a_slate_are_those_of_each_item_alone(self, model):
        history = [*FERNS, *events(("purchase", "2-3"), ("view_item", "1-1"), start=3e9)]
        slate = [*model.item_ids.tolist(), "no such item", "1-1"]
        assert model.reasons(slate, history) == [model.reason(item_id, history) for item_id in slate]
        assert {reason.kind for reason in model.reasons(slate, history)} > {"bought", "viewed"}

    def test_an_item_never_speaks_for_itself(self, model):
        reason = model.reason("1-1", events(("view_item", "1-1")))
        assert (reason.kind, reason.item_id) == ("interest", None)


class TestProfile:
    def test_segments_add_up_and_visitors_of_a_taste_share_one(self, model):
        likeliest = set()
        for taste in range(TASTES):
            profile = model.profile(views(*(f"{taste}-{number}" for number in (1, 2, 3, 5))))
            assert sum(profile.segment_probabilities.values()) == pytest.approx(1)
            assert set(profile.segment_probabilities) == set(model.segments)
            likeliest.add(max(profile.segment_probabilities, key=profile.segment_probabilities.get))
        assert len(likeliest) == min(TASTES, len(model.segments))

    def test_nothing_is_known_of_a_visitor_without_known_items(self, model):
        profile = model.profile(views("no such item"))
        assert profile.state_D is None
        assert profile.interest_P is None
        assert profile.segment_probabilities == {}


def test_an_item_has_a_vector_where_behaviour_tells_its_taste(model):
    without = ~model.item_vectors_IV.any(axis=1)
    assert set(model.item_ids[without]) == WITHOUT_VECTOR


def test_an_item_is_known_by_its_behaviour_alone(model):
    assert model.knows("1-1")
    assert not model.knows(NEVER_TOUCHED)
    assert not model.knows("no such item")


def test_a_history_weighs_as_the_shop_decided_when_the_artifact_was_trained(model):
    history = events(("view_item", "1-1"), ("purchase", "2-2"))
    deaf_to_views = replace(model, event_weights={**model.event_weights, "view_item": 0.0})
    assert same(deaf_to_views.candidates(history), model.candidates(history[1:]))
    assert not same(model.candidates(history), model.candidates(history[1:]))


def test_a_web_process_loads_and_asks_without_torch_or_scikit_learn(artifact):
    program = (
        "import sys; from recommender.serving import HistoryEvent, Recommender; "
        "model = Recommender.load(sys.argv[1]); history = [HistoryEvent('1-1', 'view_item', 2e9)]; "
        "found = model.candidates(history, k=3); model.profile(history); model.reason(found.item_ids[0], history); "
        "print(len(found.item_ids), sorted({'torch', 'sklearn', 'pandas', 'django', 'celery'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(artifact)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "3 []\n"), done.stderr
