// The player: transport, keys, timecode, burn-in; what else stands on the page joins through `bench`.
import { Clock, below } from "/static/clock.js";
import { Deck } from "/static/deck.js";
import { Line } from "/static/line.js";

const at = (id) => document.getElementById(id);
const review = at("review");
const film = at("film");
const SPEEDS = [1, 2, 4, 8];

const facts = await (await fetch(review.dataset.line)).json();
const clock = new Clock(facts);
const bench = { clock, facts, film, review, frame: 0, in: null, out: null, seek, pause, said, range: () => [bench.in, bench.out], changed: new EventTarget() };
const line = new Line(review, clock, facts, (frame) => seek(frame));
bench.line = line;
const deck = new Deck(film, soundChanged);
bench.deck = deck;
const hitFrames = facts.hits.map((hit) => hit.frame).sort((a, b) => a - b);
const shotFrames = facts.shots.map(([frame]) => frame);
let wanted = null;
let shuttle = 0;
let shuttleTimer = 0;
let saidTimer = 0;

function said(text) {
  const place = at("said");
  place.textContent = text;
  clearTimeout(saidTimer);
  saidTimer = setTimeout(() => { place.textContent = ""; }, 6000);
}

function show(frame) {
  bench.frame = frame;
  const words = clock.timecode(frame);
  if (document.activeElement !== at("tc")) at("tc").value = words;
  at("frame-number").textContent = frame;
  line.show(frame);
  const time = clock.time(frame);
  const cue = facts.cues.find((one) => one.start <= time + 1e-6 && time < one.end);
  const shot = below(shotFrames, frame) + 1;
  const ahead = hitFrames.find((one) => one > frame);
  at("now").textContent = `${cue ? `${cue.id}, ${cue.about}` : "No music"}  ·  shot ${shot} of ${shotFrames.length}` + (ahead === undefined ? "" : `  ·  next hit in ${((clock.time(ahead) - time)).toFixed(1)} s`);
  bench.cue = cue || null;
  if (!at("burn").hidden) burn(frame, words, cue, shot);
  bench.changed.dispatchEvent(new Event("frame"));
}

function burn(frame, words, cue, shot) {
  at("burn-tc").textContent = words;
  at("burn-frame").textContent = `frame ${frame}`;
  at("burn-shot").textContent = `shot ${shot} of ${shotFrames.length}`;
  at("burn-cue").textContent = cue ? `${cue.id}  ${cue.about}` : "";
  const hit = facts.hits.find((one) => frame >= one.frame && frame - one.frame < clock.fps / 3);
  at("burn-hit").textContent = hit ? `${hit.kind} ${hit.error_ms >= 0 ? "+" : "−"}${Math.abs(hit.error_ms).toFixed(1)} ms` : "";
  at("burn-hit").className = hit ? hit.kind : "";
}

// One seek at a time: while one runs only the newest wish is kept, so scrubbing never queues up.
function seek(frame) {
  stopShuttle();
  show(clock.clamp(frame));
  wanted = bench.frame;
  if (!film.seeking) next();
}

function next() {
  if (wanted === null) return;
  const target = clock.middle(wanted);
  wanted = null;
  film.currentTime = target;
}

function pause() {
  stopShuttle();
  film.pause();
}

function play() {
  stopShuttle();
  film.playbackRate = 1;
  if (film.paused) film.play().catch(() => said("this browser would not play; click the picture once")); else film.pause();
}

function stopShuttle() {
  shuttle = 0;
  clearInterval(shuttleTimer);
  at("speed").hidden = true;
}

// J and L: each press is faster; backwards by stepping, since no browser plays that way.
function run(way) {
  const faster = Math.sign(shuttle) === way ? Math.min(Math.abs(shuttle) * 2, SPEEDS[SPEEDS.length - 1]) : 1;
  clearInterval(shuttleTimer);
  shuttle = way * faster;
  if (way > 0) {
    film.playbackRate = faster;
    film.play();
  } else {
    film.pause();
    let last = performance.now(), place = clock.time(bench.frame);
    shuttleTimer = setInterval(() => {
      const now = performance.now();
      place = Math.max(place - (faster * (now - last)) / 1000, 0);
      last = now;
      const frame = clock.at(place);
      if (film.seeking || frame === bench.frame) return;
      show(frame);
      film.currentTime = clock.middle(frame);
      if (frame === 0) stopShuttle();
    }, 40);
  }
  at("speed").hidden = shuttle === 1;
  at("speed").textContent = `${shuttle > 0 ? "▶" : "◀"} ${faster}×`;
}

