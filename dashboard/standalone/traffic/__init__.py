"""Simulated shoppers: made-up people with hidden tastes who act on the real shop, marked as simulated everywhere."""
