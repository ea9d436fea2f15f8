"""Every back end keeps to the narrow interface, so that `generate` may call any of them."""

import inspect
import json

import pytest

from pipelines.appearance_expert.interface import AppearanceBackend
from pipelines.appearance_expert.puppet.puppet import Puppet
from pipelines.appearance_expert.tiny.backend import Tiny
from pipelines.appearance_expert.wan.backend import Wan
from pipelines.appearance_expert.wan2.backend import Wan2

METHODS = ("frames", "report")


@pytest.mark.parametrize("backend", [Puppet, Tiny, Wan, Wan2])
def test_it_is_called_as_the_interface_says(backend):
    for name in METHODS:
        asked, given = (
            list(inspect.signature(getattr(kind, name)).parameters)
            for kind in (AppearanceBackend, backend)
        )
        assert given == asked, name


def test_each_has_a_name_of_its_own():
    assert Puppet.name == Puppet().name == "puppet"
    assert len({kind.name for kind in (Puppet, Tiny, Wan, Wan2)}) == 4


def test_frames_come_one_after_another_and_the_report_is_json(portrait, swaying):
    """Whoever takes one frame waits for one, and may stop."""
    dance = swaying(3)
    puppet = Puppet()
    stream = puppet.frames(portrait, dance, 0)
    assert puppet.report() == {}
    first = next(stream)
    stream.close()
    assert first.shape == (dance.height, dance.width, 3) and first.dtype == "uint8"
    assert json.loads(json.dumps(puppet.report()))["backend"] == "puppet"
