"""The scripts of examples/tiny_appearance find each other as they do when they are run."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "tiny_appearance"))
