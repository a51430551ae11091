"""How the ranker's network learns."""

import subprocess
import sys

import numpy as np
import torch

from recommender.ranking.learning import AdamW

LEARN = """
import sys
import numpy as np
from recommender.ranking.config import RankerConfig
from recommender.ranking.learning import learn_network
rng = np.random.default_rng(0)
features = rng.normal(size=(20, 5, 3)).astype(np.float32)
learn_network(features, np.ones((20, 5), bool), rng.integers(0, 5, 20), RankerConfig(epochs=1))
print("torch._dynamo" in sys.modules)
"""


def test_the_steps_are_those_of_torch():
    start, rng = torch.randn(7, 3, generator=torch.Generator().manual_seed(1)), np.random.default_rng(2)
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    optimizer, reference = AdamW([ours], decay=0.1), torch.optim.AdamW([theirs], lr=1.0, weight_decay=0.1)
    for step in range(30):
        gradient = torch.from_numpy(rng.normal(size=(7, 3)).astype(np.float32))
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        reference.param_groups[0]["lr"] = 0.05 / (step + 1)
        optimizer.step(0.05 / (step + 1))
        reference.step()
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_learning_imports_no_compiler():
    ran = subprocess.run([sys.executable, "-c", LEARN], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False"]
