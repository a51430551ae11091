"""Import this first: libraries that others import because they are installed, and never call here, stay out: 9 MB."""

import sys

for _name in ("requests", "jinja2", "pygments"):
    sys.modules.setdefault(_name, None)  # type: ignore[arg-type]
