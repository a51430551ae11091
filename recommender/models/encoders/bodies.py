"""The bodies of the encoders: item embeddings (B, L, D) in, a state after each of them out, none of which can see what
comes after it. Padding stands at the end, where no state that is read can see it.

Training reads all states (`forward`), who asks for a recommendation the last one of each row (`last`, at the places
`last_B`): that leaves out what only the others need, half of a two-layer Transformer. Web processes: served.py."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from recommender.models.encoders.config import EncoderConfig

KERNEL = 3  # inputs that a convolution sees
FREQUENCY_SHARE = 0.7  # of the low-pass branch against attention
SLOWEST, FASTEST = 0.97, 0.3  # decays per step that the low-pass branch starts with, spread over its channels


class Body(nn.Module):
    """What the network asks of a body."""

    def last(self, x_BLD: Tensor, last_B: Tensor) -> Tensor:
        """The state after one place of each row, (B, D)."""
        return at(self(x_BLD), last_B)


def at(x_BLD: Tensor, last_B: Tensor) -> Tensor:
    """(B, D): one place of each row."""
    return x_BLD.gather(1, last_B.view(-1, 1, 1).expand(-1, 1, x_BLD.shape[2]))[:, 0]


class Recurrent(Body):
    """Gated recurrent units (GRU4Rec, Hidasi et al. 2016)."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        dropout = config.dropout if config.layers > 1 else 0.0
        self.gru = nn.GRU(config.dimensions, config.hidden, config.layers, batch_first=True, dropout=dropout)
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(config.hidden, config.dimensions)

    def forward(self, x_BLD: Tensor) -> Tensor:
        hidden_BLH, _ = self.gru(x_BLD)
        return self.output(self.dropout(hidden_BLH))

    def last(self, x_BLD: Tensor, last_B: Tensor) -> Tensor:
        hidden_BLH, _ = self.gru(x_BLD)
        return self.output(self.dropout(at(hidden_BLH, last_B)))


class Convolution(Body):
    """Dilated causal convolutions with residuals (NextItNet, Yuan et al. 2019)."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(ConvolutionLayer(config, dilation=2**depth) for depth in range(config.layers))

    def forward(self, x_BLD: Tensor) -> Tensor:
        for layer in self.layers:
            x_BLD = layer(x_BLD)
        return x_BLD


class ConvolutionLayer(nn.Module):
    def __init__(self, config: EncoderConfig, dilation: int) -> None:
        super().__init__()
        self.reach = (KERNEL - 1) * dilation
        self.convolution = nn.Conv1d(config.dimensions, config.hidden, KERNEL, dilation=dilation)
        self.output = nn.Linear(config.hidden, config.dimensions)
        self.dropout = nn.Dropout(config.dropout)
        self.norm = nn.LayerNorm(config.dimensions)

    def forward(self, x_BLD: Tensor) -> Tensor:
        before_BDL = functional.pad(x_BLD.transpose(1, 2), (self.reach, 0))
        hidden_BLH = functional.gelu(self.convolution(before_BDL)).transpose(1, 2)
        return self.norm(x_BLD + self.dropout(self.output(self.dropout(hidden_BLH))))


class FrequencyTransformer(Body):
    """Causal attention beside a low-pass filter (after BSARec, Shin et al. 2024)."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.longest = config.history_length
        self.layers = nn.ModuleList(FrequencyLayer(config) for _ in range(config.layers))

    def frequency_layers(self) -> list["FrequencyLayer"]:
        return [layer for layer in self.layers if isinstance(layer, FrequencyLayer)]

    def forward(self, x_BLD: Tensor) -> Tensor:
        ages_LL = ages(x_BLD.shape[1], x_BLD.device)
        for layer in self.frequency_layers():
            x_BLD = layer(x_BLD, layer.low_pass.weights_DLL(ages_LL), layer.attention.bias_LL(ages_LL))
        return x_BLD

    def last(self, x_BLD: Tensor, last_B: Tensor) -> Tensor:
        """Weights and biases are made for the longest history and cut."""
        length, ages_MM = x_BLD.shape[1], ages(self.longest, x_BLD.device)
        *before, final = self.frequency_layers()
        for layer in before:
            weights_DMM, bias_MM = layer.low_pass.weights_DLL(ages_MM), layer.attention.bias_LL(ages_MM)
            x_BLD = layer(x_BLD, weights_DMM[:, :length, :length], bias_MM[:length, :length])
        weights_MMD = final.low_pass.weights_DLL(ages_MM).permute(1, 2, 0).contiguous()
        bias_MM = final.attention.bias_LL(ages_MM)
        weights_BLD = weights_MMD.index_select(0, last_B)[:, :length]
        state_BD: Tensor = final.last(x_BLD, last_B, weights_BLD, bias_MM.index_select(0, last_B)[:, :length])
        return state_BD


def ages(length: int, device: torch.device) -> Tensor:
    """(L, L), row t, column s: t − s; negative: the future."""
    places_L = torch.arange(length, device=device)
    return places_L[:, None] - places_L[None]


