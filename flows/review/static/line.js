// The film's line: lanes on one canvas as wide as the screen, cues, hits and notes as elements over it.
import { below } from "/static/clock.js";

const INK = {
  ground: "#121316", panel: "#1a1c20", raised: "#23262b", line: "#34383f", ink: "#eceae4", quiet: "#a9aaa8",
  accent: "#f2b95c", speech: "#e8a0bf", music: "#b39df0", effects: "#8fc7b1", brightness: "#d8d2c0",
  motion: "#8fc7b1", cuts: "#c99bd8", felt: "#c27f6a", loud: "#8fa3b8", score: "#f2b95c", film: "#7fa3c9",
  mix: "#b9b6ac", temp: "#b39df0",
};
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const SOUND_ROWS = ["speech", "music", "effects"];
export const MOST_ZOOM = 512;

export class Line {
  constructor(root, clock, facts, seek) {
    this.clock = clock;
    this.facts = facts;
    this.seek = seek;
    const find = (id) => root.querySelector(`#${id}`);
    this.inner = find("inner");
    this.position = find("position");
    this.scroller = find("scroller");
    this.canvas = find("canvas");
    this.playhead = find("playhead");
    this.rangeMark = find("range");
    this.zoom = 1;
    this.shotStarts = facts.shots.map(([frame]) => frame);
    this.bytes = new Map();
    this.lanes = this.layout(find("lane-names"));
    this.canvas.style.height = `${this.height}px`;
    this.inner.style.height = `${this.height}px`;
    this.blocks(find("blocks"));
    this.marks(find("marks"));
    new ResizeObserver(() => this.draw()).observe(this.scroller);
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    this.listen();
  }

  layout(names) {
    const { facts } = this;
    const rows = [["ruler", "", 22]];
    if (facts.regions.length || facts.programme[0] > 0 || facts.programme[1] < facts.frames - 1) rows.push(["regions", "Parts", 18]);
    rows.push(["shots", "Shots", 26], ["cues", "Cues", 36], ["hits", "Hits", 30]);
    if (facts.sounds.length) rows.push(["sounds", "Heard", 26]);
    for (const name of ["score", "film", "temp"]) if (facts.peaks && facts.peaks.sounds[name]) rows.push([`wave ${name}`, name === "film" ? "Film sound" : name === "temp" ? "Temp" : "Score", 40]);
    for (const curve of facts.curves) rows.push([`curve ${curve.kind}`, curve.name, 30, curve]);
    let top = 0;
    const lanes = {};
    for (const [kind, label, height, curve] of rows) {
      lanes[kind] = { top, height, curve };
      const item = document.createElement("li");
      item.textContent = label;
      item.style.height = `${height}px`;
      if (curve) item.title = curve.scale;
      names.append(item);
      top += height + 4;
    }
    this.height = top;
    return lanes;
  }

  share(time) {
    return (100 * time) / this.clock.duration;
  }

  over(element, lane, left, width) {
    element.style.top = `${lane.top}px`;
    element.style.height = `${lane.height}px`;
    element.style.left = `${left}%`;
    if (width !== undefined) element.style.width = `${width}%`;
  }

  blocks(home) {
    home.replaceChildren();
    this.cueElements = new Map();
    for (const cue of this.facts.cues) {
      const block = document.createElement("button");
      block.className = "cue";
      block.dataset.uid = cue.uid;
      block.title = `${cue.id}: ${cue.about}. ${cue.reason}`;
      const name = document.createElement("b");
      name.textContent = cue.id;
      const about = document.createElement("span");
      about.textContent = cue.about;
      block.append(name, about);
      this.placeCue(block, cue);
      block.addEventListener("click", (event) => {
        event.stopPropagation();
        this.seek(this.clock.at(cue.start + 1e-4), cue);
      });
      home.append(block);
      this.cueElements.set(cue.uid, block);
    }
  }

  placeCue(block, cue) {
    this.over(block, this.lanes.cues, this.share(cue.start), this.share(cue.end - cue.start));
    block.style.setProperty("--ring", `${(100 * (cue.end - cue.out)) / Math.max(cue.end - cue.start, 1e-9)}%`);
  }

  marks(home) {
    home.replaceChildren();
    for (const hit of this.facts.hits) {
      const mark = document.createElement("button");
      mark.className = `hit ${hit.kind}${hit.required ? " firm" : ""}`;
      mark.tabIndex = -1;
      const off = `${hit.error_ms >= 0 ? "+" : "−"}${Math.abs(hit.error_ms).toFixed(1)}`;
      mark.dataset.off = off;
      mark.title = `${hit.kind} at ${this.clock.timecode(hit.frame)}, ${hit.place}: ${off} ms. ${hit.reason}`;
      mark.setAttribute("aria-label", mark.title);
      this.over(mark, this.lanes.hits, this.share(hit.time));
      mark.addEventListener("click", (event) => { event.stopPropagation(); this.seek(hit.frame); });
      home.append(mark);
    }
    this.thin();
  }

