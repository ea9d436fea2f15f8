"""The genre classifier that MEGADance's authors released, as a folder for `evaluate`.

    python examples/import_megadance_classifier.py model.pth mean.pt std.pt classifier/
    macedance evaluate --protocol motion-3d --profile megadance --genre-classifier classifier/ ...

The files are read as tensors; nothing in them is run.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pipelines.motion_expert.megadance.released import read_released
from pipelines.motion_expert.megadance.released_classifier import import_classifier
from pipelines.support.errors import MacedanceError


def main() -> int:
    """Read three files, write a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model", type=Path, help="model.pth of CLS, or of GPT")
    parser.add_argument("mean", type=Path, help="the classifier's mean.pt")
    parser.add_argument("std", type=Path, help="the classifier's std.pt")
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    try:
        state, mean, std = (read_released(p) for p in (options.model, options.mean, options.std))
        import_classifier(state, mean, std, options.out)
    except MacedanceError as error:
        print("\n".join(filter(None, (error.what, error.hint))), file=sys.stderr)
        return error.exit_code
    print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