class FrequencyLayer(nn.Module):
    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.low_pass, self.attention = LowPass(config), Attention(config)
        self.inner = nn.Linear(config.dimensions, config.hidden)
        self.outer = nn.Linear(config.hidden, config.dimensions)
        self.dropout = nn.Dropout(config.dropout)
        self.norm = nn.LayerNorm(config.dimensions)

    def forward(self, x_BLD: Tensor, weights_DLL: Tensor, bias_LL: Tensor) -> Tensor:
        return self._mixed(self.low_pass(x_BLD, weights_DLL), self.attention(x_BLD, bias_LL))

    def last(self, x_BLD: Tensor, last_B: Tensor, weights_BLD: Tensor, bias_BL: Tensor) -> Tensor:
        last_BD = at(x_BLD, last_B)
        slow_BD = self.low_pass.last(x_BLD, last_BD, weights_BLD)
        return self._mixed(slow_BD, self.attention.last(x_BLD, last_BD, bias_BL))

    def _mixed(self, slow: Tensor, attended: Tensor) -> Tensor:
        mixed = FREQUENCY_SHARE * slow + (1 - FREQUENCY_SHARE) * attended
        return self.norm(mixed + self.dropout(self.outer(functional.gelu(self.inner(mixed)))))


class LowPass(nn.Module):
    """low = a decaying causal average of each channel; out = low + β² (x − low)."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        decay_D = torch.linspace(SLOWEST, FASTEST, config.dimensions)
        self.decay_logit_D = nn.Parameter(torch.logit(decay_D))
        self.beta_D = nn.Parameter(torch.randn(config.dimensions))
        self.dropout = nn.Dropout(config.dropout)
        self.norm = nn.LayerNorm(config.dimensions)

    def weights_DLL(self, ages_LL: Tensor) -> Tensor:
        """What place t takes of place s, for each channel; rows add up to one."""
        rate_D11 = functional.logsigmoid(self.decay_logit_D)[:, None, None]
        weights_DLL = torch.exp(rate_D11 * ages_LL.clamp(min=0)) * (ages_LL >= 0)
        return weights_DLL / weights_DLL.sum(dim=2, keepdim=True)

    def forward(self, x_BLD: Tensor, weights_DLL: Tensor) -> Tensor:
        low_DLB = weights_DLL @ x_BLD.permute(2, 1, 0).contiguous()  # else one product a channel, one by one
        return self._mixed(x_BLD, low_DLB.permute(2, 1, 0))

    def last(self, x_BLD: Tensor, last_BD: Tensor, weights_BLD: Tensor) -> Tensor:
        return self._mixed(last_BD, (weights_BLD * x_BLD).sum(dim=1))

    def _mixed(self, x: Tensor, low: Tensor) -> Tensor:
        return self.norm(x + self.dropout(low + self.beta_D**2 * (x - low)))


class Attention(nn.Module):
    """One head, with a learned bias for each distance instead of positions."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.project = nn.Linear(config.dimensions, 3 * config.dimensions)
        self.output = nn.Linear(config.dimensions, config.dimensions)
        self.distance_bias_L = nn.Parameter(torch.zeros(config.history_length))
        self.dropout = nn.Dropout(config.dropout)
        self.norm = nn.LayerNorm(config.dimensions)

    def bias_LL(self, ages_LL: Tensor) -> Tensor:
        """Added to the scores of place t (row) for place s; −∞ for the future."""
        return self.distance_bias_L[ages_LL.clamp(min=0)].masked_fill(ages_LL < 0, -torch.inf)

    def forward(self, x_BLD: Tensor, bias_LL: Tensor) -> Tensor:
        query_BLD, key_BLD, value_BLD = self.project(x_BLD).chunk(3, dim=2)
        scores_BLL = query_BLD @ key_BLD.transpose(1, 2) / x_BLD.shape[2] ** 0.5 + bias_LL
        return self._mixed(x_BLD, self.dropout(scores_BLL.softmax(dim=2)) @ value_BLD)

    def last(self, x_BLD: Tensor, last_BD: Tensor, bias_BL: Tensor) -> Tensor:
        dimensions = x_BLD.shape[2]
        weight, bias = self.project.weight, self.project.bias
        query_BD = functional.linear(last_BD, weight[:dimensions], bias[:dimensions])
        key_BLD, value_BLD = functional.linear(x_BLD, weight[dimensions:], bias[dimensions:]).chunk(2, dim=2)
        scores_B1L = query_BD[:, None] @ key_BLD.transpose(1, 2) / dimensions**0.5 + bias_BL[:, None]
        return self._mixed(last_BD, (self.dropout(scores_B1L.softmax(dim=2)) @ value_BLD)[:, 0])

    def _mixed(self, x: Tensor, attended: Tensor) -> Tensor:
        return self.norm(x + self.dropout(self.output(attended)))


BODIES: dict[str, Callable[[EncoderConfig], Body]] = {
    "cnn": Convolution,
    "gru": Recurrent,
    "transformer": FrequencyTransformer,
}
