"""Statements that PostgreSQL plans once a connection: those of every request, whose planning costs more than they do.

A table of many partitions is planned for each of them: a visitor's past over 16 months took 0.9 ms of the server's
CPU planned anew, 0.2 ms prepared.
"""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections


class Prepared:
    """A statement with `$1, $2, …`; `types` are PostgreSQL's, such as "bigint, text". Make it once, in a module.

    What it answers holds no times: those would come without the zone that Django gives them.
    """

    def __init__(self, name: str, types: str, sql: str) -> None:
        self.name = name
        self.definition = f"PREPARE {name} ({types}) AS {sql}"
        self.call = f"EXECUTE {name} ({', '.join(['%s'] * len(types.split(',')))})"

    def rows(self, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run it with these parameters."""
        return _answer([self], self.call, parameters, has_rows=True)

    def run(self, parameters: Sequence[Any], *, first: str = "") -> None:
        """Run it for what it does; `first`: a statement that travels before it, in the same message and transaction."""
        _answer([self], f"{first}; {self.call}" if first else self.call, parameters, has_rows=False)


def run_together(statements: Sequence[Prepared], parameters: Sequence[Any]) -> None:
    """Run several, each with the same parameters, in one round trip. What they answer is not asked for."""
    message = "; ".join(statement.call for statement in statements)
    _answer(statements, message, [*parameters] * len(statements), has_rows=False)


def _answer(
    statements: Sequence[Prepared], message: str, parameters: Sequence[Any], *, has_rows: bool
) -> list[tuple[Any, ...]]:
    """By Django's connection but without its cursor, whose layers cost as much as a short statement itself; by that
    cursor where somebody listens to statements (DEBUG, tests)."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    if database.queries_logged or database.execute_wrappers:
        with database.cursor() as cursor:
            return _sent(database.connection, cursor, statements, message, parameters, has_rows)
    database.close_if_health_check_failed()
    database.ensure_connection()
    database.validate_thread_sharing()
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        link = database.connection
        return _sent(link, link.cursor(), statements, message, parameters, has_rows)


def _sent(
    link: Any, cursor: Any, statements: Sequence[Prepared], message: str, parameters: Sequence[Any], has_rows: bool
) -> list[tuple[Any, ...]]:
    for statement in statements:
        if statement.name not in link.prepared:
            cursor.execute(statement.definition)
            link.prepared.add(statement.name)
    cursor.execute(message, parameters)
    found: list[tuple[Any, ...]] = cursor.fetchall() if has_rows else []
    return found
