"""The recurrent network (GRU4Rec, Hidasi et al. 2016, with tied embeddings): items in, a state after each out."""

import torch
from torch import Tensor, nn


class GruNetwork(nn.Module):
    """Code 0 is padding and stands after the end, where it cannot reach the states before it."""

    def __init__(self, items: int, dimensions: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(items + 1, dimensions, padding_idx=0)
        self.bias_I = nn.Parameter(torch.zeros(items))
        self.norm = nn.LayerNorm(dimensions)
        self.dropout = nn.Dropout(dropout)
        self.gru = nn.GRU(dimensions, hidden, batch_first=True)
        self.output = nn.Linear(hidden, dimensions)
        nn.init.normal_(self.embedding.weight, std=0.02)
        with torch.no_grad():
            self.embedding.weight[0] = 0.0

    def states_BLD(self, codes_BL: Tensor) -> Tensor:
        """The state after each position."""
        hidden_BLH, _ = self.gru(self.dropout(self.norm(self.embedding(codes_BL))))
        return self.output(self.dropout(hidden_BLH))

    def forward(self, codes_BL: Tensor) -> Tensor:
        """The state after the last item of each row, (B, D)."""
        last_B = (codes_BL > 0).sum(dim=1).clamp(min=1) - 1
        states_BLD = self.states_BLD(codes_BL)
        index_B1D = last_B.view(-1, 1, 1).expand(-1, 1, states_BLD.shape[2])
        return states_BLD.gather(1, index_B1D).squeeze(1)

    @property
    def item_embedding_ID(self) -> Tensor:
        return self.embedding.weight[1:]
