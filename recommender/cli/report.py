"""`report`: the trade-off of models, from evaluations that were made before."""

import argparse
from pathlib import Path
from typing import Any

from recommender.cli.documents import read_json
from recommender.cli.output import notice
from recommender.errors import InputError


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "report",
        help="draw accuracy against diversity and coverage",
        description="Writes one HTML file with everything in it, from documents of `evaluate --json` or from "
        "evaluation.json of artifacts. Of several, models are named FILE: MODEL; they must be of the same question.",
    )
    parser.add_argument("--input", required=True, type=Path, nargs="+", metavar="F.json", help="evaluations")
    parser.add_argument("-k", type=int, default=10, help="cutoff (10)")
    parser.add_argument("--out", required=True, type=Path, metavar="F.html", help="the page")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Write the page."""
    documents = [(path, _evaluation(path)) for path in args.input]
    write_page(_together(documents) if len(documents) > 1 else documents[0][1], args.k, args.out)


def write_page(document: dict[str, Any], k: int, out: Path) -> None:
    """The page of an evaluation, whole or not at all."""
    from recommender.data.tables import whole_file
    from recommender.reports.tradeoff import tradeoff_page

    page = tradeoff_page(document, k=k)
    with whole_file(out) as part:
        part.write_text(page, encoding="utf-8")
    notice(f"wrote {out}")


def _evaluation(path: Path) -> dict[str, Any]:
    document = read_json(str(path))
    if not isinstance(document, dict) or not isinstance(document.get("models"), dict):
        raise InputError("is no evaluation: it has no “models”", file=path)
    return document


def _together(documents: list[tuple[Path, dict[str, Any]]]) -> dict[str, Any]:
    """One document; what the evaluations do not agree on is refused, for figures of other questions do not compare."""
    (first_path, first), *others = documents
    for path, document in others:
        for name in ("protocol", "visitors", "seen_items"):
            if document.get(name) != first.get(name):
                raise InputError(f"{name} is {document.get(name)}, that of {first_path} {first.get(name)}", file=path)
    parts = {
        part: {
            f"{_label(path)}: {name}": values for path, document in documents for name, values in document[part].items()
        }
        for part in ("models", "intervals")
        if all(isinstance(document.get(part), dict) for _, document in documents)
    }
    return {**first, **parts}


def _label(path: Path) -> str:
    """The artifact's folder for its evaluation.json, else the file's name."""
    return path.resolve().parent.name if path.name == "evaluation.json" else path.stem
