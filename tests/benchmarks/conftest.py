"""The benchmarks are scripts: their folder has to be on the path, as when one is run."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