  // Errors are written where there is room for them.
  thin() {
    const width = this.inner.clientWidth;
    let last = -1e9;
    for (const [index, mark] of [...this.inner.querySelectorAll(".hit")].entries()) {
      const place = (this.facts.hits[index].time / this.clock.duration) * width;
      const roomy = place - last > 44 && place > 14;
      mark.classList.toggle("roomy", roomy);
      if (roomy) last = place;
    }
  }

  pins(notes, home, open) {
    home.replaceChildren();
    for (const note of notes) {
      const pin = document.createElement("button");
      pin.className = `pin${note.resolved ? " done" : ""}`;
      pin.title = note.text;
      pin.setAttribute("aria-label", `Note at ${this.clock.timecode(note.first)}: ${note.text}`);
      pin.tabIndex = -1;
      pin.style.left = `${this.share(this.clock.time(note.first))}%`;
      const width = this.share(this.clock.time(note.last + 1) - this.clock.time(note.first));
      if (note.last > note.first) { const span = document.createElement("i"); span.style.width = `${width}%`; span.style.left = pin.style.left; span.className = `pin-span${note.resolved ? " done" : ""}`; home.append(span); }
      pin.addEventListener("click", (event) => { event.stopPropagation(); this.seek(note.first); open(note); });
      home.append(pin);
    }
  }

  show(frame) {
    const time = this.clock.time(frame);
    const share = this.share(time);
    this.playhead.style.left = `${share}%`;
    this.position.setAttribute("aria-valuenow", time.toFixed(3));
    this.position.setAttribute("aria-valuetext", this.clock.timecode(frame));
    if (this.zoom > 1 && !this.dragging) {
      const place = (share / 100) * this.inner.clientWidth;
      const left = this.scroller.scrollLeft;
      if (place < left || place > left + this.scroller.clientWidth) this.scroller.scrollLeft = place - this.scroller.clientWidth / 5;
    }
  }

  range(first, last) {
    this.rangeMark.hidden = first === null && last === null;
    if (this.rangeMark.hidden) return;
    const start = this.clock.time(first ?? 0), end = this.clock.time((last ?? this.clock.last) + 1);
    this.rangeMark.style.left = `${this.share(start)}%`;
    this.rangeMark.style.width = `${this.share(end - start)}%`;
  }

  setZoom(wanted, frame) {
    this.zoom = Math.min(Math.max(wanted, 1), MOST_ZOOM);
    this.inner.style.width = `${100 * this.zoom}%`;
    this.scroller.scrollLeft = (this.clock.time(frame) / this.clock.duration) * this.inner.clientWidth - this.scroller.clientWidth / 2;
    this.thin();
    this.draw();
  }

  timeAt(event) {
    const box = this.inner.getBoundingClientRect();
    return (this.clock.duration * (event.clientX - box.left)) / box.width;
  }

