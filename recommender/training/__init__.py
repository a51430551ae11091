"""The pipeline: presets, progress, checkpoints; fits the models and writes the artifact."""
