"""JSON in, by orjson: NaN, bytes that are not UTF-8 and bottomless nesting are errors of the sender, not of ours."""

from typing import Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from dashboard.core.bodies import check_values
from dashboard.core.errors import TooLarge

MAX_BYTES, MAX_VALUES = 64 * 1024, 1_000  # of the small bodies that come by here; batches and slates have their own


class OrjsonParser(JSONParser):
    """Raises ParseError (400) with the place of the mistake, and `Invalid` or `TooLarge`."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read()
        check_values(body, MAX_VALUES)
        if len(body) > MAX_BYTES:
            raise TooLarge("A request of this kind may take 64 KiB.", fields={"body": "more than 64 KiB"})
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as problem:
            raise ParseError(f"The body is not valid JSON in UTF-8: {problem}.") from None


class TextParser(OrjsonParser):
    """JSON called text/plain: a browser sends that to another origin without asking first."""

    media_type = "text/plain"
