"""How a new version does beside those that are kept, written down while its files are at hand."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from dashboard.accounts.models import Shop
from dashboard.core import errors
from dashboard.training import selectors, store
from recommender.errors import LibraryError

if TYPE_CHECKING:
    from recommender.artifact.beside import Memory

logger = logging.getLogger(__name__)
MOST_VERSIONS = 10  # as many as are kept (pruning.KEPT_ARTIFACTS); each costs two files of some kilobytes


def beside_others(*, shop: Shop, folder: Path, besides: int) -> dict[str, Any]:
    """{version: comparison} of the files in `folder` with the newest versions, but for that of the run `besides`.

    A version whose files are gone or cannot be read is left out: nothing depends on it.
    """
    from recommender.artifact.beside import beside  # Arrow and pandas: 60 MB that a web process never needs

    own = _memory(lambda name: (folder / name).open("rb"))
    if own is None:
        return {}
    found = {}
    for other in selectors.artifacts(shop, MOST_VERSIONS + 1):
        earlier = _memory(lambda name, path=other.path: store.opened_file(f"{path}/{name}"))  # type: ignore[misc]
        if earlier is not None and other.run_id != besides:
            found[str(other.version)] = beside(earlier, own)
    return found


def _memory(opened: Callable[[str], BinaryIO]) -> "Memory | None":
    from recommender.artifact.beside import JUDGED, VISITORS, Memory

    try:
        with ExitStack() as files:
            return Memory.read(*(files.enter_context(opened(name)) for name in (JUDGED, VISITORS)))
    except (LibraryError, errors.ForageError, OSError) as error:
        logger.info("A version is compared with no other: %s", error)
        return None
