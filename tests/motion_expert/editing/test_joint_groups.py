"""The names of joints that can be kept by themselves."""

import subprocess
import sys

from pipelines.body.skeleton import JOINT_NAMES
from pipelines.motion_expert.editing.joint_groups import JOINT_GROUPS


def test_every_name_is_of_a_joint_or_of_a_pair():
    known = {*JOINT_NAMES, *(name.split("_")[-1] for name in JOINT_NAMES)}
    assert {name for names in JOINT_GROUPS.values() for name in names} <= known


def test_nothing_heavy_is_imported():
    code = ("import sys, pipelines.motion_expert.editing.joint_groups; "
            "print('numpy' in sys.modules)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
