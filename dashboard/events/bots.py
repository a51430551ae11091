"""Visitors that are programs: how their agents call themselves, and how fast no person is.

The list is short on purpose: well-behaved programs say what they are in words that no browser uses; the others are
found by their rate (services/bots.py).
"""

import re
from functools import lru_cache

# Words of crawlers, previewers, monitors and headless browsers. No HTTP libraries: apps and shop servers use them too.
_WORDS = (
    r"(?<!cu)bot\b|bot[/;_-]|crawl|spider|slurp|scrap(?:e|y)|mediapartners|facebookexternalhit|meta-externalagent|embedly|"
    r"bingpreview|google-(?:read-aloud|inspectiontool|extended)|feedfetcher|yandex(?:images|metrika)|ia_archiver|"
    r"archive\.org|chatgpt-user|perplexity|claude-(?:user|web)|anthropic-ai|cohere-ai|"
    r"headlesschrome|phantomjs|puppeteer|playwright|selenium|lighthouse|pagespeed|gtmetrix|pingdom|uptimerobot|"
    r"statuscake|datadog|newrelicpinger|site24x7"
)
_KNOWN = re.compile(_WORDS, re.IGNORECASE)
AGENT_MAX_LENGTH = 512  # what comes after says nothing more

#: Nobody opens an item each second for a minute, nor one every four seconds for an hour.
MOST_VIEWS_A_MINUTE = 60
MOST_VIEWS_AN_HOUR = 900


def known_agent(user_agent: str) -> str:
    """The telling word of a program's `User-Agent`, in small letters; empty for a browser, and for no agent at all."""
    return _telling_word(user_agent[:AGENT_MAX_LENGTH])


@lru_cache(maxsize=4096)
def _telling_word(user_agent: str) -> str:
    found = _KNOWN.search(user_agent)
    return found.group().lower().strip("/;_- ") if found else ""
