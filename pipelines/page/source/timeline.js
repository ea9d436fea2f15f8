// Below the dances: beats, sections, where feet stand, what checks found; drag to seek, Shift to loop.

const ROW = 9;
const COLOURS = ["#dfe8ef", "#efe4d8", "#e3ecdc", "#ece0ec", "#efe9d0"];
const CHECKS = ["#d6a014", "#8a5fb0", "#2f8f83", "#c4457e", "#6b7a1f", "#7d5a3c", "#4a5a8c"];

export class Timeline {
  constructor(canvas, page, clock) {
    Object.assign(this, { canvas, page, clock, from: null });
    // A dance has a line per foot, and one for its checks where any dance has some.
    this.rows = page.dances.some((dance) => dance.checks.length > 0) ? 3 : 2;
    const kinds = page.dances.flatMap((dance) => dance.checks.map((check) => check.kind));
    this.kinds = [...new Set(kinds)].sort();
    this.labels = [...new Set(page.sections.map((section) => section.label))];
    canvas.style.height = `${44 + page.dances.length * this.rows * ROW}px`;
    canvas.addEventListener("pointermove", (event) => this.named(event));
    canvas.addEventListener("pointerdown", (event) => this.pressed(event));
    canvas.addEventListener("pointermove", (event) => this.moved(event));
    canvas.addEventListener("pointerup", () => { this.from = null; });
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const box = this.canvas.getBoundingClientRect();
    this.canvas.width = box.width * ratio;
    this.canvas.height = box.height * ratio;
    this.pen = this.canvas.getContext("2d");
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.width = box.width;
    this.height = box.height;
  }

  x(seconds) {
    return (seconds / this.page.seconds) * this.width;
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * this.page.seconds;
  }

  pressed(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.from = { seconds: this.at(event), loops: event.shiftKey };
    if (!event.shiftKey) this.clock.seek(this.from.seconds);
  }

  moved(event) {
    if (this.from === null) return;
    const here = this.at(event);
    if (!this.from.loops) {
      this.clock.seek(here);
    } else if (Math.abs(here - this.from.seconds) > 0.2) {
      this.clock.loop = [Math.min(here, this.from.seconds), Math.max(here, this.from.seconds)];
    }
  }

  colour(kind) {
    return CHECKS[this.kinds.indexOf(kind) % CHECKS.length];
  }

  // What is under the pointer is said where the browser shows titles.
  named(event) {
    const seconds = this.at(event);
    const under = this.page.dances.flatMap((dance) => dance.checks)
      .filter((check) => check.from <= seconds && seconds <= check.to);
    this.canvas.title = [...new Set(under.map((check) => check.kind))].join(", ");
  }

  clearLoop() {
    this.clock.loop = null;
  }

  band(start, end, top, height, colour) {
    this.pen.fillStyle = colour;
    this.pen.fillRect(this.x(start), top, Math.max(1, this.x(end) - this.x(start)), height);
  }

  draw(seconds) {
    const pen = this.pen;
    pen.clearRect(0, 0, this.width, this.height);
    pen.font = "11px system-ui, sans-serif";
    this.page.sections.forEach((section) => {
      const colour = COLOURS[this.labels.indexOf(section.label) % COLOURS.length];
      this.band(section.start, section.end, 0, 16, colour);
      pen.fillStyle = "#555";
      const room = this.x(section.end) - this.x(section.start) - 5;
      if (room > 7) pen.fillText(section.label, this.x(section.start) + 4, 12, room);
    });
    this.page.beats.forEach((beat) => {
      this.band(beat, beat, 18, 10, "#9a938a");
    });
    this.page.dances.forEach((dance, number) => {
      const top = 32 + number * this.rows * ROW;
      dance.left.forEach(([start, end]) => this.band(start, end, top, ROW - 2, "#3d7ebf"));
      dance.right.forEach(([start, end]) => this.band(start, end, top + ROW, ROW - 2, "#c9553d"));
      dance.checks.forEach((check) => {
        this.band(check.from, check.to, top + 2 * ROW, ROW - 2, this.colour(check.kind));
      });
    });
    if (this.clock.loop) {
      const [start, end] = this.clock.loop;
      this.band(start, end, 0, this.height, "rgba(61, 126, 191, .16)");
    }
    this.band(seconds, seconds, 0, this.height, "#222");
    pen.fillRect(this.x(seconds) - 1, 0, 2, this.height);
  }
}
