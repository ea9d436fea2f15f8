"""Puts the Motion Expert between two others into a folder: docs/lab/rebuild-checkpoint.md.

python examples/mix_checkpoints.py base tuned --share 0.5 --into mixed
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from pipelines.motion_expert.mace.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pipelines.support.errors import BadUsage

_FITTED = ("precondition.", "mean_bar.")


def mixed(base: Checkpoint, tuned: Checkpoint, share: float) -> Checkpoint:
    """The network whose weights lie `share` (0 to 1) of the way from `base` to `tuned`.

    What is fitted in closed form to the data is taken from `tuned`.

    Raises:
        BadUsage: the two are of different shapes.
    """
    if base.config != tuned.config:
        raise BadUsage("the two networks are of different shapes", "tune with --init BASE")
    weights = {
        name: value
        if name.startswith(_FITTED)
        else base.weights[name].float().lerp(value.float(), share)
        for name, value in tuned.weights.items()
    }
    return replace(tuned, weights=weights, metadata={**tuned.metadata, "share_of_tuned": share})


def main() -> None:
    """Read the command line and write the mixed checkpoint, in half precision."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("base", type=Path)
    parser.add_argument("tuned", type=Path)
    parser.add_argument("--share", type=float, required=True, help="of the tuned one, 0 to 1")
    parser.add_argument("--into", type=Path, required=True, help="folder")
    given = parser.parse_args()
    base, tuned = load_checkpoint(given.base), load_checkpoint(given.tuned)
    save_checkpoint(given.into, mixed(base, tuned, given.share), half=True)


if __name__ == "__main__":
    main()
