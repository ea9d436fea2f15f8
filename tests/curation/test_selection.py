"""From observations to clips: which are kept, which are dropped, and why."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pipelines.curation.clip import shot_jobs
from pipelines.curation.observations import (
    Observations,
    joined,
    load_observations,
    save_observations,
)
from pipelines.curation.selection import (
    Before,
    Candidate,
    candidates_of,
    distinct_frames,
    drop_repeats,
    held_out,
)
from pipelines.curation.settings import CurateConfig
from pipelines.curation.sources import RawVideo
from pipelines.curation.watching import Watched
from pipelines.workspace.clip_windows import even_windows

CONFIG = CurateConfig(src=(Path("v"),), test_share=0.0)
FPS, FRAMES = 10, 600


def film(**changes: np.ndarray) -> Observations:
    """A minute in which one whole person moves at 0.4 body heights a second."""
    looks = np.arange(0, FRAMES, 3)
    count = len(looks)
    points = np.full((count, 17, 3), 0.9)
    box = np.tile([0.4, 0.1, 0.6, 0.9], (count, 1))
    return replace(
        Observations(
            cut=np.zeros(FRAMES),
            flow_frame=np.arange(1, FRAMES),
            motion=np.full(FRAMES - 1, 0.4),
            look_frame=looks,
            people=np.ones(count, int),
            box=box,
            points=points,
            bars=np.zeros(count),
            hash=np.arange(count, dtype=np.uint64),
            thumb_frame=np.array([0, 300]),
            thumb_bytes=np.frombuffer(b"aabbb", np.uint8),
            thumb_size=np.array([2, 3]),
        ),
        **changes,
    )


def watched(sha256: str = "ab" * 32, **facts: object) -> Watched:
    known = {"width": 640, "height": 480, "fps": [FPS, 1], "frames": FRAMES, "has_sound": True,
             "sound_level": [-20.0] * 60, "finder": "blazepose"}  # fmt: skip
    return Watched(RawVideo(Path("v/a.mp4"), "a.mp4"), sha256, Path("w"), True, known | facts)


def select(seen: Observations, config: CurateConfig = CONFIG, **facts: object) -> list:
    return candidates_of(config, watched(**facts), seen)[0]


def reasons(seen: Observations, config: CurateConfig = CONFIG, **facts: object) -> set:
    return {tuple(one.reasons) for one in select(seen, config, **facts)}


def test_a_good_film_is_kept_in_windows_of_five_to_ten_seconds() -> None:
    found = select(film())
    assert all(one.kept for one in found)
    assert all(50 <= one.stop - one.start <= 100 for one in found)
    assert found == select(film())
    assert [one.clip for one in found] != [one.clip for one in select(film(), seed_config(1))]
    assert len({one.clip for one in found}) == len(found)
    assert found[0].scores["motion"] == pytest.approx(0.4)
    assert found[0].scores["person_height"] == pytest.approx(384)


def seed_config(seed: int) -> CurateConfig:
    return replace(CONFIG, seed=seed)


def test_no_clip_spans_a_cut_and_short_shots_are_dropped() -> None:
    cut = np.zeros(FRAMES)
    cut[[199, 239]] = 0.9
    found, shots = candidates_of(CONFIG, watched(), film(cut=cut))
    assert [(shot.start, shot.stop) for shot in shots] == [(0, 200), (200, 240), (240, 600)]
    assert [one.reasons for one in found].count(["short"]) == 1
    for one in found:
        assert not any(one.start <= k < one.stop - 1 for k in (199, 239))
        assert one.scores.get("cut") in (None, 0.0)
    # A bolder threshold sees one long shot, without another look at the video.
    assert (
        len(candidates_of(replace(CONFIG, shot_threshold=0.95), watched(), film(cut=cut))[1]) == 1
    )


def test_each_rule_has_its_reason_and_its_switch() -> None:
    looks = np.arange(0, FRAMES, 3)
    few = np.where(looks % 30 == 0, 2, 1)
    cut_off = film().points.copy()
    cut_off[:, 15:, 2] = 0.1
    small = np.tile([0.4, 0.1, 0.6, 0.3], (len(looks), 1))
    off = replace(
        CONFIG, min_motion=0, max_several=1, max_nobody=1, min_whole_body=0, min_side=0,
        min_person=0, max_black_bars=1,
    )  # fmt: skip
    for seen, facts, reason in (
        (film(motion=np.full(FRAMES - 1, 0.01)), {}, "still"),
        (film(people=few), {}, "several"),
        (film(people=np.where(looks % 15 == 0, 0, 1)), {}, "nobody"),
        (film(points=cut_off), {}, "cut_off"),
        (film(), {"width": 200}, "small_picture"),
        (film(box=small), {}, "small_person"),
        (film(bars=np.full(len(looks), 0.3)), {}, "black_bars"),
    ):
        assert reasons(seen, **facts) == {(reason,)}, reason
        assert reasons(seen, off, **facts) == {()}, reason
    quiet = {"sound_level": [-90.0] * 60}
    assert reasons(film(), **quiet) == {()}
    assert reasons(film(), replace(CONFIG, require_sound=True), **quiet) == {("silent",)}
    assert reasons(film(), replace(CONFIG, require_sound=True), sound_level=[]) == {("silent",)}


def test_a_few_frames_with_a_passer_by_are_forgiven_and_named() -> None:
    people = np.ones(200, int)
    people[[50, 120]] = 2, 0
    found = select(film(people=people))
    assert all(one.kept for one in found)
    seconds = {s for one in found for s in one.named.get("several", [])}
    assert seconds == {15.0}
    assert {s for one in found for s in one.named.get("nobody", [])} == {36.0}


def test_the_split_follows_the_source_and_its_clips_last_five_seconds() -> None:
    config = replace(CONFIG, test_share=0.3)
    videos = [f"{n:064x}" for n in range(600)]
    test = [video for video in videos if held_out(video, config)]
    assert 130 < len(test) < 230
    # Another seed holds out others; a larger share all of these and more.
    assert test != [video for video in videos if held_out(video, replace(config, seed=1))]
    more = replace(config, test_share=0.5)
    assert all(held_out(video, more) for video in test)
    found = candidates_of(config, watched(test[0]), film())[0]
    assert [one.stop - one.start for one in found] == [50] * 12
    assert even_windows(49, 10.0, "a", 0, 5.0) == []


def test_clips_that_overlap_are_encoded_together() -> None:
    found = select(film())
    found[len(found) // 2].reasons.append("several")
    jobs = shot_jobs(CONFIG, watched(), found, "train")
    assert sorted(one.clip for job in jobs for one in job.clips) == sorted(
        one.clip for one in found if one.kept
    )
    for job in jobs:
        assert max(c.stop for c in job.clips) - min(c.start for c in job.clips) <= 60 * FPS
    cut = np.zeros(FRAMES)
    cut[299] = 1
    jobs = shot_jobs(CONFIG, watched(), select(film(cut=cut)), "train")
    assert len({job.clips[0].shot for job in jobs}) == 2


def test_observations_survive_the_disk_and_join(tmp_path: Path) -> None:
    save_observations(tmp_path / "a.npz", film())
    again = load_observations(tmp_path / "a.npz")
    assert again is not None
    twice = joined([again, film()])
    assert twice.frames == 2 * FRAMES
    assert again.thumbnails(0, 10) == [b"aa"] and again.thumbnails(0, 600) == [b"aa", b"bbb"]
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(whole[: len(whole) // 2])
    assert load_observations(tmp_path / "a.npz") is None
    assert load_observations(tmp_path / "none.npz") is None


def test_a_moment_that_two_clips_show_is_one():
    spans = [(0, 50), (30, 90), (40, 60), (200, 250)]
    clips = [Candidate("c", "s", start, stop) for start, stop in spans]
    assert distinct_frames(clips) == 140
    clips[1].reasons.append("still")
    assert distinct_frames(clips) == 110


def test_overlap_is_asked_for():
    starts = {}
    for overlap in (0.0, 0.5):
        config = replace(CONFIG, overlap=overlap)
        found, _ = candidates_of(config, watched(), film())
        starts[overlap] = [(one.start, one.stop) for one in found]
    assert all(a[1] == b[0] for a, b in pairwise(starts[0.0]))
    assert len(starts[0.5]) > len(starts[0.0])


def labelled(genre: str | None, sha256: str, **changes: object) -> tuple[list, Observations]:
    """A video of the same pictures as any other here, with a label of its own."""
    one = watched(sha256)
    one = replace(one, source=replace(one.source, genre=genre))
    seen = film(hash=np.random.default_rng(0).integers(0, 2**63, 200).astype(np.uint64), **changes)
    return candidates_of(CONFIG, one, seen)[0], seen


def test_of_repeats_the_labelled_one_stays_and_a_dropped_ones_label_moves() -> None:
    salsa, seen = labelled("salsa", "ab" * 32)
    copy, _ = labelled(None, "ab" * 32)
    for one in copy:
        one.shot = "another"
    before = Before()
    drop_repeats(CONFIG, salsa, seen, before)
    drop_repeats(CONFIG, copy, seen, before)
    assert all(one.kept and one.genre == "salsa" for one in salsa)
    assert all(one.reasons == ["duplicate"] for one in copy)

    still, seen = labelled("salsa", "ab" * 32, motion=np.zeros(FRAMES - 1))
    copy, sharp = labelled(None, "ab" * 32)
    for one in copy:
        one.shot = "another"
    drop_repeats(CONFIG, still, seen, before := Before())
    drop_repeats(CONFIG, copy, sharp, before)
    assert not any(one.kept for one in still)
    assert all(one.kept and one.genre == "salsa" for one in copy)
