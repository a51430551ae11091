"""Seeds that every generator of random numbers here takes; scikit-learn's is the narrowest."""

LAST_SEED = 2**32 - 1
