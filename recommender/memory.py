"""How this process holds memory between two pieces of work."""

import ctypes
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of <malloc.h>
LARGEST_KEPT = 32 * 2**20  # bytes, the most that glibc takes: larger arrays are given back at once
MOST_KEPT = 256 * 2**20


def keep_freed_memory() -> bool:
    """Keep freed memory for the next batch instead of giving it back to the system, which would clear it page by page:
    a third of the time of recommendations for many visitors. For commands, not for what lives long. False where the C
    library knows no such thing (only glibc does)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return False
    return bool(mallopt(MMAP_THRESHOLD, LARGEST_KEPT) and mallopt(TRIM_THRESHOLD, MOST_KEPT))
