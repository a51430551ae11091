"""The library: arrays and Parquet in, artifacts out. It runs alone (`python -m recommender --help`).

Arrays carry their shape as a suffix: B batch, L length, I items, V visitors, N interactions, D factor or embedding
dimensions, P interest dimensions, K segments or list positions, C candidates. `state_BD` is a batch of states.
"""

import os

# ONNX Runtime sends usage to Microsoft unless this is set before it loads, and keeps an identifier of the machine at
# home. What a shop computes is nobody else's business; whoever wants it sets the variable to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
