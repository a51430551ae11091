"""How much a JSON body may hold, looked at before it is read: parsers make an object of every two bytes of `[[],[],…`.

349,000 empty objects are one MiB, or one KiB of gzip. Read by orjson they are 38 MB, and named one by one 1.4 GB.
"""

from dashboard.core.errors import Invalid

_BEGIN_A_VALUE = b",[{"


def check_values(body: bytes, most: int) -> None:
    """Raise `Invalid` for a body that may hold more than `most` values. Costs a millisecond a MiB.

    Every value but the first stands behind a comma or a bracket, so their number bounds that of the values. Those in
    texts count too: leave room for them.
    """
    if len(body) > most and len(body) - len(body.translate(None, _BEGIN_A_VALUE)) > most:
        message = f"A request may hold {most:,} values here; this one has more commas and brackets than that."
        raise Invalid(message, fields={"body": f"more than {most:,} values"})
