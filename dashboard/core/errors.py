"""Errors of the domain: each has a message for the person who can act on it."""


class ForageError(Exception):
    """The base of every error that a person can mend. `code` is stable and goes into the API."""

    code = "error"
    status = 400

    def __init__(self, message: str, *, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}


class NotFound(ForageError):
    code = "not_found"
    status = 404


class Conflict(ForageError):
    code = "conflict"
    status = 409


class Forbidden(ForageError):
    code = "forbidden"
    status = 403


class Invalid(ForageError):
    code = "invalid"


class TooLarge(ForageError):
    code = "too_large"
    status = 413


class TooMany(ForageError):
    """More often than is sensible; try again later."""

    code = "too_many"
    status = 429


class Unavailable(ForageError):
    """A service that this needs does not answer; try again."""

    code = "unavailable"
    status = 503
