"""The same work for one thing after the other, each on its own."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

logger = logging.getLogger(__name__)
Thing = TypeVar("Thing", bound=Any)
Answer = TypeVar("Answer")


def each_on_its_own(things: Iterable[Thing], work: Callable[[Thing], Answer]) -> list[Answer]:
    """Do `work` for each row and return the answers; one that fails keeps none of the others from theirs.

    The first failure is raised when all are done, so that whoever began this knows; each is in the log.
    """
    answers: list[Answer] = []
    failures: list[Exception] = []
    for thing in things:
        try:
            answers.append(work(thing))
        except Exception as problem:
            logger.error("Work for %s %s failed.", type(thing).__name__.lower(), thing.pk, exc_info=problem)
            failures.append(problem)
    if failures:
        raise failures[0]
    return answers
