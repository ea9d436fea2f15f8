"""MACE-Dance's row: its folder read without its weights, its estimate from the network's size."""

from pathlib import Path

import pytest
from numpy import ones

from pipelines.motion.representation import Normalizer, Standardizer
from pipelines.motion_expert.interface import CANDIDATES, EDITING, GENRES
from pipelines.motion_expert.mace.checkpoint import Checkpoint, save_checkpoint
from pipelines.motion_expert.mace.dancer import MaceDancer
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.options import MaceOptions
from pipelines.motion_expert.mace.presets import MotionExpertConfig
from pipelines.motion_expert.mace.row import MACE
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.support.errors import MissingAsset

NETWORK = MotionExpertConfig(
    width=8, heads=2, feedforward=8, dance_blocks=1, music_blocks=1, state=2, genres=("Jazz",),
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    save_checkpoint(
        folder,
        Checkpoint(NETWORK, MotionExpert(NETWORK).state_dict(), Normalizer(ones(151), ones(151)),
                   Standardizer(ones(35), ones(35)), FEATURE_SCHEMA, {}),
    )  # fmt: skip
    return folder


def test_a_folder_of_ones_own(folder):
    assert MACE.genres(folder) == ("Jazz",)
    assert MACE.identity(folder) != MACE.identity(None)
    assert isinstance(MACE.load(folder, "cpu", MaceOptions()), MaceDancer)


def test_a_small_network_is_sooner_done(folder):
    small, shipped = (MACE.cost(where, MaceOptions(), 600, 1) for where in (folder, None))
    assert small.seconds < shipped.seconds and small.memory < shipped.memory


def test_a_folder_that_is_not_there(tmp_path):
    assert MACE.identity(tmp_path / "nowhere") == ""
    for ask in (MACE.genres, lambda where: MACE.cost(where, MaceOptions(), 10, 1)):
        with pytest.raises(MissingAsset, match="no Motion Expert"):
            ask(tmp_path / "nowhere")


def test_it_has_styles_candidates_and_edits_and_is_trained():
    assert MACE.abilities == {GENRES, CANDIDATES, EDITING}
    assert MACE.training is not None and not MACE.draft
