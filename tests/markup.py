"""Pages as a reader has them: where a template breaks its lines is no matter of theirs."""


def one_line(html: str) -> str:
    """A page on one line, each run of white space one blank, as browsers show it."""
    return " ".join(html.split())
