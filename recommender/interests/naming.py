"""Names for segments: the categories that members do most and more than others (“Bags & Purses, Lunch & Picnic”), or,
where none tells, the words that set their items apart: “Jumbo Bag”, “Regency Tea Plate”."""

import re

import numpy as np
from scipy import sparse

from recommender.interests.attention import PRIOR_VISITORS, contrast, occurrences

LONGEST_WORDS = 3
LONGEST_CHARACTERS = 40
FEWEST_ITEMS = 3  # of one item alone the name would be that item's title
LEAST_LIFT = 1.25
PHRASE_BONUS = {1: 1.0, 2: 2.0, 3: 1.8}  # two words say more, and by their nature occur less
SUREST_FIRST = 100.0  # added to the score of a category: words come after every category
SECOND_SHARE = 0.4  # of the first category's score: a second that scores less adds nothing
LEAST_SURE = 3.0  # standard errors of the log-odds
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
    """A name for each segment, all different, in title case.

    The one or two categories with the best share · log lift of those whose log-odds against the other segments are
    sure; else the phrase of titles with the best share · log lift. Of a name that another segment needs more, the next
    best. Where nothing sets it apart a segment is “Mixed Tastes”; where there is one segment, “All Visitors”.
    """
    if segments == 1:
        return ["All Visitors"]
    by_category_K = _by_category(attention_VI, segment_V, segments, _usable(categories_I))
    by_phrase_K = _scored(attention_VI, segment_V, segments, _phrases(titles_I))
    return _distinct(
        [
            [*categories, *_fuller_first(sorted(phrases, key=lambda pair: (-pair[0], pair[1])))]
            for categories, phrases in zip(by_category_K, by_phrase_K, strict=True)
        ]
    )


def _by_category(
    attention_VI: sparse.csr_array, segment_V: np.ndarray, segments: int, categories_I: list[list[str]]
) -> list[list[tuple[float, str]]]:
    labels, has_IC = occurrences(categories_I)
    if not labels:
        return [[] for _ in range(segments)]
    found = contrast(attention_VI, segment_V, segments, has_IC)
    telling_KC = (found.lift_KT >= LEAST_LIFT) & (np.asarray(has_IC.sum(axis=0)).ravel() >= FEWEST_ITEMS)
    telling_KC &= _sureness(found.share_KT, np.bincount(segment_V, minlength=segments)) >= LEAST_SURE
    score_KC = np.where(telling_KC, found.score_KT, 0.0)
    return [_names_of(score_C, labels) for score_C in score_KC]


def _sureness(share_KC: np.ndarray, sizes_K: np.ndarray) -> np.ndarray:
    """z of the log-odds of each category in a segment against the others, with the shop's own mix as an informative
    Dirichlet prior worth PRIOR_VISITORS (Monroe, Colaresi and Quinn 2008)."""
    counts_KC = share_KC * sizes_K[:, None]
    prior_C = PRIOR_VISITORS * counts_KC.sum(axis=0) / max(sizes_K.sum(), 1) + 1e-9
    rest_KC = counts_KC.sum(axis=0) - counts_KC + prior_C
    own_KC = counts_KC + prior_C
    others_K1 = (sizes_K.sum() - sizes_K)[:, None] + PRIOR_VISITORS
    odds_KC = _log_odds(own_KC, sizes_K[:, None] + PRIOR_VISITORS) - _log_odds(rest_KC, others_K1)
    return np.asarray(odds_KC / np.sqrt(1 / own_KC + 1 / rest_KC))


def _log_odds(count_KC: np.ndarray, total_K1: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(count_KC) - np.log(np.maximum(total_K1 - count_KC, 1e-9)))


def _names_of(score_C: np.ndarray, labels: list[str]) -> list[tuple[float, str]]:
    """The first two together, the first alone, then the first with each further one that may stand beside it."""
    order = [int(column) for column in np.argsort(-score_C, kind="stable")[:4] if score_C[column] > 0]
    if not order:
        return []
    first, *more = order
    beside = [column for column in more if score_C[column] >= SECOND_SHARE * score_C[first]]
    pairs = [f"{labels[first]}, {labels[column]}" for column in beside]
    names = [name for name in [*pairs[:1], labels[first], *pairs[1:]] if len(name) <= LONGEST_CHARACTERS]
    best = SUREST_FIRST + float(score_C[first])
    return [(best - 1e-6 * place, name) for place, name in enumerate(names)]


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


def _scored(
    attention_VI: sparse.csr_array,
    segment_V: np.ndarray,
    segments: int,
    labels_I: list[list[str]],
) -> list[list[tuple[float, str]]]:
    labels, has_IT = occurrences(labels_I)
    items_T = np.asarray(has_IT.sum(axis=0)).ravel()
    found = contrast(attention_VI, segment_V, segments, has_IT)
    usable_KT = (found.lift_KT >= LEAST_LIFT) & (items_T >= FEWEST_ITEMS)
    score_KT = found.score_KT  # made anew at every look
    usable_KT &= np.array([len(label) <= LONGEST_CHARACTERS for label in labels], bool)
    return [
        [(float(score_KT[k, t]) * _phrase_bonus(labels[t]), labels[t]) for t in np.flatnonzero(usable_KT[k])]
        for k in range(segments)
    ]


def _distinct(ranked_K: list[list[tuple[float, str]]]) -> list[str]:
    """Whoever has the strongest claim chooses first; of words, a name within another is taken."""
    names = [""] * len(ranked_K)
    taken: list[set[str]] = []
    claims = sorted((-score, phrase, k) for k, ranked in enumerate(ranked_K) for score, phrase in ranked)
    for score, phrase, k in claims:
        words = {word.lower().removesuffix("s") for word in _WORD.findall(phrase)}
        within = score > -SUREST_FIRST  # of categories “Bags” and “Bags, Lunch” are two
        if not names[k] and not any(
            words == other or (within and (words <= other or other <= words)) for other in taken
        ):
            names[k] = phrase
            taken.append(words)
    unnamed = [k for k, name in enumerate(names) if not name]
    for place, k in enumerate(unnamed, start=1):
        names[k] = "Mixed Tastes" if place == 1 else f"Mixed Tastes {place}"
    return names
