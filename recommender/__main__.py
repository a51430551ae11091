"""`python -m recommender`: see recommender.cli."""

import sys

from recommender.cli import main
from recommender.memory import keep_freed_memory

if __name__ == "__main__":
    keep_freed_memory()
    sys.exit(main())
