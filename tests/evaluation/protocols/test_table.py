"""One row per protocol; reading the table loads nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipelines.evaluation.catalogue import METRICS
from pipelines.evaluation.profiles import KEYPOINT_PROFILES, MOTION_PROFILES
from pipelines.evaluation.protocols.table import PROTOCOLS, profile_names
from pipelines.support.named import named


def test_protocols_are_those_of_the_papers_tables_in_its_order():
    assert list(PROTOCOLS) == ["motion-3d", "motion-appearance", "animation", "user-study"]
    measured = {name for name, row in PROTOCOLS.items() if not row.asks_people}
    assert {name for metric in METRICS.values() for name in metric.protocols} == measured


@pytest.mark.parametrize("name", PROTOCOLS)
def test_rows_name_what_is_there(name):
    row = PROTOCOLS[name]
    assert row.asks_people or isinstance(named(row.made_by), type)
    assert "strict" in row.profiles
    assert set(row.windowed) <= set(row.profiles)


def test_profiles_once_each():
    assert len(profile_names()) == len(set(profile_names()))
    assert set(profile_names()) == {*MOTION_PROFILES, *KEYPOINT_PROFILES}


def test_the_table_imports_nothing_heavy(environment):
    code = (
        "import sys, pipelines.evaluation.settings\n"
        "print([m for m in ('numpy', 'scipy', 'torch', 'cv2', 'librosa') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
