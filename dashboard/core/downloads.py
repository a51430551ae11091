"""Answers that browsers keep as a file."""

from collections.abc import Iterable
from typing import TypeVar

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from dashboard.core.streams import LongAnswer

CSV = "text/csv; charset=utf-8"
Answer = TypeVar("Answer", bound=HttpResponseBase)


def as_file(answer: Answer, name: str) -> Answer:
    """The answer under the name of a file, made of ASCII letters, digits, points and dashes."""
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def csv_file(shop_id: int, lines: Iterable[bytes | str], name: str) -> StreamingHttpResponse:
    """A table that is sent while it is read. Raises as `LongAnswer`."""
    return as_file(StreamingHttpResponse(LongAnswer(shop_id, lines), content_type=CSV), name)
