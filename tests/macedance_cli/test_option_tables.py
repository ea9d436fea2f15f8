"""docs/options.md says what is declared."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_its_script_writes():
    script = ROOT / "docs" / "make_options.py"
    spec = importlib.util.spec_from_file_location("make_options", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
    assert written == module.option_tables(), "run python docs/make_options.py"
