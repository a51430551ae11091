"""Static files named by their content and compressed once, at a level that a first start can afford."""

from typing import Any
from wsgiref.headers import Headers

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# plotly.min.js, 4.8 MB: level 11 takes 13 s for 1.11 MB, level 9 takes 0.7 s for 1.23 MB.
BROTLI_QUALITY = 9
SNIPPET_ADDRESS = "/static/forage.js"
# Its address never changes, as it stands in the pages of shops: a day old at most, and a week old rather than late.
SNIPPET_CACHING = "public, max-age=86400, stale-while-revalidate=604800, stale-if-error=604800"


class QuickCompressor(Compressor):
    """WhiteNoise's, without the slowest level of Brotli."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return bytes(brotli.compress(data, quality=BROTLI_QUALITY))


class StaticStorage(CompressedManifestStaticFilesStorage):
    """What production serves through WhiteNoise."""

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return QuickCompressor(**kwargs)


def add_snippet_headers(headers: Headers, path: str, url: str) -> None:
    """For WhiteNoise: pages of other origins may keep and embed the snippet, also where they isolate themselves."""
    if url == SNIPPET_ADDRESS:
        headers["Cache-Control"] = SNIPPET_CACHING
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
