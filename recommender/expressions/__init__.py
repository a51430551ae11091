"""A small language for choosing items: `category = "Kitchen" and price < 20 and not brand in ("A", "B")`.

    expression := all {"or" all}            comparison := field ("=" | "!=" | "<" | "<=" | ">" | ">=") value
    all        := one {"and" one}                       | field ["not"] "in" "(" value {"," value} ")"
    one        := "not" one | "(" expression ")"        | field ["not"] "contains" text
               | comparison                             | field ["not"] "exists"

A value is a text in double or single quotes (`\\` before a quote or a backslash), a number, true or false. Fields are
those of `FIELDS`, and `attributes.NAME` or `attributes."any name"`. An item that lacks a field fulfils no comparison
with it; `not`, `!=` and `not in` turn a comparison into its opposite, so it does fulfil those. Where an item has
several values (category, an attribute that is a list), one of them is enough.

The same language chooses visitors, with the fields of `VISITORS`: `segments.3 >= 0.6 and not purchases > 0`.
"""

from recommender.expressions.parser import MAX_CHARACTERS, MAX_DEPTH, MAX_TERMS, MAX_VALUES, parsed
from recommender.expressions.predicate import Predicate, predicate
from recommender.expressions.tokens import ExpressionError
from recommender.expressions.tree import (
    FIELDS,
    ITEMS,
    VISITORS,
    All,
    Comparison,
    Exists,
    Expression,
    Field,
    In,
    Kind,
    Not,
    Some,
    Vocabulary,
)

__all__ = [
    "FIELDS",
    "ITEMS",
    "MAX_CHARACTERS",
    "MAX_DEPTH",
    "MAX_TERMS",
    "MAX_VALUES",
    "VISITORS",
    "All",
    "Comparison",
    "Exists",
    "Expression",
    "ExpressionError",
    "Field",
    "In",
    "Kind",
    "Not",
    "Predicate",
    "Some",
    "Vocabulary",
    "parsed",
    "predicate",
]
