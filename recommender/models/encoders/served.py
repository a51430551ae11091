"""A trained encoder as a web process asks it: of rows of the item table, the state after the last one. All rows of a
batch are equally long, so that nothing is padded or masked, and the table itself stays outside.

Training's arithmetic (recommender.models.encoders.bodies) with fewer products: what is constant is made at export.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from recommender.models.encoders.bodies import (
    FREQUENCY_SHARE,
    Body,
    FrequencyLayer,
    FrequencyTransformer,
    ages,
)
from recommender.models.encoders.inputs import ROWS
from recommender.models.encoders.network import EncoderNetwork

SMALLEST = 1e-250  # power of a decay: beyond, its inverse leaves the range of a double


class Served(nn.Module):
    """`input_names` says what it reads, in that order."""

    def __init__(self, network: EncoderNetwork) -> None:
        super().__init__()
        self.levels, self.norm = network.level_embeddings, network.norm
        body = network.body
        self.body: nn.Module = ServedWhole(body)
        if isinstance(body, FrequencyTransformer) and _spans_all_powers(body):
            self.body = ServedTransformer(body)

    @property
    def input_names(self) -> tuple[str, ...]:
        return (ROWS, *self.levels)

    def forward(self, x_BLD: Tensor, *levels: Tensor) -> Tensor:
        for embedding, levels_BL in zip(self.levels.values(), levels, strict=True):
            x_BLD = x_BLD + embedding(levels_BL)
        state_BD: Tensor = self.body(self.norm(x_BLD))
        return state_BD


class ServedWhole(nn.Module):
    """A body that makes all states on its way to the last one."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.body = body

    def forward(self, x_BLD: Tensor) -> Tensor:
        state_BD: Tensor = self.body(x_BLD)[:, -1]
        return state_BD


class ServedTransformer(nn.Module):
    """Of the last layer only the last place is made."""

    def __init__(self, body: FrequencyTransformer) -> None:
        super().__init__()
        *before, final = body.frequency_layers()
        self.before = nn.Sequential(*(ServedLayer(layer, body.longest) for layer in before))
        self.final = ServedLayer(final, body.longest)

    def forward(self, x_BLD: Tensor) -> Tensor:
        return self.final.last(self.before(x_BLD))


class ServedLayer(nn.Module):
    """scores(t, s) = (x_t M + m) · x_s, with M = W_q W_kᵀ / √D: what else the product of query and key holds is the
    same for all s, and softmax takes it away. Values are multiplied with the output's weights beforehand.
    low_t = down_t · Σ_{s ≤ t} up_s x_s, with up = decay^−s and down = decay^t over the sum of the weights.
    """

    bias_MM: Tensor
    bias_M: Tensor
    own_D: Tensor
    up_MD: Tensor
    down_MD: Tensor
    powers_MD: Tensor
    share_MD: Tensor

    def __init__(self, layer: FrequencyLayer, longest: int) -> None:
        super().__init__()
        self.inner, self.outer, self.norm = layer.inner, layer.outer, layer.norm
        attention, low_pass = layer.attention, layer.low_pass
        query, key, value = attention.project.weight.detach().double().chunk(3)
        query_bias, _, value_bias = attention.project.bias.detach().double().chunk(3)
        out = attention.output.weight.detach().double()
        root = query.shape[1] ** 0.5
        asks_DD, asks_D = key.T @ query / root, query_bias @ key / root
        gives_DD = out @ value
        gives_D = out @ value_bias + attention.output.bias.detach()
        self.asks, self.gives = _linear(asks_DD, asks_D), _linear(gives_DD, gives_D)
        self.both = _linear(torch.cat([asks_DD, gives_DD]), torch.cat([asks_D, gives_D]))
        self.attention_norm = _scaled(attention.norm, 1 - FREQUENCY_SHARE)
        self.low_pass_norm = _scaled(low_pass.norm, FREQUENCY_SHARE)
        self.register_buffer("bias_MM", attention.bias_LL(ages(longest, out.device)).detach())
        self.register_buffer("bias_M", attention.distance_bias_L.detach().flip(0))
        own_D = low_pass.beta_D.detach() ** 2
        powers_MD = _powers(layer, longest)
        down_MD = powers_MD / powers_MD.cumsum(dim=0) * (1 - own_D)
        self.register_buffer("own_D", 1 + own_D)
        self.register_buffer("up_MD", 1 / powers_MD)
        self.register_buffer("down_MD", down_MD)
        self.register_buffer("powers_MD", powers_MD.flip(0).float())
        self.register_buffer("share_MD", ((1 - own_D) / powers_MD.cumsum(dim=0)).float())

    def forward(self, x_BLD: Tensor) -> Tensor:
        length = x_BLD.shape[1]
        asked_BLD, given_BLD = self.both(x_BLD).split(x_BLD.shape[2], dim=2)
        scores_BLL = asked_BLD @ x_BLD.transpose(1, 2) + self.bias_MM[:length, :length]
        attended_BLD = scores_BLL.softmax(dim=2) @ given_BLD
        sums_BLD = (x_BLD.double() * self.up_MD[:length]).cumsum(dim=1)
        return self._mixed(x_BLD, attended_BLD, (sums_BLD * self.down_MD[:length]).float())

    def last(self, x_BLD: Tensor) -> Tensor:
        """Of the newest place only, (B, D); what goes by age is kept oldest first."""
        length = x_BLD.shape[1]
        last_B1D = x_BLD[:, -1:]
        scores_B1L = self.asks(last_B1D) @ x_BLD.transpose(1, 2) + self.bias_M[-length:]
        attended_BD = self.gives((scores_B1L.softmax(dim=2) @ x_BLD)[:, 0])
        low_BD = (x_BLD * self.powers_MD[-length:]).sum(dim=1) * self.share_MD[length - 1]
        return self._mixed(last_B1D[:, 0], attended_BD, low_BD)

    def _mixed(self, x: Tensor, attended: Tensor, low: Tensor) -> Tensor:
        mixed = self.attention_norm(x + attended) + self.low_pass_norm(x * self.own_D + low)
        return self.norm(mixed + self.outer(functional.gelu(self.inner(mixed))))


def _powers(layer: FrequencyLayer, longest: int) -> Tensor:
    """float64 (M, D): each channel's decay to the power of 0, 1, …"""
    decay_D = torch.sigmoid(layer.low_pass.decay_logit_D.detach().double())
    powers_MD: Tensor = decay_D ** torch.arange(longest, dtype=torch.float64, device=decay_D.device)[:, None]
    return powers_MD


def _spans_all_powers(body: FrequencyTransformer) -> bool:
    return all(bool(_powers(layer, body.longest).min() > SMALLEST) for layer in body.frequency_layers())


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0])
    linear.load_state_dict({"weight": weight.float(), "bias": bias.float()})
    return linear


def _scaled(norm: nn.LayerNorm, factor: float) -> nn.LayerNorm:
    """The same times a factor."""
    scaled = nn.LayerNorm(norm.normalized_shape, eps=norm.eps)
    scaled.load_state_dict({name: factor * value for name, value in norm.state_dict().items()})
    return scaled
