"""Cross-entropy over the full catalog, in pieces whose logits stay in the cache and with its gradients made in the same
pass; or over sampled items, which costs a tenth at 12,000 items."""

from typing import Any

import torch
from torch import Tensor

PIECE_LOGITS = 1_500_000  # 6 MB at a time


class FullSoftmax(torch.autograd.Function):
    """Sum of the cross-entropies of states (N, D) against target codes (N,), over a table (I, D) and bias (I,). The
    products are made in `dtype`, sums and gradients in that of the states."""

    @staticmethod
    def forward(
        ctx: Any, states_ND: Tensor, table_ID: Tensor, bias_I: Tensor, targets_N: Tensor, dtype: torch.dtype
    ) -> Tensor:
        table, bias = table_ID.to(dtype), bias_I.to(dtype)
        states_grad, table_grad, bias_grad = (torch.zeros_like(tensor) for tensor in (states_ND, table_ID, bias_I))
        loss = states_ND.new_zeros(())
        size = max(PIECE_LOGITS // len(bias_I), 1)
        for start in range(0, len(targets_N), size):
            piece = slice(start, start + size)
            states, targets_N1 = states_ND[piece].to(dtype), targets_N[piece, None]
            shares_NI = torch.addmm(bias, states, table.T)
            highest_N1 = shares_NI.amax(dim=1, keepdim=True)
            target_N1 = shares_NI.gather(1, targets_N1) - highest_N1
            shares_NI.sub_(highest_N1).exp_()
            total_N1 = shares_NI.sum(dim=1, keepdim=True, dtype=states_ND.dtype)
            loss += (total_N1.log() - target_N1).sum()
            states_grad[piece] = (shares_NI @ table) / total_N1
            table_grad += shares_NI.T @ (states / total_N1).to(dtype)
            bias_grad += (shares_NI.T @ (1 / total_N1).to(dtype)).squeeze(1)
        states_grad -= table_ID[targets_N]
        table_grad.index_add_(0, targets_N, states_ND, alpha=-1)
        bias_grad -= torch.bincount(targets_N, minlength=len(bias_I))
        ctx.save_for_backward(states_grad, table_grad, bias_grad)
        return loss

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        return *(gradient * grads[0] for gradient in ctx.saved_tensors), None, None


def full_softmax(
    states_ND: Tensor, table_ID: Tensor, bias_I: Tensor, targets_N: Tensor, dtype: torch.dtype | None = None
) -> Tensor:
    """See FullSoftmax; second derivatives do not exist."""
    return FullSoftmax.apply(states_ND, table_ID, bias_I, targets_N, dtype or states_ND.dtype)


class SampledSoftmax(torch.autograd.Function):
    """Sum of the cross-entropies of states (N, D) against the rows and offsets of their targets, (N, D) and (N,), and
    against those of negatives, (K, D) and (K,); where `same_NK`, a negative is the target and does not count. In one
    pass like FullSoftmax: a third less time than by the parts."""

    @staticmethod
    def forward(
        ctx: Any,
        states_ND: Tensor,
        targets_ND: Tensor,
        target_offset_N: Tensor,
        negatives_KD: Tensor,
        offset_K: Tensor,
        same_NK: Tensor,
        dtype: torch.dtype,
    ) -> Tensor:
        states, negatives = states_ND.to(dtype), negatives_KD.to(dtype)
        target_N1 = (states_ND * targets_ND).sum(dim=1, keepdim=True) + target_offset_N[:, None]
        shares_NK = torch.addmm(offset_K.to(dtype), states, negatives.T).masked_fill_(same_NK, -torch.inf)
        highest_N1 = torch.maximum(shares_NK.amax(dim=1, keepdim=True), target_N1.to(dtype))
        shares_NK.sub_(highest_N1).exp_()
        own_N1 = (target_N1 - highest_N1).exp()
        total_N1 = shares_NK.sum(dim=1, keepdim=True, dtype=states_ND.dtype) + own_N1
        wrong_N1 = own_N1 / total_N1 - 1
        ctx.save_for_backward(
            (shares_NK @ negatives) / total_N1 + wrong_N1 * targets_ND,
            wrong_N1 * states_ND,
            wrong_N1[:, 0],
            (shares_NK.T @ (states_ND / total_N1).to(dtype)).to(states_ND.dtype),
            (shares_NK.T @ (1 / total_N1).to(dtype)).squeeze(1).to(states_ND.dtype),
        )
        return (total_N1.log() - target_N1 + highest_N1).sum()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        return *(gradient * grads[0] for gradient in ctx.saved_tensors), None, None


def sampled_softmax(
    states_ND: Tensor,
    table_UD: Tensor,
    offset_U: Tensor,
    targets_N: Tensor,
    negatives_K: Tensor,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Sum of the cross-entropies against negatives shared by the batch, drawn with probability q. `offset_U` is bias −
    log q (Bengio and Senécal 2008), so that the optimum is that of the full softmax. No second derivatives."""
    same_NK = targets_N[:, None] == negatives_K[None]
    targets_ND, negatives_KD = table_UD[targets_N], table_UD[negatives_K]
    target_offset_N, offset_K = offset_U[targets_N], offset_U[negatives_K]
    return SampledSoftmax.apply(
        states_ND, targets_ND, target_offset_N, negatives_KD, offset_K, same_NK, dtype or states_ND.dtype
    )
