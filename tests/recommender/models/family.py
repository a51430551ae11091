"""The family of models with options that make tests quick."""

from dataclasses import replace

from recommender.models.cfgan import Cfgan, CfganConfig
from recommender.models.content import Content, ContentConfig
from recommender.models.ease import Ease, EaseConfig
from recommender.models.encoders.config import EncoderConfig
from recommender.models.encoders.encoder import Encoder
from recommender.models.factors import Factors, FactorsConfig
from recommender.models.item_neighbours import ItemBM25, ItemBM25Config, ItemCosine, ItemCosineConfig
from recommender.models.matrix import Als, AlsConfig, Bpr, BprConfig
from recommender.models.popularity import Popularity, PopularityConfig
from recommender.models.transitions import Transitions, TransitionsConfig
from recommender.models.user_knn import UserKNN, UserKNNConfig

SMALL_ENCODER = EncoderConfig(
    epochs=2, hidden=12, dimensions=8, history_length=5, negatives=6, batch_windows=16, seed=3
)

FAMILY = {
    Popularity: PopularityConfig(half_life_days=9.0),
    Transitions: TransitionsConfig(history_length=5, neighbours=8, history_decay=0.65),
    UserKNN: UserKNNConfig(threshold=0.1, neighbours=9, dimensions=6, visitors=40, interactions=7, seed=3),
    Factors: FactorsConfig(dimensions=6, seed=3),
    ItemCosine: ItemCosineConfig(neighbours=6, shrink=0.5),
    ItemBM25: ItemBM25Config(neighbours=6, k1=1.5, b=0.3),
    Ease: EaseConfig(regularisation=3.0, neighbours=9),
    Als: AlsConfig(dimensions=6, regularisation=0.5, iterations=4, seed=3),
    Bpr: BprConfig(dimensions=6, learning_rate=0.1, iterations=20, seed=3),
    Content: ContentConfig(dimensions=5, neighbours=4, history_length=5, seed=3),
    Cfgan: CfganConfig(
        hidden=9, judge_hidden=5, others=7, epochs=6, patience=2, learning_rate=0.02, batch_visitors=16, seed=3
    ),
    Encoder: SMALL_ENCODER,
}
ENCODERS = {
    "gru": SMALL_ENCODER,
    "cnn": replace(SMALL_ENCODER, kind="cnn", layers=2, negatives=0, event_types=True),
    "transformer": replace(SMALL_ENCODER, kind="transformer", layers=2, time_gaps=True, event_types=True),
}  # between them every kind, input and loss
MEMBERS = [(model, config) for model, config in FAMILY.items() if model is not Encoder]
MEMBERS += [(Encoder, config) for config in ENCODERS.values()]
