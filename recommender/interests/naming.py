"""Names for segments, of the words that set their items apart: “Jumbo Bag”, “Regency Tea Plate”, “Christmas”."""

import re
from collections.abc import Callable

import numpy as np
from scipy import sparse

from recommender.interests.attention import contrast, occurrences

LONGEST_WORDS = 3
LONGEST_CHARACTERS = 40
FEWEST_ITEMS = 3  # of one item alone the name would be that item's title
LEAST_LIFT = 1.25
PHRASE_BONUS = {1: 1.0, 2: 2.0, 3: 1.8}  # two words say more, and by their nature occur less
CATEGORY_BONUS = 0.6  # a category covers many items, so its share is large by nature
FULLER_SHARE = 0.65  # “Lunch Bag” is put before “Bag” when it scores at least so much of it
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_EMPTY_TEXT = """
    a an and as at by de der die das des du el en et for from in into la las le les los mit no of on or per pour s the
    to und with x
    assorted asstd cm colour colours color colors design designs each g kg l large litre medium ml mm new pack pair
    piece pieces pcs set sets size sizes small style
    beige black blue brown cream gold green grey gray ivory orange pink purple red silver white yellow
"""
_EMPTY = frozenset(_EMPTY_TEXT.split())


def segment_names(
    attention_VI: sparse.csr_array,
    segment_V: np.ndarray,
    segments: int,
    titles_I: list[str],
    categories_I: list[list[str]],
) -> list[str]:
    """A name for each segment, all different, at most three words, in title case.

    The phrase with the best share · log lift; of a phrase that another segment needs more, the next best.
    Without a phrase that sets it apart a segment is “Mixed Interests”; where there is one segment, “All Visitors”.
    """
    if segments == 1:
        return ["All Visitors"]
    ranked_K: list[list[tuple[float, str]]] = [[] for _ in range(segments)]
    for labels_I, bonus in ((_phrases(titles_I), _phrase_bonus), (_usable(categories_I), _category_bonus)):
        for k, found in enumerate(_scored(attention_VI, segment_V, segments, labels_I, bonus)):
            ranked_K[k] += found
    return _distinct([_fuller_first(sorted(ranked, key=lambda pair: (-pair[0], pair[1]))) for ranked in ranked_K])


def _fuller_first(ranked: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """A single word that leads gives its place to the best phrase with it, which says more."""
    if not ranked or " " in ranked[0][1]:
        return ranked
    score, word = ranked[0]
    fuller = (phrase for s, phrase in ranked[1:] if s >= FULLER_SHARE * score and word in phrase.split())
    phrase = next(fuller, None)
    return [(score, phrase), *ranked[1:]] if phrase else ranked


def _phrases(titles_I: list[str]) -> list[list[str]]:
    """Single words and neighbouring words of each title; words that say nothing break a phrase."""
    return [[phrase for run in _runs(title) for phrase in _windows(run)] for title in titles_I]


def _runs(title: str) -> list[list[str]]:
    runs: list[list[str]] = [[]]
    end = 0
    for match in _WORD.finditer(title):
        word = match.group()
        if word.lower() in _EMPTY or len(word) < 2 or title[end : match.start()].strip():
            runs.append([])
        if word.lower() not in _EMPTY and len(word) >= 2:
            runs[-1].append(word.title() if word.islower() or word.isupper() else word)
        end = match.end()
    return runs


def _windows(words: list[str]) -> list[str]:
    return [
        " ".join(words[start : start + length])
        for length in range(1, LONGEST_WORDS + 1)
        for start in range(len(words) - length + 1)
    ]


def _usable(categories_I: list[list[str]]) -> list[list[str]]:
    """Categories that can be a name, in title case."""
    return [[_title(name) for name in names if len(_WORD.findall(name)) <= LONGEST_WORDS] for names in categories_I]


def _title(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in text.split())


def _phrase_bonus(phrase: str) -> float:
    return PHRASE_BONUS[len(phrase.split())]


def _category_bonus(name: str) -> float:
    return CATEGORY_BONUS


def _scored(
    attention_VI: sparse.csr_array,
    segment_V: np.ndarray,
    segments: int,
    labels_I: list[list[str]],
    bonus: Callable[[str], float],
) -> list[list[tuple[float, str]]]:
    labels, has_IT = occurrences(labels_I)
    items_T = np.asarray(has_IT.sum(axis=0)).ravel()
    found = contrast(attention_VI, segment_V, segments, has_IT)
    usable_KT = (found.lift_KT >= LEAST_LIFT) & (items_T >= FEWEST_ITEMS)
    score_KT = found.score_KT  # made anew at every look
    usable_KT &= np.array([len(label) <= LONGEST_CHARACTERS for label in labels], bool)
    return [
        [(float(score_KT[k, t]) * bonus(labels[t]), labels[t]) for t in np.flatnonzero(usable_KT[k])]
        for k in range(segments)
    ]


def _distinct(ranked_K: list[list[tuple[float, str]]]) -> list[str]:
    """Whoever has the strongest claim chooses first; a name within another is taken."""
    names = [""] * len(ranked_K)
    taken: list[set[str]] = []
    claims = sorted((-score, phrase, k) for k, ranked in enumerate(ranked_K) for score, phrase in ranked)
    for _, phrase, k in claims:
        words = {word.lower().removesuffix("s") for word in _WORD.findall(phrase)}
        if not names[k] and not any(words <= other or other <= words for other in taken):
            names[k] = phrase
            taken.append(words)
    unnamed = [k for k, name in enumerate(names) if not name]
    for place, k in enumerate(unnamed, start=1):
        names[k] = "Mixed Interests" if place == 1 else f"Mixed Interests {place}"
    return names
