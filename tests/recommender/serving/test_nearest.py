"""The index of a large catalog's items, and candidates that are made without scores of all items."""

import json
import logging
import shutil
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file

from recommender.artifact import ArtifactError
from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.models.base import Model, silent
from recommender.models.popularity import PopularityConfig
from recommender.ranking.features import feature_names
from recommender.ranking.items import ItemFacts
from recommender.ranking.network import RankerNetwork
from recommender.ranking.ranker import Ranker
from recommender.serving import Recommender, reading
from recommender.serving.nearest import FILE, NearestItems, recall_of, write_index
from recommender.tensors import mapped_tensors
from tests.recommender.serving.garden import BY_ALL, events, views

ITEMS, DIMENSIONS = 4000, 24
FERNS = views("1-0", "1-1", "1-2", "1-3")


@pytest.fixture(scope="module")
def shop():
    """Embeddings in groups of 40, biases of popularity, and states between items of one group."""
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(ITEMS // 40, DIMENSIONS))
    embedding_ID = (np.repeat(centres, 40, axis=0) + 0.4 * rng.normal(size=(ITEMS, DIMENSIONS))).astype(np.float32)
    bias_I = rng.normal(size=ITEMS).astype(np.float32)
    states_QD = 0.6 * embedding_ID[rng.integers(ITEMS, size=50)] + 0.3 * rng.normal(size=(50, DIMENSIONS))
    return embedding_ID, bias_I, states_QD.astype(np.float32)


@pytest.fixture(scope="module")
def index(shop):
    return NearestItems.build(*shop[:2], seed=1)


def best_by_hand(shop, state_D, count):
    embedding_ID, bias_I, _ = shop
    return np.argsort(-(embedding_ID @ state_D + bias_I))[:count]


class Alphabet(Model):
    """A model that only its own class knows: it likes later items better, whoever asks."""

    name = "alphabet"
    config_class = PopularityConfig

    def fit(self, dataset, *, report=silent):
        return self

    def scores(self, histories):
        return np.tile(np.arange(1, 34, dtype=np.float32), (len(histories), 1))

    def arrays(self):
        return {}

    @classmethod
    def from_arrays(cls, config, arrays):
        return cls(config)


def drawn_ranker(model, candidates=20, names=("popularity", "transitions", "encoder")):
    """A ranker of the garden's items whose network was drawn, not learned."""
    histories = Histories.single(np.arange(33), np.arange(33.0), np.ones(33))
    dataset = Dataset(np.array(["ann"], object), model.item_ids, histories)
    facts = ItemFacts.fit(dataset, model.transitions.config, model.item_vectors_IV)
    rng, features = np.random.default_rng(2), len(feature_names(list(names)))
    shapes = {"mean_F": features, "scale_F": features, "hidden_FH": (features, 8), "bias_H": 8, "output_H": 8}
    drawn = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return Ranker(facts, RankerNetwork(**drawn, calibration=np.ones(2, np.float32)), names, candidates)


def test_the_index_finds_what_comparing_everything_finds(shop, index):
    report = index.tuned(shop[2])
    assert report.recall >= 0.95 and report.items == ITEMS and report.probes < report.lists
    found = [index.find(state_D, 100)[0] for state_D in shop[2]]
    exact = [best_by_hand(shop, state_D, 100) for state_D in shop[2]]
    assert recall_of(found, exact) == pytest.approx(report.recall, abs=1e-4)


def test_scores_are_exact_and_fall(shop, index):
    embedding_ID, bias_I, states_QD = shop
    codes, scores = index.find(states_QD[0], 20)
    np.testing.assert_allclose(scores, embedding_ID[codes] @ states_QD[0] + bias_I[codes], rtol=1e-5)
    assert (np.diff(scores) <= 0).all() and len(set(codes.tolist())) == 20


def test_shares_come_near_the_softmax_over_everything(shop, index):
    embedding_ID, bias_I, states_QD = shop
    for state_D in states_QD[:10]:
        weights_I = np.exp(embedding_ID @ state_D + bias_I)
        codes = np.sort(best_by_hand(shop, state_D, 100))
        exact = weights_I[codes] / weights_I.sum()
        np.testing.assert_allclose(index.shares(state_D, codes), exact, rtol=0.1)


def test_what_is_opened_finds_what_was_saved(shop, index, tmp_path):
    index.save(tmp_path / FILE)
    report = index.tuned(shop[2])
    opened = NearestItems.open(tmp_path / FILE, *shop[:2], report.probes)
    for state_D in shop[2][:5]:
        np.testing.assert_array_equal(opened.find(state_D, 30)[0], index.find(state_D, 30)[0])
    with pytest.raises(ValueError, match="holds 4,000 items, the model 3,999"):
        NearestItems.open(tmp_path / FILE, shop[0][1:], shop[1][1:], report.probes)


def test_an_index_is_the_same_for_a_seed(shop, index, tmp_path):
    for name, made in (("first", index), ("second", NearestItems.build(*shop[:2], seed=1))):
        made.tuned(shop[2])
        made.save(tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_only_a_large_catalog_gets_an_index(shop, tmp_path, monkeypatch):
    assert write_index(tmp_path, *shop) is None
    monkeypatch.setattr("recommender.serving.nearest.LARGE_ITEMS", 100)
    assert write_index(tmp_path, *shop)["recall"] >= 0.95
    assert (tmp_path / FILE).exists()


def test_where_nothing_is_near_anything_there_is_no_index(tmp_path, monkeypatch):
    monkeypatch.setattr("recommender.serving.nearest.LARGE_ITEMS", 100)
    monkeypatch.setattr("recommender.serving.nearest.PROBES", (1,))
    noise = np.random.default_rng(0).normal(size=(4050, 24)).astype(np.float32)
    assert write_index(tmp_path, noise[:4000], np.zeros(4000, np.float32), noise[4000:]) is None
    assert not (tmp_path / FILE).exists()


def test_without_faiss_there_is_no_index(shop, tmp_path, monkeypatch):
    monkeypatch.setattr("recommender.serving.nearest.LARGE_ITEMS", 100)
    monkeypatch.setitem(__import__("sys").modules, "faiss", None)
    assert write_index(tmp_path, *shop) is None


def test_mapped_tensors_are_those_of_the_file(tmp_path):
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(5, 3)).astype(np.float32)
    save_file({"wide": wide, "half": wide[0].astype(np.float16)}, tmp_path / "file")
    mapped = mapped_tensors(tmp_path / "file")
    np.testing.assert_array_equal(mapped["wide"], wide)
    np.testing.assert_array_equal(mapped["half"], wide[0].astype(np.float16))
    assert not mapped["wide"].flags.writeable
    (tmp_path / "short").write_bytes((tmp_path / "file").read_bytes()[:-8])
    with pytest.raises(ValueError):
        mapped_tensors(tmp_path / "short")


class TestOfALargeCatalog:
    """The garden's shop, taken for a large one."""

    @pytest.fixture
    def pair(self, model, monkeypatch):
        """The model as it is, and as a large catalog's."""
        blend = {"popularity": 0.1, "transitions": 0.3, "user_knn": 0.2, "content": 0.2, "encoder": 0.2}
        ordinary, large = replace(model, blend=blend), replace(model, blend=blend)
        assert ordinary.shortlists is None
        monkeypatch.setattr("recommender.serving.recommender.LARGE_ITEMS", 10)
        assert large.shortlists is not None
        return ordinary, large

    @pytest.mark.parametrize("history", [FERNS, views("0-1"), events(("purchase", BY_ALL), ("view_item", "2-3"))])
    def test_candidates_are_those_of_all_scores(self, pair, history):
        for asked in ({"k": 33}, {"k": 8, "exclude": {"1-4", "2-4", "unknown"}}, {"k": 5, "context_items": ["0-2"]}):
            exact, found = (model.candidates(history, **asked) for model in pair)
            assert found.item_ids == exact.item_ids and found.sources == exact.sources
            np.testing.assert_allclose(found.scores, exact.scores, rtol=1e-4)

    @pytest.mark.parametrize("asked", [{"k": 10}, {"k": 30, "exclude": {"1-4"}}])
    def test_so_they_are_with_a_ranker(self, pair, asked):
        ranker = drawn_ranker(pair[0])
        exact, found = (replace(model, ranker=ranker).candidates(FERNS, **asked) for model in pair)
        assert found.item_ids == exact.item_ids and found.sources == exact.sources
        np.testing.assert_allclose(found.scores, exact.scores, rtol=1e-3)

    @pytest.mark.parametrize("has_ranker", [False, True])
    def test_a_further_model_is_asked_too_whatever_its_scores_are_made_of(self, pair, has_ranker):
        blend = {**pair[0].blend, "alphabet": 0.3}
        ranker = drawn_ranker(pair[0], names=("alphabet", "transitions")) if has_ranker else None
        models = (replace(model, blend=blend, further={"alphabet": Alphabet()}, ranker=ranker) for model in pair)
        exact, found = (model.candidates(FERNS, k=20) for model in models)
        assert found.item_ids == exact.item_ids and found.sources == exact.sources
        assert "alphabet" in found.sources

    @pytest.mark.parametrize("has_ranker", [False, True])
    def test_among_some_items_that_no_model_names_they_are_found(self, pair, monkeypatch, has_ranker):
        monkeypatch.setattr("recommender.serving.shortlist.BEST_OF_A_MODEL", 3)
        ranker = drawn_ranker(pair[0]) if has_ranker else None
        asked = {"k": 20, "among": {"2-1", "2-2", "2-7", "0-3", "unknown"}, "exclude": {"2-2"}}
        exact, found = (replace(model, ranker=ranker).candidates(FERNS, **asked) for model in pair)
        assert set(found.item_ids) == {"2-1", "2-7", "0-3"}
        assert has_ranker or found.item_ids == exact.item_ids

    def test_few_items_of_each_model_still_give_the_best(self, pair, monkeypatch):
        monkeypatch.setattr("recommender.serving.shortlist.BEST_OF_A_MODEL", 12)
        exact, found = (replace(model, ranker=None).candidates(FERNS, k=3) for model in pair)
        assert found.item_ids == exact.item_ids

    def test_without_a_history_it_is_what_is_popular(self, pair):
        assert pair[1].candidates([], k=5).item_ids == pair[0].candidates([], k=5).item_ids


class TestOfAnArtifact:
    @pytest.fixture
    def large(self, artifact, tmp_path, monkeypatch):
        """A copy of the garden's artifact with an index, sealed."""
        folder = tmp_path / "copy"
        shutil.copytree(artifact, folder)
        for module in ("nearest", "reading", "recommender"):
            monkeypatch.setattr(f"recommender.serving.{module}.LARGE_ITEMS", 10)
        vectors = mapped_tensors(folder / "vectors.safetensors")
        states_QD = vectors["item_embedding_ID"][:20] * 3
        report = write_index(folder, vectors["item_embedding_ID"], vectors["item_bias_I"], states_QD)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["nearest"] = report
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    def test_the_index_answers(self, large, caplog):
        model = replace(Recommender.load(large), blend={"encoder": 1.0}, ranker=None)
        assert not caplog.records
        exact = np.argsort(-model.encoder.probabilities(model.histories_of(FERNS))[0])[:3]
        assert model.candidates(FERNS, k=3).item_ids == model.item_ids[exact].tolist()

    def test_without_its_index_every_item_is_compared_and_a_notice_says_so(self, large, caplog):
        (large / FILE).unlink()
        with caplog.at_level(logging.WARNING):
            model = replace(Recommender.load(large), blend={"encoder": 1.0}, ranker=None)
        assert "there is no index" in caplog.text and "33" in caplog.text
        assert len(model.candidates(FERNS, k=3).item_ids) == 3

    def test_a_damaged_index_is_named(self, large):
        (large / FILE).write_bytes(b"no index")
        manifest = json.loads((large / "manifest.json").read_text())
        with pytest.raises(ArtifactError, match=FILE):
            reading.encoder(large, manifest, 50)


def test_a_ranker_that_reads_a_model_that_is_not_there_is_refused_by_name(model, tmp_path):
    drawn_ranker(model).save(tmp_path / reading.RANKER)
    assert reading.ranker(tmp_path, ["popularity", "transitions", "encoder", "content"]) is not None
    with pytest.raises(ArtifactError, match="without a weight or a file: encoder"):
        reading.ranker(tmp_path, ["popularity", "transitions"])
