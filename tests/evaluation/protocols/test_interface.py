"""What `evaluate` asks of every protocol."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

from pipelines.evaluation.protocols.interface import EvaluationProtocol, load_protocol
from pipelines.evaluation.protocols.table import PROTOCOLS
from pipelines.evaluation.settings import EvaluateConfig

MEASURED = [name for name, row in PROTOCOLS.items() if not row.asks_people]
"""Where people judge there is nothing to measure: tests/evaluation/study."""


def asked(protocol, tmp_path, **changes):
    return EvaluateConfig(protocol, Path("a"), Path("b"), workspace=tmp_path, **changes)


@pytest.mark.parametrize("name", MEASURED)
def test_every_protocol_has_all_of_it(name, tmp_path):
    protocol = load_protocol(asked(name, tmp_path))
    assert type(protocol).__module__ == PROTOCOLS[name].made_by.split(":")[0]
    for attribute in EvaluationProtocol.__annotations__:
        assert hasattr(protocol, attribute), attribute
    for method, wanted in inspect.getmembers(EvaluationProtocol, inspect.isfunction):
        if not method.startswith("_"):
            found = inspect.signature(getattr(type(protocol), method))
            assert list(found.parameters) == list(inspect.signature(wanted).parameters)


@pytest.mark.parametrize("name", MEASURED)
def test_settings_are_json_and_say_nothing_of_this_machine(name, tmp_path):
    one = load_protocol(asked(name, tmp_path, device="cpu")).settings()
    other = load_protocol(asked(name, tmp_path / "x", device="auto")).settings()
    assert json.loads(json.dumps(one)) == json.loads(json.dumps(other))
    assert str(tmp_path) not in json.dumps(one)


def test_making_one_writes_nothing(tmp_path):
    for name in MEASURED:
        load_protocol(asked(name, tmp_path / "w"))
    assert list(tmp_path.iterdir()) == []
