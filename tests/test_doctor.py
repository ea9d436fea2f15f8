"""Doctor: tries, contains crashes and hangs, and says what to install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import doctor
from pipelines.appearance_expert.experts import EXPERTS as APPEARANCE_EXPERTS
from pipelines.motion_expert.experts import DEFAULT, EXPERTS
from pipelines.music.recipes import muq_files
from pipelines.support.errors import MissingAsset

ROOT = Path(__file__).parents[1]


def _program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_examines_everything_within_five_seconds(tmp_path: Path) -> None:
    begin = time.process_time()
    checks = doctor.examine(tmp_path / "workspace")
    assert time.process_time() - begin < 5
    assert [check.name for check in checks] == [
        "python", "system libraries", "ffmpeg", "pose detector", "motion weights", "disk",
        "compile cache", "OpenGL", "GPU", "scan kernels", "MuQ", "Tiny weights",
        "Wan weights",
    ]  # fmt: skip
    for check in checks:
        assert check.detail
        assert bool(check.remedy) == (check.state != "ok")
    assert not (tmp_path / "workspace").exists()


def test_this_machine_encodes(tmp_path: Path) -> None:
    assert doctor.check_ffmpeg().state == "ok"


def test_ffmpeg_that_cannot_encode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(
        tmp_path / "bin",
        "ffmpeg",
        'case "$*" in -version) echo "ffmpeg version 9";; *) exit 1;; esac',
    )
    _program(tmp_path / "bin", "ffprobe", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    check = doctor.check_ffmpeg()
    assert check.state == "missing"
    assert check.detail == "9 cannot encode H.264 with AAC"


def test_a_program_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin", "nvidia-smi", "exec /bin/sleep 60")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(doctor, "PATIENCE", 0.3)
    begin = time.monotonic()
    assert doctor.check_gpu().detail == "the NVIDIA driver does not answer"
    assert time.monotonic() - begin < 50


def test_a_gpu_that_torch_cannot_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin", "nvidia-smi", "echo 'NVIDIA H200, 143771 MiB'")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(doctor, "PATIENCE", 60.0)
    check = doctor.check_gpu()
    assert check.state == "absent"
    assert check.detail == "NVIDIA H200, 143771 MiB, but torch cannot use it"


def _broken() -> str:
    raise MissingAsset("small.safetensors is damaged")


def test_damaged_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.check_motion_weights().detail.startswith(f"{DEFAULT}: ")
    monkeypatch.setitem(EXPERTS, "other", replace(EXPERTS[DEFAULT], check=_broken))
    check = doctor.check_motion_weights()
    assert (check.state, check.detail) == ("absent", "other: small.safetensors is damaged")
    assert "force-reinstall" in check.remedy
    monkeypatch.setitem(EXPERTS, DEFAULT, replace(EXPERTS[DEFAULT], check=_broken))
    check = doctor.check_motion_weights()
    assert (check.state, check.detail) == ("missing", f"{DEFAULT}: small.safetensors is damaged")


def test_an_expert_that_ships_nothing_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXPERTS, "other", replace(EXPERTS[DEFAULT], check=None))
    assert "other" not in doctor.check_motion_weights().detail


def test_the_small_model_is_whole_or_absent() -> None:
    check = APPEARANCE_EXPERTS["tiny"].check
    assert check is not None
    assert doctor.check_own_weights("Tiny weights", check).state == "ok"
    assert doctor.check_own_weights("Tiny weights", _broken).state == "absent"


def test_a_trial_that_raises_is_contained() -> None:
    def broken() -> doctor.Check:
        raise ZeroDivisionError("oops")

    check = doctor._contained("x", broken)
    assert (check.name, check.state) == ("x", "missing")
    assert "ZeroDivisionError: oops" in check.detail


def test_scan_kernels_are_asked_for_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a GPU's driver there, whichever kernel is found; never that they cannot be asked."""
    _program(tmp_path / "bin", "nvidia-smi", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    codes = []
    trial = doctor._try
    monkeypatch.setattr(doctor, "_try", lambda *given: codes.append(trial(*given)) or codes[-1])
    monkeypatch.setattr(doctor, "PATIENCE", 60.0)
    doctor.check_scan_kernels()
    assert codes[0][0] in (3, 4, 5)


def test_a_nearly_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SMALLEST_DISK", 1 << 80)
    check = doctor.check_disk(tmp_path / "not" / "yet")
    assert check.state == "missing"
    assert "GB free" in check.detail


def test_wan_weights_that_are_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model_index.json").write_text('{"_class_name": "WanAnimatePipeline"}')
    monkeypatch.setenv("MACEDANCE_WAN_MODEL", str(tmp_path))
    asked = APPEARANCE_EXPERTS["wan"].check
    assert asked is not None
    check = doctor.check_own_weights("Wan weights", asked)
    assert check.state == "absent"
    assert str(tmp_path) in check.detail
    assert "transformer" in check.detail
    monkeypatch.setenv("MACEDANCE_WAN_MODEL", str(tmp_path / "nowhere"))
    assert doctor.check_own_weights("Wan weights", asked).detail.startswith("none")


def test_muq_is_named_with_its_licence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(muq_files.util, "find_spec", lambda name: object())
    monkeypatch.setenv(muq_files.ENVIRONMENT_VARIABLE, str(tmp_path))
    check = doctor.check_own_weights("MuQ", muq_files.check)
    assert check.state == "absent" and "CC BY-NC 4.0" in check.remedy
    (tmp_path / "config.json").write_text("{}")
    check = doctor.check_own_weights("MuQ", muq_files.check)
    assert check.state == "ok" and str(tmp_path) in check.detail


def test_works_without_any_package() -> None:
    """-S hides everything outside the standard library, and -I the user's own packages."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "from pipelines.doctor import examine\n"
        "print({check.name: check.state for check in examine(Path('.'))})"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(ROOT)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "'python': 'missing'" in done.stdout
    assert "'ffmpeg': 'ok'" in done.stdout


def test_json_for_machines(macedance) -> None:
    done = macedance("doctor", "--json")
    report = json.loads(done.stdout)
    states = {check["name"]: check["state"] for check in report["checks"]}
    assert report["ready"] == ("missing" not in states.values())
    assert done.returncode == (0 if report["ready"] else 4)
