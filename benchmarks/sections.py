"""Sections of a page that benchmarks write, each its own; what stands around them is written by hand."""


def put_section(page, name, text):
    """Put `text` between the marks of a section. Raises SystemExit where the page lacks them."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{page}: has no section between {begin.strip()} and {end.strip()}")
    page.write_text(f"{before}{begin}{text.rstrip()}\n{end}{after}", encoding="utf-8")
