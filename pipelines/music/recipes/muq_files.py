"""Where MuQ's package and weights lie, which are the user's own (docs/reference/music.md#muq).

With the standard library alone, for `doctor`.
"""

from __future__ import annotations

import os
from importlib import util
from pathlib import Path

from pipelines.support.errors import MissingAsset

HUB_ID = "OpenMuQ/MuQ-large-msd-iter"
ENVIRONMENT_VARIABLE = "MACEDANCE_MUQ_MODEL"
LICENCE = "CC BY-NC 4.0: not for commercial use"
PACKAGE = 'pip install "macedance[muq]"'


def weights_folder() -> Path:
    """Where MuQ's weights lie: the folder that is named, else the hub's cache.

    Raises MissingAsset, with the way out, where package or weights are not there.
    """
    if util.find_spec("muq") is None:
        raise MissingAsset(
            "MuQ's features need the package muq, which is not installed",
            f"{PACKAGE}; its weights are {LICENCE}",
        )
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    place = Path(named).expanduser() if named else _cached()
    if place is None or not (place / "config.json").is_file():
        where = f"${ENVIRONMENT_VARIABLE} {named}" if named else "the hub's cache"
        raise MissingAsset(
            f"MuQ's weights are not in {where}",
            f"`hf download {HUB_ID}` fetches them once ({LICENCE}), or point "
            f"${ENVIRONMENT_VARIABLE} at their folder",
        )
    return place


def check() -> str:
    """For doctor: what is there, in words; raises MissingAsset. Nothing is loaded."""
    return f"{weights_folder()} ({LICENCE})"


def _cached() -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(HUB_ID, local_files_only=True))
    except (LocalEntryNotFoundError, OSError, ValueError):
        return None
