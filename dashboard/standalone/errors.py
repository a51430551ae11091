"""The one kind of failure that `bin/up` explains. Imports nothing: the bootstrap runs on a bare Python."""


class StartError(Exception):
    """Something that keeps Forage from starting; the message is one line that says what to do."""
