"""What nothing reads is neither fitted again nor written."""

from recommender.models.content import Content
from recommender.models.encoders.encoder import Encoder
from recommender.models.popularity import Popularity
from recommender.models.transitions import Transitions
from recommender.models.user_knn import UserKNN
from recommender.training.fitting import Fitted, served


class Plain(Popularity):
    """One that serving has no other use for."""

    is_always_served = False


MODELS = {kind.name: kind() for kind in (Popularity, UserKNN, Content, Transitions, Encoder)}


def test_an_encoder_without_a_weight_is_left_out():
    weights = {"popularity": 0.1, "user_knn": 0.2, "content": 0.0, "transitions": 0.7, "encoder": 0.0}
    assert list(served(Fitted(MODELS, weights)).models) == ["popularity", "user_knn", "content", "transitions"]


def test_one_with_a_weight_stays():
    weights = {"popularity": 0.1, "user_knn": 0.2, "content": 0.0, "transitions": 0.2, "encoder": 0.5}
    assert list(served(Fitted(MODELS, weights)).models) == list(MODELS)


def test_a_further_model_is_kept_by_its_weight_alone():
    further = Fitted({**MODELS, "plain": Plain()}, {"transitions": 1.0})
    assert "plain" not in served(further).models and "transitions" in served(further).models
