"""The family of models with options that make tests quick, and values that their options refuse."""

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

#: (option, value) that a config refuses
INVALID = {
    "PopularityConfig": [("half_life_days", 0), ("half_life_days", -1), ("smoothing", -0.1)],
    "TransitionsConfig": [
        ("gap_ends", [1, 2]),
        ("gap_ends", [1, 2, 2, 5, 8, 20]),
        ("gap_ends", [0, 2, 3, 5, 8, 20]),
        ("forward", [1, 1, 1, 1, 1, -1]),
        ("backward", []),
        ("row_offset", 0),
        ("column_offset", -1),
        ("history_decay", 0),
        ("history_decay", 1.01),
        ("history_length", 0),
        ("neighbours", 0),
    ],
    "UserKNNConfig": [
        ("threshold", 1),
        ("threshold", -1.5),
        ("neighbours", 0),
        ("dimensions", 0),
        ("visitors", 0),
        ("interactions", -1),
        ("seed", -1),
    ],
    "FactorsConfig": [("dimensions", 0), ("seed", 2**32)],
    "ItemCosineConfig": [("neighbours", 0), ("shrink", -1)],
    "ItemBM25Config": [("neighbours", 0), ("k1", 0), ("b", 1.1), ("b", -0.1)],
    "EaseConfig": [("regularisation", 0), ("neighbours", 0), ("memory_gib", 0)],
    "AlsConfig": [
        ("dimensions", 0),
        ("regularisation", 0),
        ("confidence", 0),
        ("iterations", 0),
        ("threads", 0),
        ("seed", -1),
    ],
    "BprConfig": [
        ("dimensions", 0),
        ("learning_rate", 0),
        ("regularisation", -1),
        ("iterations", 0),
        ("seed", -1),
    ],
    "CfganConfig": [
        ("hidden", 0),
        ("judge_hidden", 0),
        ("dropout", 1),
        ("dropout", -0.1),
        ("others", 0),
        ("adversarial_weight", -1),
        ("reconstruction_weight", -1),
        ("epochs", 0),
        ("patience", 0),
        ("learning_rate", 0),
        ("weight_decay", -1),
        ("clip", 0),
        ("batch_visitors", 0),
        ("seed", -1),
    ],
    "ContentConfig": [
        ("dimensions", 0),
        ("vocabulary", 0),
        ("least_items", 0),
        ("description_weight", -1),
        ("neighbours", 0),
        ("pairs_per_item", 0),
        ("history_length", 0),
        ("history_decay", 0),
        ("history_decay", 1.1),
        ("seed", -1),
    ],
    "EncoderConfig": [
        ("kind", "perceptron"),
        ("precision", "float8"),
        ("layers", 0),
        ("dimensions", 0),
        ("hidden", 0),
        ("history_length", 0),
        ("negatives", -1),
        ("windows", 0),
        ("dropout", 1),
        ("dropout", -0.1),
        ("epochs", -1),
        ("patience", 0),
        ("learning_rate", 0),
        ("weight_decay", -1),
        ("batch_windows", 0),
        ("batch_tokens", 0),
        ("seed", -1),
    ],
}
