// The page of a user study: two dances after two dances, a choice and ratings for each, kept in the
// browser and saved as a file. What it asks is in window.MACEDANCE_STUDY (page.py).
"use strict";

(() => {
  const study = window.MACEDANCE_STUDY;
  const byId = (name) => document.getElementById(name);
  const SIDES = ["left", "right"];
  const LETTERS = { left: "A", right: "B" };
  const KEPT = `macedance ${study.study}`;

  // ---- Chance: everybody has pairs, order and sides of their own.

  function random(text) {
    let seed = 2166136261;
    for (const letter of text) seed = Math.imul(seed ^ letter.codePointAt(0), 16777619);
    return () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  }

  function shuffled(list, chance) {
    const found = [...list];
    for (let last = found.length - 1; last > 0; last -= 1) {
      const other = Math.floor(chance() * (last + 1));
      [found[last], found[other]] = [found[other], found[last]];
    }
    return found;
  }

  function planned(rater) {
    const chance = random(study.study + rater);
    const drawn = study.groups.flatMap((group) => shuffled(group.pairs, chance).slice(0, group.draw));
    return shuffled(drawn, chance).map((pair) => {
      const [left, right] = shuffled(pair.clips, chance);
      return { pair: pair.id, left, right };
    });
  }

  // ---- Memory: all that is known of the person here, kept after every click.

  let state = null;
  let note = "";

  function begin(code) {
    const letters = crypto.getRandomValues(new Uint8Array(8));
    const rater = [...letters].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const now = new Date().toISOString();
    state = {
      format: study.format, study: study.study, rater, code: code.trim(), started: now, saved: now,
      finished: false, trials: study.trials, plan: planned(rater), answers: [], draft: null, handed: false,
    };
    keep();
  }

  function keep() {
    state.saved = new Date().toISOString();
    try {
      window.localStorage.setItem(KEPT, JSON.stringify(state));
    } catch {
      tell("This browser does not keep answers when the page is closed: use “Save for later” before.");
    }
  }

  function remembered() {
    try {
      const found = JSON.parse(window.localStorage.getItem(KEPT));
      return found && found.format === study.format && found.study === study.study ? found : null;
    } catch {
      return null;
    }
  }

  function tell(text) {
    note = text;
    byId("note").textContent = note;
    byId("note").hidden = note === "";
  }

  function download() {
    const { draft, handed, ...answers } = state;
    const file = state.finished ? answers : { ...answers, draft };
    const blob = new Blob([`${JSON.stringify(file, null, 1)}\n`], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `answers-${state.code.replace(/[^\w-]+/g, "_") || state.rater}.json`;
    link.click();
    state.handed = true;
    keep();
    return link.download;
  }

  async function loaded(file) {
    let found = null;
    try {
      found = JSON.parse(await file.text());
    } catch {
      return tell(`${file.name} is not a file that this page has saved.`);
    }
    if (!found || found.format !== study.format) return tell(`${file.name} is not a file that this page has saved.`);
    if (found.study !== study.study) return tell(`${file.name} is of another study.`);
    state = { draft: null, handed: false, ...found };
    keep();
    tell("");
    return show();
  }

  // ---- What is seen: a video, or a dance in 3D, each with a clock of its own.

  const coming = {};
  window.MACEDANCE_PART = (name, data) => coming[name](data);

  function missing() {
    return new Error(`the folder ${study.beside} has to lie beside this page`);
  }

  function glb(name) {
    if (!study.beside) return Promise.resolve(byId(name).textContent);
    return new Promise((done, failed) => {
      coming[name] = done;
      const script = document.createElement("script");
      script.src = `${study.beside}/${name.replace(/\.glb$/, ".js")}`;
      script.onerror = () => failed(missing());
      document.head.append(script);
      script.onload = () => script.remove();
    });
  }

  function address(name) {
    if (study.beside) return `${study.beside}/${name}`;
    const part = byId(name);
    const text = atob(part.textContent);
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    return URL.createObjectURL(new Blob([bytes], { type: part.dataset.type }));
  }

  function free(media) {
    if (media.src.startsWith("blob:")) URL.revokeObjectURL(media.src);
  }

  function opened(media, name) {
    return new Promise((done, failed) => {
      media.onloadeddata = () => done();
      media.onerror = () => failed(study.beside ? missing() : new Error("this browser cannot play its clips"));
      media.src = address(name);
    });
  }

  class Video {
    constructor(box) {
      this.media = document.createElement("video");
      Object.assign(this.media, { playsInline: true, preload: "auto" });
      box.append(this.media);
    }

    async show(clip) {
      free(this.media);
      await opened(this.media, `${clip}.mp4`);
    }

    get now() { return this.media.currentTime; }

    get ended() { return this.media.ended; }

    play() { return this.media.play(); }

    pause() { this.media.pause(); }

    rewind() { this.media.currentTime = 0; }

    draw() {}
  }

  // Both sides ask for the body at once, so what is kept is the promise of it.
  let body = null;

  class Dance {
    constructor(box) {
      this.canvas = document.createElement("canvas");
      box.append(this.canvas);
      this.stage = new window.macedanceStage.Stage(this.canvas);
      new ResizeObserver(() => this.stage.resize(box.clientWidth, box.clientHeight)).observe(box);
      this.sound = new Audio();
    }

    async show(name) {
      const clip = study.clips[name];
      free(this.sound);
      this.heard = clip.sound ? this.sound : null;
      if (this.heard) await opened(this.sound, `${clip.sound}.m4a`);
      body = body || glb("body.glb");
      const seen = { glb: await glb(`${name}.glb`), body: await body };
      await this.stage.show([{ ...seen, front: clip.front, seconds: clip.seconds }]);
      this.seconds = clip.seconds;
      this.playing = false;
      this.rewind();
    }

    get now() {
      const time = performance.now();
      if (this.playing) {
        this.at = this.heard && !this.heard.ended ? this.heard.currentTime : this.at + (time - this.since) / 1000;
        this.at = Math.min(this.at, this.seconds);
      }
      this.since = time;
      return this.at;
    }

    get ended() { return this.now >= this.seconds - 0.02; }

    play() {
      this.playing = true;
      this.since = performance.now();
      return this.heard ? this.heard.play() : Promise.resolve();
    }

    pause() {
      this.playing = false;
      if (this.heard) this.heard.pause();
    }

    rewind() {
      this.at = 0;
      this.since = performance.now();
      if (this.heard) this.heard.currentTime = 0;
    }

    draw() { if (this.seconds) this.stage.draw(this.now); }
  }

  // ---- One pair.

  const players = {};
  let began = 0;
  let busy = false;

  function element(tag, more = {}, ...children) {
    const made = Object.assign(document.createElement(tag), more);
    made.append(...children);
    return made;
  }

  function option(group, value, text, chosen) {
    const input = element("input", { type: "radio", name: group, value });
    input.addEventListener("change", () => chosen(value));
    return element("label", {}, input, text);
  }

  function built() {
    for (const side of SIDES) {
      const view = element("div", { className: "view" });
      const play = element("button", { id: `play-${side}`, textContent: "Play" });
      const bar = element("progress", { value: 0, max: 1 });
      bar.setAttribute("aria-label", `Dance ${LETTERS[side]}, how far it is`);
      const seen = element("span", { className: "seen", id: `seen-${side}` });
      const rated = study.criteria.map((criterion) => {
        const grades = study.grades.map((word, place) => option(
          `${side}-${criterion.key}`, place + 1, word, (grade) => rate(side, criterion.key, grade),
        ));
        const legend = element("legend", {}, criterion.title, element("small", { textContent: criterion.question }));
        return element("fieldset", {}, legend, element("div", { className: "grades" }, ...grades));
      });
      const head = element("h2", { textContent: `Dance ${LETTERS[side]}` });
      const controls = element("div", { className: "bar" }, play, bar, seen);
      byId("sides").append(element("div", { className: "side" }, head, view, controls, ...rated));
      const Player = window.macedanceStage ? Dance : Video;
      players[side] = Object.assign(new Player(view), { button: play, bar, seen });
      play.addEventListener("click", () => toggle(side));
      byId("choice").append(option("choice", side, `Dance ${LETTERS[side]}`, (chosen) => {
        state.draft.choice = chosen;
        changed();
      }));
    }
  }

  function rate(side, key, grade) {
    state.draft.ratings[side][key] = grade;
    changed();
  }

  function toggle(side) {
    const player = players[side];
    const stop = player.running;
    for (const other of SIDES) {
      players[other].pause();
      players[other].running = false;
    }
    if (stop) return;
    if (player.ended) player.rewind();
    player.running = true;
    player.play().catch(() => { player.running = false; });
  }

  function changed() {
    keep();
    const left = stillMissing();
    byId("missing").textContent = left.length ? `Still to do: ${left.join(", ")}.` : "";
    byId("next").disabled = left.length > 0;
  }

  function stillMissing() {
    const { draft } = state;
    const left = SIDES.filter((side) => !draft.watched[side]).map((side) => `watch dance ${LETTERS[side]} to its end`);
    if (!draft.choice) left.push("choose one");
    for (const side of SIDES) {
      const rated = study.criteria.filter((criterion) => draft.ratings[side][criterion.key]).length;
      if (rated < study.criteria.length) left.push(`rate dance ${LETTERS[side]}`);
    }
    return left;
  }

  function tick() {
    window.requestAnimationFrame(tick);
    if (!state || busy || byId("trial").hidden) return;
    for (const side of SIDES) {
      const player = players[side];
      player.draw();
      player.bar.value = player.now / study.clips[current()[side]].seconds;
      if (player.running && player.ended) {
        player.pause();
        player.running = false;
        if (!state.draft.watched[side]) {
          state.draft.watched[side] = true;
          changed();
        }
      }
      player.button.textContent = player.running ? "Pause" : "Play";
      player.seen.textContent = state.draft.watched[side] ? "watched" : "";
    }
  }

  function current() {
    return state.plan[state.answers.length];
  }

  async function showPair() {
    const here = current();
    if (!state.draft || state.draft.pair !== here.pair) {
      state.draft = { pair: here.pair, choice: null, ratings: { left: {}, right: {} }, watched: { left: false, right: false }, seconds: 0 };
    }
    busy = true;
    document.body.dataset.pair = "";
    byId("progress").value = state.answers.length / state.trials;
    byId("where").textContent = `${state.answers.length + 1} of ${state.trials}`;
    for (const input of document.querySelectorAll("#trial input[type=radio]")) input.checked = false;
    for (const side of SIDES) {
      players[side].running = false;
      players[side].pause();
      for (const [key, grade] of Object.entries(state.draft.ratings[side])) mark(`${side}-${key}`, grade);
    }
    if (state.draft.choice) mark("choice", state.draft.choice);
    byId("next").disabled = true;
    await Promise.all(SIDES.map((side) => players[side].show(here[side])));
    busy = false;
    began = performance.now();
    changed();
    document.body.dataset.pair = here.pair;
  }

  function mark(group, value) {
    const input = document.querySelector(`input[name="${group}"][value="${value}"]`);
    if (input) input.checked = true;
  }

  function answered() {
    const { choice, ratings } = state.draft;
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    state.answers.push({ ...current(), choice, ratings, seconds });
    state.draft = null;
    state.finished = state.answers.length === state.plan.length;
    keep();
    window.scrollTo(0, 0);
    return show();
  }

  // ---- Which of the three screens.

  async function show() {
    const screen = state === null ? "welcome" : state.finished ? "done" : "trial";
    for (const name of ["welcome", "trial", "done"]) byId(name).hidden = name !== screen;
    if (screen === "trial") await showPair().catch((error) => tell(`This page cannot go on: ${error.message}.`));
    document.body.dataset.screen = screen;
  }

  function main() {
    byId("count").textContent = study.trials;
    byId("with-music").hidden = !study.criteria.some((criterion) => criterion.key === "synchrony");
    built();
    byId("start").addEventListener("click", () => { begin(byId("code").value); show(); });
    byId("load").addEventListener("change", (event) => loaded(event.target.files[0]));
    byId("save").addEventListener("click", () => {
      tell(`${download()} holds what you have answered: open it at the start of this page to go on, here or elsewhere.`);
    });
    byId("next").addEventListener("click", () => { tell(""); answered(); });
    byId("download").addEventListener("click", () => { byId("saved").textContent = `Saved as ${download()}.`; });
    byId("again").addEventListener("click", () => {
      if (!state.handed) return tell("Save these answers first: they would be lost.");
      window.localStorage.removeItem(KEPT);
      state = null;
      byId("code").value = "";
      byId("saved").textContent = "";
      tell("");
      return show();
    });
    state = remembered();
    if (state && !state.finished && state.answers.length) tell(`Welcome back: going on with pair ${state.answers.length + 1}.`);
    window.requestAnimationFrame(tick);
    show();
  }

  main();
})();
