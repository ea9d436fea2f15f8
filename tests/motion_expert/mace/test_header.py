"""The JSON beside the weights: read alone, refused where it is damaged."""

import json
import shutil
import subprocess
import sys

import pytest

from pipelines.motion_expert.interface import CONFIG_NAME
from pipelines.motion_expert.mace.header import (
    SHIPPED,
    WEIGHTS_NAME,
    checkpoint_digest,
    read_header,
)
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import sha256_file


def test_the_header_that_ships():
    header = read_header(None)
    assert "salsa" in header.config.genres
    assert header.sha256 == checkpoint_digest(None) == sha256_file(SHIPPED / WEIGHTS_NAME)


def test_reading_it_takes_no_torch():
    script = (
        "import sys; from pipelines.motion_expert.mace import header; header.read_header(None);"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("lacking", [CONFIG_NAME, WEIGHTS_NAME])
def test_a_missing_file_is_named(tmp_path, lacking):
    for name in {CONFIG_NAME, WEIGHTS_NAME} - {lacking}:
        shutil.copy(SHIPPED / name, tmp_path)
    with pytest.raises(MissingAsset, match=f"{lacking} is missing"):
        read_header(tmp_path)


@pytest.mark.parametrize("change", [{"network": {"width": 3}}, {"network": {"speed": 3}}, None])
def test_a_damaged_header_is_refused(tmp_path, change):
    shutil.copy(SHIPPED / WEIGHTS_NAME, tmp_path)
    values = json.loads((SHIPPED / CONFIG_NAME).read_text())
    text = "{" if change is None else json.dumps(values | change)
    (tmp_path / CONFIG_NAME).write_text(text)
    with pytest.raises(UnsuitableInput, match="not a Motion Expert checkpoint"):
        read_header(tmp_path)
