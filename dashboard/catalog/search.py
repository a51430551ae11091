"""The merchant's search of the catalog, by an index beneath the row policy: equality and order of tokens leak nothing.

A typed word finds the words of title, brand and id that begin with it. Chinese and Japanese have no spaces, so there a
piece of text is found anywhere, by the pairs of characters that it is made of.

Words that few items have choose the items. A word that more have is looked for in those, or where all are common in all
items of the shop, as a part of any text: the answer holds a good part of them anyway.
"""

import re
from collections.abc import Iterator

from django.db.models import Q, QuerySet

from dashboard.catalog.models import Item, ItemToken

MAX_WORDS = 10
MAX_PAIRS = 20
FEW_ROWS = 10_000  # of tokens: 10 ms to read their keys, 20 to read the items
_LAST = "\U0010ffff"
_UNSPACED = "々\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"  # as in migration 0008
_WORDS = re.compile(f"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])[^\\W_])+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


def with_words(items: QuerySet[Item], shop_id: int, text: str) -> QuerySet[Item]:
    """Those of a shop's items that have every word of a text; of a text without a word, none."""
    if not text.strip():
        return items
    words = _WORDS.findall(text.lower())[:MAX_WORDS]
    if not words:
        return items.none()
    few: set[int] | None = None
    for word in words:
        chosen = _few_with(shop_id, word)
        if chosen is None or _IS_UNSPACED.match(word):
            items = items.filter(Q(title__icontains=word) | Q(brand__icontains=word) | Q(item_id__icontains=word))
        if chosen is not None:
            few = chosen if few is None else few & chosen
    return items if few is None else items.filter(pk__in=few)


def _few_with(shop_id: int, word: str) -> set[int] | None:
    """The keys of the items that have the word, or of pieces of it; None where they are not few."""
    few: set[int] | None = None
    for holding in _tokens(shop_id, word):
        keys = list(holding.values_list("item_pk", flat=True)[: FEW_ROWS + 1])
        if len(keys) <= FEW_ROWS:
            few = set(keys) if few is None else few & set(keys)
    return few


def _tokens(shop_id: int, word: str) -> Iterator[QuerySet[ItemToken]]:
    """What an item must be among to have the word."""
    tokens = ItemToken.objects.filter(shop_id=shop_id)
    if not _IS_UNSPACED.match(word):
        yield tokens.filter(_begins(f"w:{word[:100]}") | _begins(f"s:{word[:100]}"))
    elif len(word) == 1:
        yield tokens.filter(_begins(f"g:{word}"))
    else:
        for pair in dict.fromkeys(word[start : start + 2] for start in range(min(len(word) - 1, MAX_PAIRS))):
            yield tokens.filter(token=f"g:{pair}")


def _begins(start: str) -> Q:
    return Q(token__gte=start, token__lt=start + _LAST)