const step = (count) => { film.pause(); seek(bench.frame + count); };
function toMark(frames, way) {
  const index = way > 0 ? frames.findIndex((frame) => frame > bench.frame) : below(frames, bench.frame - 1);
  if (index >= 0 && index < frames.length) seek(frames[index]);
  else if (way < 0) seek(0);
}

function setRange(which) {
  bench[which] = bench.frame;
  if (bench.in !== null && bench.out !== null && bench.in > bench.out) bench[which === "in" ? "out" : "in"] = null;
  showRange();
}

function clearRange() {
  bench.in = bench.out = null;
  showRange();
}

function showRange() {
  line.range(bench.in, bench.out);
  at("mark-in").setAttribute("aria-pressed", bench.in !== null);
  at("mark-out").setAttribute("aria-pressed", bench.out !== null);
  bench.changed.dispatchEvent(new Event("range"));
}
bench.clearRange = clearRange;

// --- sounds
const here = review.dataset.here;
const own = { mix: null };
for (const button of document.querySelectorAll("[data-sound]")) {
  const name = button.dataset.sound;
  if (name !== "mix") own[name] = `${here}/media/${name}.m4a`;
  button.addEventListener("click", () => sound(name));
}
const other = at("other");
const sides = { a: { kind: "mix", level: {} }, side: "a" };

function others() {
  const chosen = other && other.selectedOptions[0];
  return chosen ? JSON.parse(chosen.dataset.sources) : null;
}

function sound(name) {
  sides.a.kind = sides.a.kind === name ? "mix" : name;
  return apply();
}

function side(which) {
  if (!other) return undefined;
  sides.side = which;
  return apply();
}

// What is heard: this version's sound of a kind, or the other side's of the same kind at the same loudness.
function apply() {
  const kind = sides.a.kind, alike = others();
  if (sides.side === "b" && alike) {
    const b = alike.b[kind] || alike.b.score || alike.b.mix;
    return deck.choose({ name: kind, side: "b", url: b.url, offset: b.offset || 0, gain: b.gain ?? 1 });
  }
  const a = (alike && alike.a[kind]) || {};
  const gain = sides.compared ? a.gain ?? 1 : 1;
  return deck.choose({ name: kind, side: "a", url: a.url || own[kind], offset: a.offset || 0, gain });
}

function soundChanged(source, fault) {
  if (source.side === "b") sides.compared = true;
  for (const button of document.querySelectorAll("[data-sound]")) button.setAttribute("aria-pressed", button.dataset.sound === sides.a.kind);
  for (const button of document.querySelectorAll("[data-side]")) button.setAttribute("aria-pressed", button.dataset.side === sides.side);
  const words = { mix: "film and score", score: "score only", film: "film sound only", temp: "temp music in place of the score" };
  const where = sides.side === "b" && other ? `B: ${other.selectedOptions[0].textContent}, ` : other && sides.compared ? "A: this version, " : "";
  at("sound-said").textContent = fault || `${where}${words[sides.a.kind] || ""}${sides.compared ? ", at equal loudness" : ""}`;
  review.dataset.heard = `${sides.side}:${sides.a.kind}`;
}
if (other) {
  other.addEventListener("change", () => { sides.compared = true; side("b"); });
  for (const button of document.querySelectorAll("[data-side]")) button.addEventListener("click", () => side(button.dataset.side));
}
bench.sound = sound;
bench.side = side;

function toggleBurn() {
  const burnt = at("burn");
  burnt.hidden = !burnt.hidden;
  at("burn-toggle").setAttribute("aria-pressed", !burnt.hidden);
  show(bench.frame);
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else at("screen").requestFullscreen().catch(() => said("full screen is not allowed here"));
}

// --- the picture tells which frame is shown
if ("requestVideoFrameCallback" in film) {
  const shown = (_, meta) => {
    const frame = clock.shown(meta.mediaTime);
    review.dataset.shown = frame;
    review.dataset.drift = deck.drift().toFixed(4);
    if (wanted === null && !film.seeking) { if (frame !== bench.frame) show(frame); }
    deck.keep();
    film.requestVideoFrameCallback(shown);
  };
  film.requestVideoFrameCallback(shown);
} else {
  film.addEventListener("timeupdate", () => { show(clock.at(film.currentTime)); deck.keep(); });
}
film.addEventListener("seeked", next);
const toggled = () => {
  const button = at("play");
  button.setAttribute("aria-label", film.paused ? "Play" : "Pause");
  button.classList.toggle("on", !film.paused);
  if (film.paused) stopShuttle();
};
film.addEventListener("play", toggled);
film.addEventListener("pause", () => { if (shuttle >= 0) toggled(); });
film.addEventListener("click", play);

