"""The page in a browser: it plays, seeks, loops, keeps to its song, and asks for nothing."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pipelines.page import writing
from pipelines.page.writing import Check, Page, PageDance, PageVideo, Section, write_page

SOURCE = Path(writing.__file__).parent / "source"


def now(page):
    return page.evaluate("window.macedance.clock.now()")


def until(page, condition):
    """Wait for what the page's own policy lets nobody but `evaluate` look at."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"never: {condition}")


def test_it_shows_the_dance_and_asks_for_nothing(written, opened, tmp_path):
    page, asked = opened(written(beats=[0.5, 1.0, 1.5]))
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert sum(url.startswith("file:") for url in asked) == 1
    picture = _picture(page, "#stage")
    assert picture.reshape(-1, 3).std(axis=0).max() > 5, "the canvas is empty"
    assert page.inner_text("h1") == "dance 0"


@pytest.mark.parametrize("seconds", [0.0, 1.5, 3.9])
def test_the_body_is_where_the_dance_has_it(written, opened, dance, seconds):
    page, _ = opened(written())
    page.evaluate(f"window.macedance.clock.seek({seconds})")
    x, y, z = dance(0, 120).trans[min(round(seconds * 30), 119)].tolist()
    found = "window.macedance.pelvis(0)"
    until(page, f"Math.hypot({found}[0] - {x}, {found}[1] - {z}, {found}[2] + {y}) < 0.02")


def test_keys_step_frames_and_the_line_seeks(written, opened):
    page, _ = opened(written())
    page.keyboard.press("ArrowRight")
    assert now(page) == pytest.approx(1 / 30, abs=1e-6)
    page.keyboard.press("Shift+ArrowRight")
    assert now(page) == pytest.approx(1 + 1 / 30, abs=1e-6)
    box = page.locator("#timeline").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + 20)
    assert now(page) == pytest.approx(3.0, abs=0.03)


