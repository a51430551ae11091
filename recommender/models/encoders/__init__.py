"""Behaviour encoders: networks that read a history and give a state. The only place of the library with torch."""
