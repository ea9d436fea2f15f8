// The page that shows dances from all sides, in step with their song.
// What it shows is in window.MACEDANCE (writing.py): dances, beats, sections, sound, video. A page
// of another kind, such as a user study, has none and takes the stage alone.

import { Stage, bytes, url } from "./stage.js";
import { Timeline } from "./timeline.js";
import { Clock } from "./clock.js";

const byId = (name) => document.getElementById(name);

async function main(page) {
  const stage = new Stage(byId("stage"));
  const videos = page.videos.map(framed);
  const clock = new Clock(page.sound ? byId("sound") : null, videos, page.seconds);
  const timeline = new Timeline(byId("timeline"), page, clock);
  // What a test, or a curious person, may ask.
  window.macedance = { clock, timeline, pelvis: (number = 0) => stage.seats[number].place.toArray() };
  await stage.show(page.dances);
  if (page.sound) byId("sound").src = url(page.sound);
  listChecks(page, clock, timeline);
  wire(page, stage, clock, timeline);
  resize(stage, timeline);
  document.body.dataset.ready = "yes";
  const draw = () => {
    window.requestAnimationFrame(draw);
    const seconds = clock.now();
    if (!stage.draw(seconds, byId("follow").checked, [clock.playing, clock.loop])) return;
    byId("time").textContent = `${seconds.toFixed(2)} s`;
    byId("play").textContent = clock.playing ? "Pause" : "Play";
    timeline.draw(seconds);
  };
  window.requestAnimationFrame(draw);
}

// A video with its name below it, beside the dances.
function framed(video) {
  const figure = byId("videos").appendChild(document.createElement("figure"));
  const film = figure.appendChild(document.createElement("video"));
  film.muted = true;
  film.playsInline = true;
  film.src = url(video);
  figure.appendChild(document.createElement("figcaption")).textContent = video.name;
  byId("videos").hidden = false;
  return film;
}

function resize(stage, timeline) {
  const box = byId("room").getBoundingClientRect();
  stage.resize(box.width, box.height);
  timeline.resize();
}

// What the checks found, in order of time, each a step away.
function listChecks(page, clock, timeline) {
  const found = page.dances.flatMap((dance) => dance.checks.map((check) => ({ ...check, dance: dance.name })));
  if (found.length === 0) return;
  found.sort((one, other) => one.from - other.from);
  const list = byId("checks");
  list.hidden = false;
  list.options[0].textContent = `${found.length} ${found.length === 1 ? "check" : "checks"}`;
  for (const check of found) {
    const where = page.dances.length > 1 ? `${check.dance}: ` : "";
    const span = `${check.from.toFixed(1)}–${check.to.toFixed(1)} s`;
    list.add(new Option(`${where}${check.kind} ${span}${check.note && ` (${check.note})`}`));
  }
  for (const kind of timeline.kinds) {
    const word = byId("kinds").appendChild(document.createElement("b"));
    word.textContent = kind;
    word.style.color = timeline.colour(kind);
  }
  list.addEventListener("change", () => {
    const check = found[list.selectedIndex - 1];
    if (check) {
      clock.loop = [Math.max(0, check.from - 0.5), Math.min(page.seconds, check.to + 0.5)];
      clock.seek(clock.loop[0]);
    }
  });
}

function wire(page, stage, clock, timeline) {
  byId("play").addEventListener("click", () => clock.toggle());
  byId("speed").addEventListener("change", (event) => clock.setSpeed(Number(event.target.value)));
  byId("loop").addEventListener("click", () => timeline.clearLoop());
  for (const name of ["front", "side", "back", "top"]) {
    byId(name).addEventListener("click", () => stage.look(name));
  }
  // A video takes its room only when it knows its size.
  new ResizeObserver(() => resize(stage, timeline)).observe(byId("room"));
  window.addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLSelectElement) return;
    const step = 1 / page.fps;
    if (event.key === " ") clock.toggle();
    else if (event.key === "ArrowLeft") clock.seek(clock.now() - (event.shiftKey ? 1 : step));
    else if (event.key === "ArrowRight") clock.seek(clock.now() + (event.shiftKey ? 1 : step));
    else return;
    event.preventDefault();
  });
}

if (window.MACEDANCE) {
  main(window.MACEDANCE).catch((error) => {
    document.body.dataset.ready = "no";
    byId("problem").hidden = false;
    byId("problem").textContent = `This page cannot be shown here: ${error.message}`;
  });
} else {
  window.macedanceStage = { Stage, bytes, url };
}