def test_a_stretch_is_looped_until_it_is_let_go(written, opened):
    page, _ = opened(written())
    box = page.locator("#timeline").bounding_box()
    at = [box["x"] + box["width"] * share for share in (0.25, 0.5)]
    page.keyboard.down("Shift")
    page.mouse.move(at[0], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(at[1], box["y"] + 20)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert page.evaluate("window.macedance.clock.loop") == pytest.approx([1.0, 2.0], abs=0.05)
    page.evaluate("window.macedance.clock.toggle()")
    page.evaluate("window.macedance.clock.seek(1.9)")
    until(page, "window.macedance.clock.now() < 1.8")
    page.click("#loop")
    assert page.evaluate("window.macedance.clock.loop") is None


def test_the_song_is_the_time(written, opened, tiny_song):
    page, _ = opened(written(song=tiny_song))
    page.click("#play")
    until(page, "document.getElementById('sound').currentTime > 0.3")
    apart = page.evaluate(
        "window.macedance.clock.now() - document.getElementById('sound').currentTime"
    )
    assert abs(apart) < 1 / 30
    page.click("#play")
    page.evaluate("window.macedance.clock.seek(1.0)")
    assert page.evaluate("document.getElementById('sound').currentTime") == pytest.approx(1.0)
    page.select_option("#speed", "0.5")
    assert page.evaluate("document.getElementById('sound').playbackRate") == 0.5


def test_several_dances_stand_side_by_side_and_on_a_phone_below_each_other(written, opened):
    target = written(2)
    for width, height in ((900, 600), (390, 800)):
        page, _ = opened(target, width, height)
        assert page.locator("header li").all_inner_texts() == ["dance 0", "dance 1"]
        assert page.inner_text("h1") == "Dances"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        picture = _picture(page, "#stage").astype(float)
        halves = np.array_split(picture, 2, axis=1 if width > height else 0)
        assert all(half.reshape(-1, 3).std(axis=0).max() > 5 for half in halves)


def test_videos_take_their_room_from_the_dances(written, opened, dancers):
    film = dancers("one", 2)
    target = written(2, videos=[PageVideo("out.mp4", film), PageVideo("<filmed>.mp4", film)])
    for width, height in ((900, 600), (390, 800)):
        page, _ = opened(target, width, height)
        films = "[...document.querySelectorAll('video')]"
        until(page, f"{films}.every((film) => film.readyState > 0)")
        room = "document.getElementById('room').getBoundingClientRect()"
        until(page, f"Math.abs(document.getElementById('stage').clientWidth - {room}.width) < 2")
        page.evaluate("window.macedance.clock.seek(1.0)")
        assert page.evaluate(f"{films}.map((film) => film.currentTime)") == pytest.approx(
            [1.0, 1.0]
        )
        assert page.locator("figcaption").all_inner_texts() == ["out.mp4", "<filmed>.mp4"]
        boxes = [page.locator("video").nth(number).bounding_box() for number in range(2)]
        assert all(box["width"] > 50 and box["height"] > 50 for box in boxes)
        assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        side, start = ("right", boxes[0]["x"]) if width > height else ("bottom", boxes[0]["y"])
        assert page.evaluate(f"{room}.{side}") == pytest.approx(start, abs=1)


def test_without_a_song_the_first_video_is_the_time(written, opened, dancers):
    page, _ = opened(written(videos=[PageVideo("out.mp4", dancers("one", 4))]))
    page.click("#play")
    until(page, "document.querySelector('video').currentTime > 0.3")
    apart = "window.macedance.clock.now() - document.querySelector('video').currentTime"
    assert abs(page.evaluate(apart)) < 1 / 30


def test_checks_are_listed_in_their_order_and_lead_to_their_stretch(tmp_path, dance, stick, opened):
    found = [
        Check("slide", 3, 3.2, 2), Check("slide", 1, 1.5, 0.4, "0.4 m/s"), Check("spike", 2, 2.1, 7)
    ]  # fmt: skip
    target = tmp_path / "p.html"
    write_page(Page([PageDance("d", dance(0, 120), stick, checks=found)]), target)
    page, _ = opened(target)
    assert page.locator("#checks option").all_inner_texts() == [
        "3 checks", "slide 1.0–1.5 s (0.4 m/s)", "spike 2.0–2.1 s", "slide 3.0–3.2 s",
    ]  # fmt: skip
    assert page.locator("#kinds b").all_inner_texts() == ["slide", "spike"]
    page.select_option("#checks", index=3)
    assert now(page) == pytest.approx(2.5)
    assert page.evaluate("window.macedance.clock.loop") == pytest.approx([2.5, 3.7])


def test_sections_are_coloured_by_their_label(written, opened):
    parts = [Section(0, 1, "A"), Section(1, 2, "B"), Section(2, 4, "A")]
    page, _ = opened(written(sections=parts))
    page.evaluate("window.macedance.clock.seek(0.5)")
    line = _picture(page, "#timeline")
    first, second, third = (tuple(line[14, round(line.shape[1] * at)]) for at in (0.2, 0.45, 0.8))
    assert first == third != second


def test_the_bundle_belongs_to_its_source():
    """What its last line says of both; `npm run build` writes it."""
    bundle = (SOURCE.parent / "viewer.min.js").read_bytes()
    text, last = bundle[: bundle.rindex(b"// sources ")], bundle[bundle.rindex(b"// sources ") :]
    sources = [*sorted(SOURCE.glob("*.js")), SOURCE / "package-lock.json"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    assert last.decode() == f"// sources {digest} bundle {hashlib.sha256(text).hexdigest()}\n"


def test_the_bundle_is_what_its_source_builds(tmp_path):
    tool = SOURCE / "node_modules" / "esbuild"
    if shutil.which("npm") is None or not tool.is_dir():
        pytest.skip("npm ci was not run in pipelines/page/source")
    out = tmp_path / "viewer.min.js"
    subprocess.run(["npm", "run", "--silent", "build", "--", str(out)], cwd=SOURCE, check=True)
    assert out.read_bytes() == (SOURCE.parent / "viewer.min.js").read_bytes()


def _picture(page, selector):
    import io

    from PIL import Image

    page.wait_for_timeout(500)
    data = page.locator(selector).screenshot()
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
