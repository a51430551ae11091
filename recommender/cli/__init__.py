"""The command line. A command is a module beside this one with `register(subparsers)` and `run(args) -> int | None`.

To add one: write the module and put its name into COMMANDS. Modules import what is heavy (torch, scikit-learn)
inside `run` only, so that `--help` answers at once.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from recommender.errors import LibraryError

INTERRUPTED = 130  # 128 + SIGINT
COMMANDS: tuple[str, ...] = (
    "train",
    "recommend",
    "evaluate",
    "report",
    "segments",
    "compare",
    "off_policy",
    "slate",
    "simulate",
)


def parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser of these commands; every subparser carries its command's `run`."""
    root = argparse.ArgumentParser(
        prog="python -m recommender",
        description="Learn what the visitors of a shop are interested in, and recommend items to them.",
    )
    subparsers = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in commands:
        importlib.import_module(f"recommender.cli.{name}").register(subparsers)
    return root


def main(argv: list[str] | None = None) -> int:
    """Run one command. 0 success, 2 bad input, 1 any other failure; messages go to standard error."""
    asked = (sys.argv[1:] if argv is None else argv)[:1]
    args = parser(asked if asked and asked[0] in COMMANDS else COMMANDS).parse_args(argv)  # one command: 0.5 s less
    try:
        return int(args.run(args) or 0)
    except LibraryError as error:
        return _fail(str(error), error.exit_code)
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return _fail("stopped", INTERRUPTED)
    except OSError as error:
        return _fail(f"{error.filename or 'system'}: {error.strerror or error}", 1)
    except (MemoryError, RuntimeError) as error:  # torch has no class of its own for it
        if not isinstance(error, MemoryError) and "allocate memory" not in str(error):
            raise
        return _fail(f"not enough memory ({str(error).splitlines()[0] if str(error) else 'of the process'})", 1)


def _fail(message: str, exit_code: int) -> int:
    sys.stderr.write(f"error: {' '.join(message.split())}\n")
    return exit_code
