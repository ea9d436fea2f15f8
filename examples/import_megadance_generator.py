"""The generator that MEGADance's authors released, as a folder that `generate` dances from.

    python examples/import_megadance_generator.py model.pth mean.pt std.pt dancer/
    macedance generate song.wav me.jpg -o out.mp4 --motion-model dancer/ --genre popping

The files are read as tensors; nothing in them is run. The GPT's has the tokenizer in it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import load_library
from pipelines.motion_expert.megadance.released import read_released
from pipelines.motion_expert.megadance.released_generator import import_generator
from pipelines.support.errors import MacedanceError


def main() -> int:
    """Read three files, write a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model", type=Path, help="model.pth of GPT")
    parser.add_argument("mean", type=Path, help="mean.pt beside it")
    parser.add_argument("std", type=Path, help="std.pt beside it")
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--rotations", choices=("euler", "as released"), default="euler",
        help="take back that turns were learned as Euler angles, or leave that as their code does",
    )  # fmt: skip
    parser.add_argument("--layers", type=int, default=8)
    options = parser.parse_args()
    try:
        state, mean, std = (read_released(p) for p in (options.model, options.mean, options.std))
        library = load_library(SHIPPED)
        begun = import_generator(
            state, mean, std, map(library.recorded, library.takes), options.out,
            options.rotations, options.layers,
        )  # fmt: skip
    except MacedanceError as error:
        print("\n".join(filter(None, (error.what, error.hint))), file=sys.stderr)
        return error.exit_code
    print(f"dances begin with one of {begun} tokens of the library's dances", file=sys.stderr)
    print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
