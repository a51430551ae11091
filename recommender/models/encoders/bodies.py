"""The bodies of the encoders: item embeddings (B, L, D) in, a state after each of them out, none of which can see what
comes after it. Padding stands at the end, where it reaches no state that is read."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from recommender.models.encoders.config import EncoderConfig

KERNEL = 3  # inputs that a convolution sees
FREQUENCY_SHARE = 0.7  # of the low-pass branch against attention
SLOWEST, FASTEST = 0.97, 0.3  # decays per step that the low-pass branch starts with, spread over its channels


class Recurrent(nn.Module):
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


class Convolution(nn.Module):
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


class FrequencyTransformer(nn.Module):
    """Causal attention beside a low-pass filter (after BSARec, Shin et al. 2024)."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(FrequencyLayer(config) for _ in range(config.layers))

    def forward(self, x_BLD: Tensor) -> Tensor:
        places_L = torch.arange(x_BLD.shape[1], device=x_BLD.device)
        ages_LL = places_L[:, None] - places_L[None]  # row t, column s: t − s; negative: the future
        for layer in self.layers:
            x_BLD = layer(x_BLD, ages_LL)
        return x_BLD


class FrequencyLayer(nn.Module):
    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.low_pass, self.attention = LowPass(config), Attention(config)
        self.inner = nn.Linear(config.dimensions, config.hidden)
        self.outer = nn.Linear(config.hidden, config.dimensions)
        self.dropout = nn.Dropout(config.dropout)
        self.norm = nn.LayerNorm(config.dimensions)

    def forward(self, x_BLD: Tensor, ages_LL: Tensor) -> Tensor:
        slow_BLD, attended_BLD = self.low_pass(x_BLD, ages_LL), self.attention(x_BLD, ages_LL)
        mixed_BLD = FREQUENCY_SHARE * slow_BLD + (1 - FREQUENCY_SHARE) * attended_BLD
        inner_BLD = self.outer(functional.gelu(self.inner(mixed_BLD)))
        return self.norm(mixed_BLD + self.dropout(inner_BLD))


class LowPass(nn.Module):
    """low = a decaying causal average of each channel; out = low + β² (x − low)."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        decay_D = torch.linspace(SLOWEST, FASTEST, config.dimensions)
        self.decay_logit_D = nn.Parameter(torch.logit(decay_D))
        self.beta_D = nn.Parameter(torch.randn(config.dimensions))
        self.dropout = nn.Dropout(config.dropout)
        self.norm = nn.LayerNorm(config.dimensions)

    def forward(self, x_BLD: Tensor, ages_LL: Tensor) -> Tensor:
        rate_D11 = functional.logsigmoid(self.decay_logit_D)[:, None, None]
        weights_DLL = torch.exp(rate_D11 * ages_LL.clamp(min=0)) * (ages_LL >= 0)
        weights_DLL = weights_DLL / weights_DLL.sum(dim=2, keepdim=True)
        low_DLB = weights_DLL @ x_BLD.permute(2, 1, 0)
        low_BLD = low_DLB.permute(2, 1, 0)
        return self.norm(x_BLD + self.dropout(low_BLD + self.beta_D**2 * (x_BLD - low_BLD)))


class Attention(nn.Module):
    """One head, with a learned bias for each distance instead of positions."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.project = nn.Linear(config.dimensions, 3 * config.dimensions)
        self.output = nn.Linear(config.dimensions, config.dimensions)
        self.distance_bias_L = nn.Parameter(torch.zeros(config.history_length))
        self.dropout = nn.Dropout(config.dropout)
        self.norm = nn.LayerNorm(config.dimensions)

    def forward(self, x_BLD: Tensor, ages_LL: Tensor) -> Tensor:
        query_BLD, key_BLD, value_BLD = self.project(x_BLD).chunk(3, dim=2)
        bias_LL = self.distance_bias_L[ages_LL.clamp(min=0)].masked_fill(ages_LL < 0, -torch.inf)
        scores_BLL = query_BLD @ key_BLD.transpose(1, 2) / x_BLD.shape[2] ** 0.5 + bias_LL
        attended_BLD = self.dropout(scores_BLL.softmax(dim=2)) @ value_BLD
        return self.norm(x_BLD + self.dropout(self.output(attended_BLD)))


BODIES: dict[str, type[nn.Module]] = {"cnn": Convolution, "gru": Recurrent, "transformer": FrequencyTransformer}
