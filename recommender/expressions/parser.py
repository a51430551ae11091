"""Reading an expression, by recursive descent; its length, depth and number of comparisons are bounded."""

from decimal import Decimal

from recommender.expressions.tokens import ExpressionError, Token, tokens
from recommender.expressions.tree import (
    ITEMS,
    All,
    Comparison,
    Exists,
    Expression,
    Field,
    In,
    Kind,
    Not,
    Some,
    Value,
    Vocabulary,
)

MAX_CHARACTERS = 2_000
MAX_DEPTH = 20
MAX_TERMS = 50
MAX_VALUES = 100
MAX_TEXT = 255
MAX_ATTRIBUTE_NAME = 100
MAX_MEMBER_DIGITS = 5
_WHOLE_DIGITS, _DECIMALS = 15, 10
_ORDERS = ("<", "<=", ">", ">=")
_KEYWORDS = frozenset({"and", "or", "not", "in", "contains", "exists", "true", "false"})


def parsed(source: str, vocabulary: Vocabulary = ITEMS) -> Expression:
    """The tree of an expression over items, or over what else a vocabulary names.

    Raises `ExpressionError` with the position of what is wrong.
    """
    if len(source) > MAX_CHARACTERS:
        raise ExpressionError(MAX_CHARACTERS + 1, f"an expression has at most {MAX_CHARACTERS:,} characters.")
    parser = _Parser(tokens(source), vocabulary)
    if parser.next.kind == "end":
        raise ExpressionError(1, "the expression is empty.")
    tree = parser.either(0)
    if parser.next.kind != "end":
        raise parser.unexpected("“and”, “or” or the end")
    return tree


class _Parser:
    def __init__(self, found: list[Token], vocabulary: Vocabulary) -> None:
        self._tokens = found
        self._vocabulary = vocabulary
        self._place = 0
        self._terms = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._place]

    def unexpected(self, wanted: str) -> ExpressionError:
        return ExpressionError(self.next.position, f"expected {wanted}, found {self.next}.")

    def either(self, depth: int) -> Expression:
        parts = [self._all(depth)]
        while self._takes("or"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _all(self, depth: int) -> Expression:
        parts = [self._one(depth)]
        while self._takes("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Expression:
        if depth >= MAX_DEPTH:
            raise ExpressionError(self.next.position, f"an expression is at most {MAX_DEPTH} levels deep.")
        if self._takes("not"):
            return Not(self._one(depth + 1))
        if self._takes("("):
            inner = self.either(depth + 1)
            self._must_take(")")
            return inner
        return self._term()

    def _term(self) -> Expression:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise ExpressionError(self.next.position, f"an expression has at most {MAX_TERMS} comparisons.")
        field = self._field()
        if self._takes("not"):
            return Not(self._word_comparison(field))
        if self.next.keyword in ("in", "contains", "exists"):
            return self._word_comparison(field)
        return self._sign_comparison(field)

    def _field(self) -> Field:
        start = self.next
        if start.kind != "word" or start.keyword in _KEYWORDS:
            raise self.unexpected("a field, “not” or “(”")
        self._place += 1
        if start.text == "attributes":
            self._must_take(".")
            return self._attribute()
        if start.text in self._vocabulary.numbered:
            self._must_take(".")
            return self._member(start.text)
        if start.text not in self._vocabulary.fields:
            known = self._vocabulary.known
            raise ExpressionError(start.position, f"there is no field {start}; there are {known} and attributes.NAME.")
        return Field(start.text)

    def _member(self, family: str) -> Field:
        member = self.next
        if member.kind != "number" or not member.text.isdigit() or len(member.text) > MAX_MEMBER_DIGITS:
            raise self.unexpected(f"a number such as {family}.3")
        self._place += 1
        return Field(f"{family}.{int(member.text)}")

    def _attribute(self) -> Field:
        name = self.next
        if name.kind not in ("word", "text") or not name.text:
            raise self.unexpected("the name of an attribute")
        if len(name.text) > MAX_ATTRIBUTE_NAME:
            raise ExpressionError(name.position, f"a name has at most {MAX_ATTRIBUTE_NAME} characters.")
        self._place += 1
        return Field(name.text, is_attribute=True)

    def _word_comparison(self, field: Field) -> Expression:
        if self._takes("exists"):
            return Exists(field)
        if self._takes("in"):
            return In(field, self._values(field))
        place = self.next
        if not self._takes("contains"):
            raise self.unexpected("“in”, “contains” or “exists”")
        if field.kind not in (Kind.TEXT, Kind.ANY):
            raise ExpressionError(place.position, f"{field} is {field.kind.value}; only a text contains another.")
        if self.next.kind != "text":
            raise self.unexpected("a text in quotes")
        return Comparison(field, "contains", self._value(field))

    def _sign_comparison(self, field: Field) -> Expression:
        sign = self.next
        if sign.text not in ("=", "!=", *_ORDERS) or sign.kind != "sign":
            raise self.unexpected("=, !=, <, <=, >, >=, “in”, “contains” or “exists”")
        self._place += 1
        if sign.text in _ORDERS and field.kind not in (Kind.NUMBER, Kind.ANY):
            raise ExpressionError(sign.position, f"{field} is {field.kind.value}; compare it with =, != or in.")
        place = self.next
        value = self._value(field)
        if sign.text in _ORDERS and (isinstance(value, bool) or not isinstance(value, Decimal)):
            raise ExpressionError(place.position, f"{sign.text} compares numbers.")
        return Comparison(field, sign.text, value)

    def _values(self, field: Field) -> tuple[Value, ...]:
        self._must_take("(")
        values = [self._value(field)]
        while self._takes(","):
            place = self.next.position
            values.append(self._value(field))
            if type(values[-1]) is not type(values[0]):
                raise ExpressionError(place, "the values of a list are all texts, all numbers, or all true or false.")
            if len(values) > MAX_VALUES:
                raise ExpressionError(place, f"a list has at most {MAX_VALUES} values.")
        self._must_take(")")
        return tuple(values)

    def _value(self, field: Field) -> Value:
        token = self.next
        value = _literal(token)
        if value is None:
            raise self.unexpected("a text in quotes, a number, true or false")
        if field.kind is not Kind.ANY and field.kind is not kind_of(value):
            raise ExpressionError(token.position, f"{field} is {field.kind.value}, not {kind_of(value).value}.")
        self._place += 1
        return value

    def _takes(self, text: str) -> bool:
        if self.next.kind in ("word", "sign") and self.next.keyword == text:
            self._place += 1
            return True
        return False

    def _must_take(self, text: str) -> None:
        if not self._takes(text):
            raise self.unexpected(f"“{text}”")


def kind_of(value: Value) -> Kind:
    """The kind of a value of an expression."""
    if isinstance(value, bool):
        return Kind.FLAG
    return Kind.TEXT if isinstance(value, str) else Kind.NUMBER


def _literal(token: Token) -> Value | None:
    if token.kind == "text":
        if not 0 < len(token.text) <= MAX_TEXT:
            raise ExpressionError(token.position, f"a text has 1 to {MAX_TEXT} characters; none is “not … exists”.")
        return token.text
    if token.kind == "number":
        whole, _, decimals = token.text.lstrip("-").partition(".")
        if len(whole) > _WHOLE_DIGITS or len(decimals) > _DECIMALS:
            reason = f"a number has at most {_WHOLE_DIGITS} digits before the point and {_DECIMALS} behind it."
            raise ExpressionError(token.position, reason)
        return Decimal(token.text)
    return {"true": True, "false": False}.get(token.keyword) if token.kind == "word" else None