const buttons = {
  "play": play,
  "back-frame": () => step(-1),
  "on-frame": () => step(1),
  "back-shot": () => toMark(shotFrames, -1),
  "on-shot": () => toMark(shotFrames, 1),
  "mark-in": () => setRange("in"),
  "mark-out": () => setRange("out"),
  "burn-toggle": toggleBurn,
  "full": fullScreen,
  "help-open": () => at("help").showModal(),
  "zoom-in": () => line.setZoom(line.zoom * 2, bench.frame),
  "zoom-out": () => line.setZoom(line.zoom / 2, bench.frame),
};
for (const [id, act] of Object.entries(buttons)) at(id).addEventListener("click", act);
document.addEventListener("click", (event) => {
  const go = event.target.closest("[data-frame]");
  if (!go) return;
  seek(Number(go.dataset.frame));
  if (go.dataset.last && go.dataset.last !== go.dataset.frame) { bench.in = Number(go.dataset.frame); bench.out = Number(go.dataset.last); showRange(); }
});
at("tc").addEventListener("focus", () => at("tc").select());
at("tc").addEventListener("keydown", (event) => {
  if (event.key === "Escape") { at("tc").blur(); show(bench.frame); }
  if (event.key !== "Enter") return;
  const frame = clock.parse(at("tc").value);
  if (frame === null) { said("that is no timecode of this film"); return; }
  at("tc").blur();
  film.pause();
  seek(frame);
});
at("tc").addEventListener("blur", () => { at("tc").value = clock.timecode(bench.frame); });

// --- keys
const keys = {
  " ": play,
  "k": pause,
  "j": () => run(-1),
  "l": () => run(1),
  "ArrowLeft": (event) => step(event.shiftKey ? -clock.fps : -1),
  "ArrowRight": (event) => step(event.shiftKey ? clock.fps : 1),
  "ArrowUp": () => toMark(shotFrames, -1),
  "ArrowDown": () => toMark(shotFrames, 1),
  "Home": () => seek(0),
  "End": () => seek(clock.last),
  "[": () => toMark(hitFrames, -1),
  "]": () => toMark(hitFrames, 1),
  "i": () => setRange("in"),
  "o": () => setRange("out"),
  "Escape": clearRange,
  "m": () => bench.marker && bench.marker(),
  "c": () => bench.comment && bench.comment(),
  "1": () => side("a"),
  "2": () => side("b"),
  "s": () => own.score && sound("score"),
  "d": () => own.film && sound("film"),
  "b": toggleBurn,
  "f": fullScreen,
  "+": buttons["zoom-in"],
  "=": buttons["zoom-in"],
  "-": buttons["zoom-out"],
  "?": () => at("help").showModal(),
};
document.addEventListener("keydown", (event) => {
  const on = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || at("help").open) return;
  if (on.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]")) return;
  if ((event.key === " " || event.key === "Enter") && on.closest("button, a, summary")) return;
  if (event.key.startsWith("Arrow") && on.closest("[role=tab], [type=radio]")) return;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act(event);
});

// --- tabs
const tabs = [...document.querySelectorAll("[role=tab]")];
function openTab(tab) {
  for (const one of tabs) {
    one.setAttribute("aria-selected", one === tab);
    one.tabIndex = one === tab ? 0 : -1;
    at(one.getAttribute("aria-controls")).hidden = one !== tab;
  }
  bench.changed.dispatchEvent(new CustomEvent("tab", { detail: tab.id }));
}
bench.openTab = (name) => { const tab = at(`tab-${name}`); if (tab) openTab(tab); };
for (const [index, tab] of tabs.entries()) {
  tab.addEventListener("click", () => openTab(tab));
  tab.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    const next = tabs[(index + way + tabs.length) % tabs.length];
    openTab(next);
    next.focus();
  });
}
const versions = at("version");
if (versions) versions.addEventListener("change", () => versions.form.submit());

// --- the seek proxy: asked for once, taken at the next pause
async function proxy() {
  const { state } = await (await fetch(review.dataset.proxy)).json();
  if (state === "waiting") { setTimeout(proxy, 4000); return; }
  if (state !== "ready" || review.dataset.picture.endsWith("proxy.mp4")) return;
  const swap = () => {
    const time = film.currentTime;
    review.dataset.picture = `${here}/media/proxy.mp4`;
    film.src = review.dataset.picture;
    film.currentTime = time;
  };
  if (film.paused) swap(); else film.addEventListener("pause", swap, { once: true });
}

for (const name of ["notes", "spotting"]) if (review.dataset[name]) (await import(`/static/${name}.js`)).join(bench);
seek(location.hash.startsWith("#f") ? Number(location.hash.slice(2)) || 0 : 0);
if (location.hash === "#changes") bench.openTab("changes");
review.dataset.ready = "yes";
proxy();
