"""`python -m dashboard.standalone`: what bin/up becomes once `.venv` is there."""

import sys

from dashboard.standalone.up import main

sys.exit(main(sys.argv[1:]))
