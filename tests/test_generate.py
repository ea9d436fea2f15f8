"""The verb `generate`: its plan, what it refuses first, and an expert that somebody adds."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.body.stick_body import skeleton_body
from pipelines.generate import GenerateConfig, generate, plan
from pipelines.generation.captured import with_captured
from pipelines.generation.run_name import run_name
from pipelines.generation.video import VIDEO_RECORD
from pipelines.motion.front import front_of
from pipelines.motion.npz import load_npz
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.progress import SILENT, Silent
from pipelines.workspace.layout import Workspace
from pipelines.workspace.stages import finish_stage

DANCER = Path(__file__).parents[1] / "examples" / "dancer.png"

TOY = """
from dataclasses import dataclass

import numpy as np

from pipelines.motion.motion import Motion
from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.interface import CANDIDATES, Cost, Danced, Expert
from pipelines.support.options import check, option


@dataclass(frozen=True)
class ToyOptions:
    lean: float = option(0.0, "Lean so far.", low=-1, high=1, metavar="RADIANS", panel="The dance")

    def validate(self):
        check(self)
        return self


class Toy:
    def __init__(self, options):
        self.lean = options.lean

    def dance(self, request, progress):
        poses = np.zeros((request.frames, 24, 3), np.float32)
        poses[:, 0, 0] = np.pi / 2 + self.lean
        return [Danced(Motion(poses, np.full((request.frames, 3), 0.9, np.float32), 30.0))]


EXPERTS["toy"] = Expert(
    help="leans", options=ToyOptions, load=lambda folder, device, options: Toy(options),
    genres=lambda folder: (), identity=lambda folder: "toy", abilities=frozenset({CANDIDATES}),
    cost=lambda folder, options, seconds, candidates: Cost(1, 1e9),
)
"""
"""A row that is added before the command line is there, as a folder of one's own would add it."""


@pytest.fixture
def with_toy(macedance, tmp_path):
    (tmp_path / "program.py").write_text(
        f"{TOY}\nimport sys\nsys.argv[0] = 'macedance'\n"
        "from macedance_cli.app import main\nmain()\n"
    )

    def run(*arguments):
        return macedance(*arguments, program=("program.py",))

    return run


def test_an_expert_of_ones_own_is_offered(with_toy):
    shown = with_toy("generate", "--help").stdout
    words = " ".join(re.findall(r"[\w:,.]+", shown))
    assert re.search(r"One of: library, mace,[^.]* toy", words)
    assert "--lean" in shown and "RADIANS" in shown


def test_an_expert_of_ones_own_dances(with_toy, tiny_song, tmp_path):
    command = ("generate", str(tiny_song), "--motion-only", "--motion-out", "dance.npz", "--json")
    done = with_toy(*command, "--expert", "toy", "--lean", "0.25")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["motion"]["expert"] == "toy"
    dance = np.load(tmp_path / "dance.npz")["poses"]
    assert dance.shape == (90, 72)
    assert np.allclose(dance[:, 0], np.pi / 2 + 0.25)
    planned = json.loads(with_toy(*command, "--expert", "toy", "--force", "--dry-run").stdout)
    assert (planned["expert"], planned["dance_time"]) == ("toy", "≈ 1 s on two processor cores")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("--expert", "toy", "--beta", "0.5"), "--beta means nothing to --expert toy"),
     (("--lean", "0.5"), "--lean means nothing to --expert library"),
     (("--expert", "toy", "--lean", "2"), "--lean 2: must lie in -1 ... 1"),
     (("--expert", "toy", "--genre", "salsa"), "--genre means nothing to --expert toy")],
)  # fmt: skip
def test_what_an_expert_does_not_know_is_refused_by_name(with_toy, tiny_song, arguments, says):
    done = with_toy(
        "generate", str(tiny_song), "--motion-only", "--motion-out", "d.npz", *arguments
    )
    assert done.returncode == 2
    assert says in done.stderr


