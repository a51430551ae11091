"""Cross-entropy over the full catalog with its gradients made in the same pass, so that the logits are held once; or
over sampled items, which costs a tenth at 12,000 items."""

from typing import Any

import torch
from torch import Tensor


class FullSoftmax(torch.autograd.Function):
    """Mean cross-entropy of states (N, D) against target codes (N,), over embeddings (I, D) and bias (I,)."""

    @staticmethod
    def forward(ctx: Any, states_ND: Tensor, embedding_ID: Tensor, bias_I: Tensor, targets_N: Tensor) -> Tensor:
        logits_NI = torch.addmm(bias_I, states_ND, embedding_ID.T)
        shift_N1 = logits_NI.amax(dim=1, keepdim=True)
        target_N = logits_NI.gather(1, targets_N[:, None]) - shift_N1
        shares_NI = logits_NI.sub_(shift_N1).exp_()
        total_N1 = shares_NI.sum(dim=1, keepdim=True)
        loss = (total_N1.log() - target_N).mean()
        shares_NI.div_(total_N1 * len(targets_N))
        shares_NI[torch.arange(len(targets_N)), targets_N] -= 1.0 / len(targets_N)
        ctx.save_for_backward(shares_NI @ embedding_ID, shares_NI.T @ states_ND, shares_NI.sum(dim=0))
        return loss

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        states_ND, embedding_ID, bias_I = ctx.saved_tensors
        return states_ND * grads[0], embedding_ID * grads[0], bias_I * grads[0], None


def full_softmax(states_ND: Tensor, embedding_ID: Tensor, bias_I: Tensor, targets_N: Tensor) -> Tensor:
    """See FullSoftmax; second derivatives do not exist."""
    return FullSoftmax.apply(states_ND, embedding_ID, bias_I, targets_N)


def sampled_softmax(
    states_ND: Tensor, embedding_ID: Tensor, bias_I: Tensor, targets_N: Tensor, negatives_K: Tensor, log_q_I: Tensor
) -> Tensor:
    """Cross-entropy against negatives shared by the batch, drawn with probability q, and corrected by log q (Bengio and
    Senécal 2008), so that its optimum is that of the full softmax."""
    offset_I = bias_I - log_q_I
    target_N = (states_ND * embedding_ID[targets_N]).sum(dim=1) + offset_I[targets_N]
    logits_NK = torch.addmm(offset_I[negatives_K], states_ND, embedding_ID[negatives_K].T)
    logits_NK = logits_NK.masked_fill(targets_N[:, None] == negatives_K[None], -torch.inf)
    return (torch.cat([target_N[:, None], logits_NK], dim=1).logsumexp(dim=1) - target_N).mean()
