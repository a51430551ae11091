"""Errors that a person can mend. The command line prints their message on one line and exits with `exit_code`."""


class LibraryError(Exception):
    """Something went wrong that has a clear message."""

    exit_code = 1


class InputError(LibraryError):
    """What was given cannot be used. Names the file, and the line or the column where that is known."""

    exit_code = 2

    def __init__(
        self, message: str, *, file: object = None, line: int | None = None, column: str | None = None
    ) -> None:
        place = [str(file)] if file else []
        place += [f"line {line}"] if line else []
        place += [f"column “{column}”"] if column else []
        super().__init__(f"{', '.join(place)}: {message}" if place else message)
        self.file, self.line, self.column = file, line, column
