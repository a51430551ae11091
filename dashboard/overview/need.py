"""A line of what needs the merchant."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """One line of the list. `tone` colours the icon; `is_decision` gives the one primary button.

    `key` names the state that it tells of, so that it can be put off until that changes; empty where it settles itself.
    """

    key: str
    icon: str
    tone: str
    title: str
    text: str
    action: str
    href: str
    is_decision: bool = False
