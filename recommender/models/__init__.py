"""The models: one family (recommender.models.base), one file each; torch only in `encoders` and `cfgan_training`."""
