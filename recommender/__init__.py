"""The library: arrays and Parquet in, artifacts out. It runs alone (`python -m recommender --help`).

Arrays carry their shape as a suffix: B batch, L length, I items, V visitors, N interactions, D factor or embedding
dimensions, P interest dimensions, K segments or list positions, C candidates. `state_BD` is a batch of states.
"""
