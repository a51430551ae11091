"""Whose rows may be touched now: of no shop (the default), of one, or of every shop by an operator's explicit wish.

PostgreSQL holds to it: each table of shops has a row policy that compares with the connection's setting `forage.shop`
(accounts/row_security.py), which follows the scope by itself (core/connections.py). A scope belongs to the running
thread; a new thread begins with none. Why so: docs/adr/0008-row-level-security.md.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

NOBODY = 0  # no shop has this key
EVERY_SHOP = -1

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

_scope: ContextVar[int] = ContextVar("forage_shop_scope", default=NOBODY)


def current_scope() -> int:
    """The key of the shop, `NOBODY` or `EVERY_SHOP`."""
    return _scope.get()


@contextmanager
def shop_scope(shop_id: int) -> Iterator[None]:
    """Inside, only this shop's rows exist."""
    if shop_id <= NOBODY:
        raise ValueError(f"{shop_id} is not the key of a shop")
    token = _scope.set(shop_id)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def operator_scope(purpose: str) -> Iterator[None]:
    """Inside, the rows of every shop exist. `purpose` is for the reader: why one shop's rows do not suffice."""
    if not purpose:
        raise ValueError("say what every shop's rows are needed for")
    token = _scope.set(EVERY_SHOP)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def request_scope() -> Iterator[None]:
    """Around a request: begins with nobody's rows; whatever the request entered ends with it."""
    token = _scope.set(NOBODY)
    try:
        yield
    finally:
        _scope.reset(token)


def enter_shop(shop_id: int) -> None:
    """For the rest of the request only this shop's rows exist: called where a key or a membership is resolved."""
    if shop_id <= NOBODY:
        raise ValueError(f"{shop_id} is not the key of a shop")
    _scope.set(shop_id)


def enter_operator() -> None:
    """For the rest of the request every shop's rows exist: for the operators' admin site."""
    _scope.set(EVERY_SHOP)


def in_scope_of_now(rows: Iterable[Any]) -> Iterator[Any]:
    """The same rows, each read in the scope of the caller: for answers that are written after the request ended."""
    return _each_in(_scope.get(), iter(rows))


def _each_in(wanted: int, source: Iterator[Any]) -> Iterator[Any]:
    while True:
        token = _scope.set(wanted)
        try:
            row = next(source)
        except StopIteration:
            return
        finally:
            _scope.reset(token)
        yield row


def for_each_shop(work: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Decorate `work(shop, …)`: it runs in the scope of the shop that is its first argument."""

    @wraps(work)
    def scoped(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        shop: Any = args[0]
        with shop_scope(shop.pk):
            return work(*args, **kwargs)

    return scoped
