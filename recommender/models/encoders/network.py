"""The network of an encoder: embeddings of items (and their attributes, event types, time gaps), then a body."""

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from recommender.models.encoders.bodies import BODIES
from recommender.models.encoders.config import EncoderConfig
from recommender.models.encoders.inputs import CODES, EVENTS, GAPS, LEVELS

INITIAL_DEVIATION = 0.02


class EncoderNetwork(nn.Module):
    """Code 0 is padding and stands after the end; item i is i + 1. Scores are states · table + bias; the table
    also embeds the items."""

    attribute_starts_I1: Tensor
    attribute_codes_N: Tensor

    def __init__(self, config: EncoderConfig, items: int, attributes_IA: sparse.csr_array | None = None) -> None:
        super().__init__()
        dimensions = config.dimensions
        self.embedding_ID = nn.Parameter(torch.randn(items, dimensions) * INITIAL_DEVIATION)
        self.bias_I = nn.Parameter(torch.zeros(items))
        self.attribute_AD: nn.Parameter | None = None
        if attributes_IA is not None:
            self.attribute_AD = nn.Parameter(torch.randn(attributes_IA.shape[1], dimensions) * INITIAL_DEVIATION)
            self.register_buffer("attribute_starts_I1", torch.from_numpy(attributes_IA.indptr.astype(np.int64)))
            self.register_buffer("attribute_codes_N", torch.from_numpy(attributes_IA.indices.astype(np.int64)))
        read = {EVENTS: config.event_types, GAPS: config.time_gaps}
        self.level_embeddings = nn.ModuleDict(
            {name: _levels(LEVELS[name], dimensions) for name, is_read in read.items() if is_read}
        )
        self.norm = nn.LayerNorm(dimensions)
        self.dropout = nn.Dropout(config.dropout)
        self.body = BODIES[config.kind](config)

    @property
    def item_embedding_ID(self) -> Tensor:
        """All items as they are embedded and scored."""
        return self.embedding_ID + self.content_ID() if self.attribute_AD is not None else self.embedding_ID

    @property
    def attribute_weight_AD(self) -> Tensor:
        """The attributes' embeddings; only where there are attributes."""
        if self.attribute_AD is None:
            raise ValueError("the network was made without attributes")
        return self.attribute_AD

    def content_ID(self, items_U: Tensor | None = None) -> Tensor:
        """The mean of the attributes' embeddings, of all items or of these; zero where an item has none."""
        starts_I, ends_I = self.attribute_starts_I1[:-1], self.attribute_starts_I1[1:]
        codes_N, offsets_U = self.attribute_codes_N, starts_I
        if items_U is not None:
            counts_U = ends_I[items_U] - starts_I[items_U]
            offsets_U = counts_U.cumsum(0) - counts_U
            shift_N = torch.repeat_interleave(starts_I[items_U] - offsets_U, counts_U)
            codes_N = codes_N[torch.arange(len(shift_N), device=shift_N.device) + shift_N]
        return functional.embedding_bag(codes_N, self.attribute_weight_AD, offsets_U, mode="mean")

    @property
    def input_names(self) -> tuple[str, ...]:
        """What it reads, in the order in which it is given."""
        return (CODES, *self.level_embeddings)

    def states_BLD(self, table_UD: Tensor, codes_BL: Tensor, *levels: Tensor) -> Tensor:
        """The state after each position; code u + 1 is row u of the table."""
        states_BLD: Tensor = self.body(self._embedded_BLD(table_UD, codes_BL, *levels))
        return states_BLD

    def last_states_BD(self, table_UD: Tensor, codes_BL: Tensor, *levels: Tensor) -> Tensor:
        """The state after the last item of each row only."""
        last_B = (codes_BL > 0).sum(dim=1).clamp(min=1) - 1
        return self.body.last(self._embedded_BLD(table_UD, codes_BL, *levels), last_B)

    def _embedded_BLD(self, table_UD: Tensor, codes_BL: Tensor, *levels: Tensor) -> Tensor:
        x_BLD = functional.embedding(codes_BL, functional.pad(table_UD, (0, 0, 1, 0)))
        for embedding, levels_BL in zip(self.level_embeddings.values(), levels, strict=True):
            x_BLD = x_BLD + embedding(levels_BL)
        embedded_BLD: Tensor = self.dropout(self.norm(x_BLD))
        return embedded_BLD


def _levels(levels: int, dimensions: int) -> nn.Embedding:
    embedding = nn.Embedding(levels, dimensions)
    nn.init.normal_(embedding.weight, std=INITIAL_DEVIATION)
    return embedding


class LastState(nn.Module):
    """A trained network as it is asked: the state after the last item of each row, (B, D). The table is made once."""

    table_ID: Tensor

    def __init__(self, network: EncoderNetwork) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("table_ID", network.item_embedding_ID.detach(), persistent=False)

    def forward(self, codes_BL: Tensor, *levels: Tensor) -> Tensor:
        return self.network.last_states_BD(self.table_ID, codes_BL, *levels)
