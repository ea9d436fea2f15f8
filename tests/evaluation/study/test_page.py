"""The page in a browser: people whose preference is known use it, and are found again.

Half a minute or so: clips are watched to their end, as people have to.
"""

from __future__ import annotations

import io
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.evaluation.settings import EvaluateConfig
from pipelines.evaluation.study.design import Design
from pipelines.evaluation.study.judging import judge_study
from pipelines.evaluation.study.making import make_study, study_key
from pipelines.media.ffmpeg import ffmpeg_program
from pipelines.support.progress import SILENT

LIKES = {"ours": 5, "theirs": 3, "truth": 4}


class Person:
    """Somebody before the page, with a browser of their own."""

    def __init__(self, browser, study: dict, width: int = 360, height: int = 500) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.path, self.asked, self.by_hand = Path(study["page"]), [], True
        key = json.loads((Path(study["folder"]) / "study.json").read_text())
        self.design, self.criteria = Design.of_key(key), key["criteria"]
        self.open()

    def open(self) -> None:
        self.page = self.context.new_page()
        self.page.set_default_timeout(120_000)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(self.path.as_uri(), timeout=180_000)
        self.page.wait_for_selector("body[data-screen]")

    def begin(self, code: str = "") -> None:
        self.page.fill("#code", code)
        self.page.click("#start")
        self.page.wait_for_selector("body[data-screen=trial]")

    def sides(self) -> dict[str, str]:
        """The clips that are shown, as the page's own memory tells."""
        state = self.state()
        here = state["plan"][len(state["answers"])]
        return {side: here[side] for side in ("left", "right")}

    def state(self) -> dict:
        return self.page.evaluate("JSON.parse(Object.values(window.localStorage)[0])")

    def answer(self, careless: bool = False) -> None:
        pair = self.page.get_attribute("body", "data-pair")
        grades = {side: self.grade(clip) for side, clip in self.sides().items()}
        for side in ("left", "right"):
            assert self.page.is_disabled("#next")
            self.press(f"#play-{side}")
            self.page.wait_for_selector(f"#seen-{side}:text('watched')")
            for key in self.criteria:
                grade = 3 if careless else grades[side]
                self.press(f"input[name={side}-{key}][value='{grade}']")
        better = "left" if careless else max(grades, key=lambda side: grades[side])
        self.press(f"input[name=choice][value={better}]")
        self.press("#next")
        self.by_hand = False
        self.page.wait_for_selector(f"body:not([data-pair='{pair}']), body[data-screen=done]")
        self.page.wait_for_selector("body:not([data-pair='']), body[data-screen=done]")

    def press(self, name: str) -> None:
        """With the mouse until the first answer, which costs a tenth of a second each."""
        if self.by_hand:
            self.page.click(name, force=True)
        else:
            self.page.locator(name).dispatch_event("click")

    def grade(self, clip: str) -> int:
        seen = self.design.clips[clip]
        return 1 if seen.distorted else LIKES[seen.system]

    def saved(self, button: str, target: Path) -> Path:
        with self.page.expect_download() as download:
            self.page.click(button)
        download.value.save_as(target)
        return target

    def close(self) -> None:
        self.context.close()


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """Folders with videos of a third of a second, which every machine plays in time."""
    folders = tmp_path_factory.mktemp("filmed")
    for place, name in enumerate("abc"):
        (folders / name).mkdir()
        for number in range(2):
            picture = (
                f"testsrc2=size=96x128:rate=24:duration=0.34,hue=h={40 * (3 * number + place)}"
            )
            line = [ffmpeg_program(), "-v", "error", "-f", "lavfi", "-i", picture]
            line += ["-f", "lavfi", "-i", "sine=duration=0.34", "-pix_fmt", "yuv420p"]
            subprocess.run([*line, str(folders / name / f"{number}.mp4")], check=True)
    return EvaluateConfig(
        protocol="user-study", workspace=folders / "w",
        compare=(f"ours={folders}/a", f"theirs={folders}/b", f"truth={folders}/c"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def study(filmed):
    return make_study(replace(filmed, trials=3, catch_trials=2), SILENT)


def test_what_people_prefer_is_found_again_and_a_careless_one_is_left_out(
    browser, study, filmed, tmp_path
):
    files = []
    for careless in (False, True):
        person = Person(browser, study)
        person.begin()
        for _ in range(5):
            person.answer(careless)
        files.append(person.saved("#download", tmp_path / f"{careless}.json"))
        assert [url for url in person.asked if not url.startswith(("blob:", "data:"))] == [
            person.path.as_uri()
        ]
        person.close()
    judged = replace(filmed, compare=(), ratings=tuple(files))
    result = judge_study(judged, SILENT)
    assert [one["caught"] for one in result["raters"]] == [2]
    assert result["excluded"] == {str(files[1]): "inattentive: saw through 0 of 2 distorted dances"}
    for system, others in result["wins"].items():
        for other, found in others.items():
            assert found["value"] == float(LIKES[system] > LIKES[other])
        assert result["means"][system]["creativity"]["value"] == LIKES[system]
    orders = [[one["pair"] for one in json.loads(file.read_text())["answers"]] for file in files]
    assert orders[0] != orders[1], "order is a person's own"


def test_a_page_that_is_closed_goes_on_and_what_is_saved_is_opened_elsewhere(
    browser, study, filmed, tmp_path
):
    person = Person(browser, study)
    person.begin("anna")
    person.answer()
    person.page.check("input[name=left-quality][value='2']", force=True)
    sides = person.sides()
    person.page.close()
    person.open()
    person.page.wait_for_selector("body:not([data-pair=''])")
    assert "going on with pair 2" in person.page.inner_text("#note")
    assert person.sides() == sides
    assert person.page.is_checked("input[name=left-quality][value='2']")
    half = person.saved("#save", tmp_path / "half.json")
    person.close()

    elsewhere = Person(browser, study, 900, 400)
    strange = tmp_path / "strange.json"
    strange.write_text(half.read_text().replace(study["run"], "another"))
    elsewhere.page.set_input_files("#load", strange)
    elsewhere.page.wait_for_selector("#note:text('is of another study')")
    elsewhere.page.set_input_files("#load", half)
    elsewhere.page.wait_for_selector("body[data-screen=trial]")
    assert elsewhere.page.inner_text("#where") == "2 of 5"
    assert elsewhere.sides() == sides
    elsewhere.close()

    judged = replace(filmed, compare=(), ratings=(half,))
    with pytest.raises(Exception, match="nobody counts of 1 files"):
        judge_study(judged, SILENT)


def test_clips_beside_the_page_and_a_folder_that_was_left_behind(
    browser, config, monkeypatch, tmp_path
):
    monkeypatch.setattr("pipelines.evaluation.study.page.MOST_INSIDE", 1000)
    study = make_study(replace(config, trials=1, catch_trials=0), SILENT)
    person = Person(browser, study)
    person.begin()
    person.answer()
    assert person.page.get_attribute("body", "data-screen") == "done"
    assert all(url.startswith(("file:", "blob:", "data:")) for url in person.asked)
    person.close()
    lonely = tmp_path / "lonely"
    lonely.mkdir()
    (lonely / "study.html").write_bytes(Path(study["page"]).read_bytes())
    person = Person(browser, study | {"page": str(lonely / "study.html")})
    person.begin()
    note = person.page.inner_text("#note")
    assert "study-clips has to lie beside this page" in note
    person.close()


@pytest.mark.parametrize(("width", "height"), [(360, 500), (700, 420)])
def test_dances_are_watched_in_the_viewer(browser, config, width, height):
    study = make_study(replace(config, trials=1, catch_trials=0), SILENT)
    assert study_key(config.workspace, study["run"])["kind"] == "motion"
    person = Person(browser, study, width, height)
    person.begin()
    person.page.wait_for_selector("body:not([data-pair=''])")
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width
    picture = np.asarray(Image.open(io.BytesIO(person.page.locator("canvas").first.screenshot())))
    assert picture[..., :3].reshape(-1, 3).std(axis=0).max() > 5, "the canvas is empty"
    person.answer()
    assert person.page.get_attribute("body", "data-screen") == "done"
    assert [url for url in person.asked if url.startswith("http")] == []
    person.close()