  listen() {
    const move = (event) => this.seek(this.clock.at(this.timeAt(event)));
    this.inner.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest("button")) return;
      this.dragging = event.pointerType !== "touch";
      if (this.dragging) this.inner.setPointerCapture(event.pointerId);
      move(event);
    });
    this.inner.addEventListener("pointermove", (event) => { if (this.dragging) move(event); });
    const stop = () => { this.dragging = false; };
    this.inner.addEventListener("pointerup", stop);
    this.inner.addEventListener("pointercancel", stop);
    this.inner.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.setZoom(this.zoom * (event.deltaY < 0 ? 1.5 : 1 / 1.5), this.clock.at(this.timeAt(event)));
    }, { passive: false });
  }

  decoded(text) {
    if (!this.bytes.has(text)) this.bytes.set(text, Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
    return this.bytes.get(text);
  }

  draw() {
    cancelAnimationFrame(this.pending);
    this.pending = requestAnimationFrame(() => this.paint());
  }

  paint() {
    const width = this.scroller.clientWidth, ratio = window.devicePixelRatio || 1;
    if (!width) return;
    this.canvas.style.width = `${width}px`;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const full = this.inner.clientWidth, from = this.scroller.scrollLeft;
    const view = { pen, width, x: (time) => (time / this.clock.duration) * full - from, time: (x) => ((x + from) / full) * this.clock.duration };
    for (const [kind, lane] of Object.entries(this.lanes)) this.lane(kind, lane, view);
  }

  lane(kind, lane, view) {
    const { pen, width } = view;
    if (kind === "ruler") { this.ruler(lane, view); return; }
    pen.fillStyle = kind === "cues" || kind === "hits" ? INK.panel : INK.ground;
    pen.fillRect(0, lane.top, width, lane.height);
    if (kind === "regions") this.regions(lane, view);
    else if (kind === "shots") this.shots(lane, view);
    else if (kind === "cues") this.silences(lane, view);
    else if (kind === "sounds") this.sounds(lane, view);
    else if (kind.startsWith("wave ")) this.wave(kind.slice(5), lane, view);
    else if (kind.startsWith("curve ")) this.curve(lane, view);
  }

  ruler(lane, { pen, width, x, time }) {
    const span = time(width) - time(0);
    const step = STEPS.find((one) => span / one <= width / 110) || STEPS[STEPS.length - 1];
    pen.font = "11px system-ui, sans-serif";
    pen.textBaseline = "middle";
    // Whole timecode seconds: at 23.976 they are not whole seconds of the clock.
    const stride = step * this.clock.fps;
    const from = Math.max(this.clock.at(time(0)) - stride, 0);
    for (let frame = from - ((this.clock.start + from) % stride); frame < this.clock.frames; frame += stride) {
      if (frame < 0) continue;
      const place = Math.round(x(this.clock.time(frame))) + 0.5;
      if (place > width) break;
      pen.strokeStyle = INK.line;
      pen.beginPath(); pen.moveTo(place, lane.top + 4); pen.lineTo(place, lane.top + lane.height); pen.stroke();
      pen.fillStyle = INK.quiet;
      pen.fillText(this.clock.timecode(frame), place + 5, lane.top + 11);
    }
  }

  regions(lane, { pen, x }) {
    const [first, last] = this.facts.programme;
    pen.fillStyle = INK.line;
    pen.fillRect(x(0), lane.top, x(this.clock.time(first)) - x(0), lane.height);
    const end = this.clock.time(last + 1);
    pen.fillRect(x(end), lane.top, x(this.clock.duration) - x(end), lane.height);
    for (const [kind, start, stop] of this.facts.regions) {
      pen.fillStyle = INK.raised;
      pen.fillRect(x(start), lane.top, Math.max(x(stop) - x(start), 2), lane.height);
      label(pen, kind, x(start), x(stop), lane, INK.quiet);
    }
  }

  shots(lane, { pen, width, x, time }) {
    const starts = this.shotStarts;
    const first = Math.max(below(starts, this.clock.at(time(0))), 0);
    for (let index = first; index < starts.length; index++) {
      const left = x(this.clock.time(starts[index]));
      if (left > width) break;
      const right = x(index + 1 < starts.length ? this.clock.time(starts[index + 1]) : this.clock.duration);
      pen.fillStyle = index % 2 ? INK.line : INK.raised;
      pen.fillRect(left, lane.top, Math.max(right - left - 1, 0.5), lane.height);
      const how = this.facts.shots[index][1];
      if (how === "dissolve" || how === "fade") { pen.fillStyle = INK.accent; pen.fillRect(left - 1, lane.top, 3, lane.height); }
      label(pen, String(index + 1), left, right, lane, INK.quiet);
    }
  }

  silences(lane, { pen, x }) {
    for (const [start, end] of this.facts.silences) {
      pen.fillStyle = INK.raised;
      pen.fillRect(x(start), lane.top + 6, x(end) - x(start), lane.height - 12);
      label(pen, "no music", x(start), x(end), lane, INK.quiet);
    }
  }

  sounds(lane, { pen, x }) {
    const row = lane.height / SOUND_ROWS.length;
    for (const [kind, start, end] of this.facts.sounds) {
      pen.fillStyle = INK[kind];
      pen.fillRect(x(start), lane.top + SOUND_ROWS.indexOf(kind) * row + 1, Math.max(x(end) - x(start), 1), row - 2);
    }
  }

  wave(name, lane, { pen, width, time }) {
    const values = this.decoded(this.facts.peaks.sounds[name]);
    const rate = this.facts.peaks.per_second, middle = lane.top + lane.height / 2;
    pen.fillStyle = INK[name] || INK.quiet;
    for (let column = 0; column < width; column++) {
      const from = Math.floor(time(column) * rate), to = Math.max(Math.ceil(time(column + 1) * rate), from + 1);
      let highest = 0;
      for (let index = Math.max(from, 0); index < to && index < values.length; index++) highest = Math.max(highest, values[index]);
      // Square root: speech at -20 dB is seen beside a bang at full scale.
      const half = Math.max(Math.sqrt(highest / 255) * (lane.height / 2 - 1), 0.5);
      pen.fillRect(column, middle - half, 1, 2 * half);
    }
  }

  curve(lane, { pen, width, time }) {
    const values = this.decoded(lane.curve.points), scale = values.length / this.clock.duration;
    pen.beginPath();
    pen.moveTo(0, lane.top + lane.height);
    for (let column = 0; column <= width; column++) {
      const from = Math.min(Math.max(Math.floor(time(column) * scale), 0), values.length - 1);
      const to = Math.min(Math.max(Math.ceil(time(column + 1) * scale), from + 1), values.length);
      let highest = 0;
      for (let index = from; index < to; index++) highest = Math.max(highest, values[index]);
      pen.lineTo(column, lane.top + lane.height - (highest / 255) * (lane.height - 2));
    }
    pen.lineTo(width, lane.top + lane.height);
    pen.globalAlpha = 0.3;
    pen.fillStyle = INK[lane.curve.kind];
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = INK[lane.curve.kind];
    pen.stroke();
  }
}

function label(pen, text, left, right, lane, ink) {
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";
  const start = Math.max(left, 0);
  if (right - start < pen.measureText(text).width + 10) return;
  pen.fillStyle = ink;
  pen.fillText(text, start + 5, lane.top + lane.height / 2 + 0.5);
}
