"""Evaluations as pages that a person can read: one file each, with everything in it."""