def test_a_song_that_is_none_is_told_before_any_stage(tmp_path):
    class Listener(Silent):
        def stage(self, name, total=None, unit=""):
            raise AssertionError(name)

    (tmp_path / "song.wav").write_bytes(b"a song")
    (tmp_path / "picture.png").write_bytes(b"a picture")
    config = GenerateConfig(
        song=tmp_path / "song.wav", picture=tmp_path / "picture.png", appearance="puppet",
        output=tmp_path / "out.mp4", workspace=tmp_path / "workspace",
    )  # fmt: skip
    with pytest.raises(UnsuitableInput, match=r"song\.wav: not a sound"):
        generate(config, Listener())
    assert not (tmp_path / "workspace").exists()


@pytest.fixture
def config(tiny_song, tmp_path):
    return GenerateConfig(
        song=tiny_song, picture=DANCER, output=tmp_path / "out.mp4", duration=2.0, start=0.5,
        appearance="puppet", size="128", workspace=tmp_path / "workspace",
    )  # fmt: skip


def test_the_plan_says_who_dances_and_who_draws(config):
    facts = plan(config, SILENT)
    assert (facts["seconds"], facts["frames"], facts["size"]) == (2.0, 60, "72x128")
    assert (facts["expert"], facts["appearance"], facts["draft"]) == ("library", "puppet", True)
    assert facts["dance_time"].startswith("≈") and facts["finished"] == []
    assert not config.workspace.exists()


def test_a_genre_is_refused_before_anything_is_read(config):
    with pytest.raises(BadUsage, match="--genre Polka") as caught:
        plan(replace(config, genre="Polka", song=Path("nothing.wav")), SILENT)
    assert "salsa" in caught.value.hint


def test_a_song_that_ends_before_the_dance_is_told(config):
    warned = []

    class Listener(Silent):
        def warn(self, message):
            warned.append(message)

    assert plan(replace(config, duration=2.5), Listener())["seconds"] == 2.5
    assert warned == []
    assert plan(replace(config, duration=20.0), Listener())["seconds"] == 2.5
    assert "ends 2.5 s after --start" in warned[0] and "--duration 20" in warned[0]


def test_the_plan_names_the_video(config):
    facts = plan(replace(config, output=None), SILENT)
    assert facts["output"] == "tiny-dancer.mp4"


def test_the_pose_that_is_found_can_be_looked_at_before_the_work(config, tmp_path):
    said = []

    class Listener(Silent):
        def say(self, message):
            said.append(message)

    preview = tmp_path / "pose.png"
    facts = plan(replace(config, preview=preview), Listener())
    assert facts["preview"] == str(preview)
    assert preview.read_bytes().startswith(b"\x89PNG")
    assert said == ["the picture shows the whole person: head, trunk, arms and legs can dance"]
    with pytest.raises(BadUsage, match=r"pose\.png exists"):
        plan(replace(config, preview=preview), SILENT)
    with pytest.raises(BadUsage, match="--preview"):
        plan(replace(config, preview=tmp_path / "pose.jpg"), SILENT)


def test_the_page_shows_the_video_that_is_made_and_the_one_that_was_captured(
    config, tmp_path, dancers, monkeypatch
):
    film = dancers("one", 3)
    asked = replace(config, motion_from=film, page=True)
    known = with_captured(asked, SILENT)
    captured = load_npz(known.motion)
    assert captured.seconds == 3.0 and front_of(captured) == 0.0
    monkeypatch.setattr("pipelines.body.bodies.open_body", lambda kind, look: skeleton_body())
    # An earlier run has drawn the video.
    folder = Workspace(config.workspace).generation(run_name(known))
    folder.mkdir(parents=True)
    shutil.copy(film, folder / "out.mp4")
    finish_stage(folder / VIDEO_RECORD, {"draft": True}, ["out.mp4"])
    generate(asked, SILENT)
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert re.findall(r'"name": "([^"]+)", "type": "video/mp4"', page) == [film.name, "out.mp4"]
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert {str(film), str(known.motion)} <= set(record["inputs"])
