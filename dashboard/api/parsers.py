"""JSON in, by orjson: NaN, bytes that are not UTF-8 and bottomless nesting are errors of the sender, not of ours."""

from typing import Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class OrjsonParser(JSONParser):
    """Raises ParseError (400) with the place of the mistake."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as problem:
            raise ParseError(f"The body is not valid JSON in UTF-8: {problem}.") from None


class TextParser(OrjsonParser):
    """JSON called text/plain: a browser sends that to another origin without asking first."""

    media_type = "text/plain"
