"""Which number format the products of a training are made in."""

import torch

from recommender.models.encoders.config import Precision

CPU_FEATURES = ("avx512_bf16", "amx_bf16")


def product_dtype(precision: Precision, device: torch.device) -> torch.dtype:
    """bfloat16 where the hardware multiplies it, unless the config says otherwise."""
    if precision == "auto":
        precision = "bfloat16" if device.type == "cuda" or _multiplies_bfloat16() else "float32"
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def _multiplies_bfloat16() -> bool:
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(feature, False) for feature in CPU_FEATURES)
