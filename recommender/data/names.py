"""Which known column somebody meant by another name: for messages only, nothing is read under a name that is meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

LIKE_ENOUGH = 0.75  # of difflib: “category” is .78 like “categories”, “size” .44 like “title”
LONGEST_NAME = 50  # characters that are compared and shown
#: What other programs call our columns, without signs between the letters.
SYNONYMS = {
    "name": "title",
    "producttitle": "title",
    "productname": "title",
    "desc": "description",
    "body": "description",
    "producttype": "categories",
    "type": "categories",
    "vendor": "brand",
    "manufacturer": "brand",
    "amount": "price",
    "link": "url",
    "picture": "image_url",
    "photo": "image_url",
    "availability": "in_stock",
    "available": "in_stock",
    "parentid": "group_id",
    "productgroup": "group_id",
    "date": "published_at",
    "createdat": "published_at",
    "id": "item_id",
    "sku": "item_id",
    "productid": "item_id",
    "user": "visitor_id",
    "userid": "visitor_id",
    "customerid": "visitor_id",
    "time": "timestamp",
    "datetime": "timestamp",
    "event": "event_type",
    "action": "event_type",
}


def meant_by(column: str, names: Iterable[str], *, like_enough: float = LIKE_ENOUGH) -> str:
    """The one of `names` that is most like a column's name, or its usual synonym; empty where none is.

    Takes 0.1 ms the first time: files ask of few names, whoever may send thousands of them is not answered so.
    """
    return _meant_by(column[:LONGEST_NAME], tuple(names), like_enough)


@lru_cache(4096)
def _meant_by(column: str, names: tuple[str, ...], like_enough: float) -> str:
    letters = _letters(column)
    synonym = SYNONYMS.get(letters, "")
    if synonym in names:
        return synonym
    plain = {_letters(name): name for name in names}
    near = get_close_matches(letters, plain, n=1, cutoff=like_enough)
    return plain[near[0]] if near else ""


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
