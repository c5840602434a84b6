// Spotting by hand: wishes are gathered here and become one new version when they are sent.
const at = (id) => document.getElementById(id);
const SNAP_PX = 7;
const WORDS = { busier: "busier", calmer: "calmer", darker: "darker", brighter: "brighter", seed: "other notes" };

export function join(bench) {
  const home = at("spotting");
  if (!home) return;
  const { clock, facts, line } = bench;
  const pick = at("spot-cue");
  let wishes = [];
  let active = false;

  const cueOf = (uid) => facts.cues.find((cue) => cue.uid === uid);
  const chosen = () => cueOf(pick.value);
  const code = (frame) => clock.timecode(frame);
  const frameAt = (time) => (time >= clock.duration - 1e-6 ? clock.frames : clock.at(time + 1e-4));

  // One wish of a kind and cue: the newest counts.
  function wish(one, words) {
    const alike = (other) => other.change.do === one.do && other.change.cue === one.cue && (one.do !== "hit" || other.change.first === one.first) && (one.do !== "again" || other.change.how === one.how) && one.do !== "add";
    wishes = [...wishes.filter((other) => !alike(other)), { change: one, words }];
    show();
  }

  function show() {
    const list = at("asked");
    list.replaceChildren(...wishes.map((one, index) => {
      const item = document.createElement("li");
      const drop = document.createElement("button");
      drop.className = "plain";
      drop.textContent = "Take back";
      drop.setAttribute("aria-label", `Take back: ${one.words}`);
      drop.addEventListener("click", () => { wishes.splice(index, 1); show(); });
      item.append(`${one.words} `, drop);
      return item;
    }));
    if (!wishes.length) { const item = document.createElement("li"); item.className = "quiet"; item.textContent = "Nothing yet."; list.append(item); }
    at("spot-make").disabled = at("spot-clear").disabled = !wishes.length;
    redraw();
  }

  function redraw() {
    for (const cue of facts.cues) {
      const block = line.cueElements.get(cue.uid);
      const move = wishes.find(({ change }) => change.do === "move" && change.cue === cue.uid);
      const gone = wishes.some(({ change }) => change.do === "remove" && change.cue === cue.uid && change.first === undefined);
      const start = move ? clock.time(move.change.first) : cue.start;
      const out = move ? clock.time(move.change.last) : cue.out;
      const end = move ? Math.min(out + (cue.end - cue.out), clock.duration) : cue.end;
      line.placeCue(block, { start, out, end });
      block.classList.toggle("moved", Boolean(move) || wishes.some(({ change }) => change.do === "again" && change.cue === cue.uid));
      block.classList.toggle("gone", gone);
      block.classList.toggle("chosen", active && cue.uid === pick.value);
    }
    for (const [index, mark] of [...document.querySelectorAll(".hit")].entries()) {
      const hit = facts.hits[index];
      mark.classList.toggle("off", wishes.some(({ change }) => change.do === "hit" && !change.on && change.first === hit.frame));
    }
    handles();
  }

  function isHeld(cue) { return cue && bench.held && cue.uid in bench.held; }

  function select(cue) {
    if (cue) pick.value = cue.uid;
    const one = chosen();
    const why = isHeld(one) ? `${one.id} is ${bench.held[one.uid]}: it never changes until that is withdrawn.` : "";
    at("spot-held").textContent = why;
    at("spot-held").hidden = !why;
    at("spot-acts").disabled = Boolean(why) && facts.cues.length > 0;
    at("spot-style").value = at("spot-ending").value = at("spot-theme").value = "";
    redraw();
  }

  // --- dragging
  function handles() {
    document.querySelectorAll(".handle").forEach((one) => one.remove());
    const cue = chosen();
    if (!active || !cue || isHeld(cue)) return;
    const block = line.cueElements.get(cue.uid);
    for (const which of ["start", "out"]) {
      const handle = document.createElement("span");
      handle.className = `handle ${which}`;
      handle.addEventListener("pointerdown", (event) => drag(event, cue, which));
      handle.addEventListener("click", (event) => event.stopPropagation());
      block.append(handle);
    }
  }

  function drag(event, cue, which) {
    event.preventDefault();
    event.stopPropagation();
    const handle = event.target;
    handle.setPointerCapture(event.pointerId);
    const now = wishes.find(({ change }) => change.do === "move" && change.cue === cue.uid);
    const span = { first: now ? now.change.first : frameAt(cue.start), last: now ? now.change.last : frameAt(cue.out) };
    const block = line.cueElements.get(cue.uid);
    const move = (moved) => {
      const frame = snapped(line.timeAt(moved));
      if (which === "start") span.first = Math.min(frame, span.last - clock.fps); else span.last = Math.max(frame, span.first + clock.fps);
      const out = clock.time(span.last);
      line.placeCue(block, { start: clock.time(span.first), out, end: Math.min(out + (cue.end - cue.out), clock.duration) });
      at("spot-hint").textContent = `${cue.id}: ${code(span.first)} – ${code(Math.min(span.last, clock.last))}`;
    };
    const done = () => {
      handle.removeEventListener("pointermove", move);
      wish({ do: "move", cue: cue.uid, first: span.first, last: span.last }, `${cue.id} from ${code(span.first)} to ${code(Math.min(span.last, clock.last))}`);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", done, { once: true });
    handle.addEventListener("pointercancel", done, { once: true });
  }

  // To a frame, and to a pause or a cut where one is near.
  function snapped(time) {
    const near = (SNAP_PX / line.inner.clientWidth) * clock.duration;
    const marks = [...facts.pauses, ...facts.shots.map(([frame]) => clock.time(frame))];
    let best = null;
    for (const mark of marks) if (Math.abs(mark - time) < (best === null ? near : Math.abs(best - time))) best = mark;
    return best === null ? clock.clamp(time * clock.up / clock.down) : clock.clamp(Math.round((best * clock.up) / clock.down));
  }

  // --- acts
  for (const button of home.querySelectorAll("[data-how]")) {
    button.addEventListener("click", () => { const cue = chosen(); if (cue) wish({ do: "again", cue: cue.uid, how: button.dataset.how }, `${cue.id} again, ${WORDS[button.dataset.how]}`); });
  }
  const inside = (cue) => cue && clock.time(bench.frame) > cue.start && clock.time(bench.frame) < cue.out;
  at("spot-hit").addEventListener("click", () => {
    const cue = inside(chosen()) ? chosen() : facts.cues.find(inside);
    if (!cue) { bench.said("no cue plays at this frame"); return; }
    wish({ do: "hit", cue: cue.uid, first: bench.frame, on: true }, `${cue.id} hits ${code(bench.frame)}`);
  });
  at("spot-unhit").addEventListener("click", () => {
    const near = [...facts.hits].filter((hit) => hit.kind !== "in" && hit.kind !== "out").sort((a, b) => Math.abs(a.frame - bench.frame) - Math.abs(b.frame - bench.frame))[0];
    const cue = near && facts.cues.find((one) => one.id === near.cue || one.uid === near.cue);
    if (!near || !cue) { bench.said("there is no hit to take out"); return; }
    wish({ do: "hit", cue: cue.uid, first: near.frame, on: false }, `${cue.id} no longer hits ${code(near.frame)}`);
  });
  at("spot-silence").addEventListener("click", () => {
    const cue = chosen();
    if (!cue) return;
    if (bench.in === null && bench.out === null) { wish({ do: "remove", cue: cue.uid }, `no music in place of ${cue.id}`); return; }
    const [first, last] = bench.span();
    wish({ do: "remove", cue: cue.uid, first, last: last + 1 }, `${cue.id}: no music ${code(first)} – ${code(last)}`);
  });
  at("spot-style").addEventListener("change", (event) => { const cue = chosen(); if (cue && event.target.value) wish({ do: "again", cue: cue.uid, how: "style", value: event.target.value }, `${cue.id} in style ${event.target.value.replaceAll("_", " ")}`); });
  at("spot-ending").addEventListener("change", (event) => { const cue = chosen(); if (cue && event.target.value) wish({ do: "ending", cue: cue.uid, value: event.target.value }, `${cue.id} ends: ${event.target.value}`); });
  at("spot-theme").addEventListener("change", (event) => { const cue = chosen(); if (cue) wish({ do: "theme", cue: cue.uid, value: event.target.value.trim() }, event.target.value.trim() ? `${cue.id} quotes ${event.target.value.trim()}` : `${cue.id} quotes no theme`); });
  const place = (which) => {
    const cue = chosen();
    if (!cue) return;
    const now = wishes.find(({ change }) => change.do === "move" && change.cue === cue.uid);
    const span = { first: now ? now.change.first : frameAt(cue.start), last: now ? now.change.last : frameAt(cue.out) };
    span[which] = bench.frame;
    wish({ do: "move", cue: cue.uid, first: span.first, last: span.last }, `${cue.id} from ${code(span.first)} to ${code(Math.min(span.last, clock.last))}`);
  };
  at("spot-in").addEventListener("click", () => place("first"));
  at("spot-out").addEventListener("click", () => place("last"));
  at("spot-add").addEventListener("click", () => {
    if (bench.in === null || bench.out === null) { bench.said("mark a range first: I at its start, O at its end"); return; }
    wish({ do: "add", first: bench.in, last: bench.out + 1 }, `a new cue ${code(bench.in)} – ${code(bench.out)}`);
  });
  at("spot-clear").addEventListener("click", () => { wishes = []; show(); });
  pick.addEventListener("change", () => { select(); const cue = chosen(); if (cue) bench.seek(clock.at(cue.start + 1e-4)); });
  document.getElementById("blocks").addEventListener("click", (event) => { const block = event.target.closest(".cue"); if (block) select(cueOf(block.dataset.uid)); }, true);
  bench.changed.addEventListener("tab", (event) => { active = event.detail === "tab-spot"; select(active && bench.cue ? bench.cue : null); });
  bench.changed.addEventListener("held", () => select());

  // --- sending
  at("spot-make").addEventListener("click", async () => {
    at("spot-make").disabled = true;
    const name = document.querySelector("[data-who]");
    const answer = await fetch(`${home.dataset.api}/versions/${home.dataset.version}/changes`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ changes: wishes.map((one) => one.change), name: name ? name.value : "" }),
    });
    const said = await answer.json();
    if (!answer.ok) {
      at("spot-make").disabled = false;
      bench.said(`${said.reason}${said.remedy ? `: ${said.remedy}` : ""}`);
      return;
    }
    wishes = [];
    show();
    watch(said);
  });

  async function watch(job) {
    const told = at("spot-progress");
    told.replaceChildren();
    if (job.open) {
      const bar = document.createElement("progress");
      bar.max = 1;
      bar.value = job.share;
      bar.setAttribute("aria-label", `Work on ${job.version}`);
      told.append(`${job.version} is ${job.state}${job.step ? `: ${job.step}` : ""} `, bar);
      setTimeout(async () => watch(await (await fetch(`${home.dataset.api}/jobs/${job.job}`)).json()), 1200);
      return;
    }
    if (job.state === "ready" || job.state === "needs a look") {
      const open = document.createElement("a");
      open.href = `${bench.review.dataset.film}/${job.version}?b=${home.dataset.version}#changes`;
      open.textContent = `Watch ${job.version} beside ${home.dataset.version}`;
      told.append(`${job.version} is ready. `, open);
      return;
    }
    told.append(`${job.version} is ${job.state}: ${job.reason}${job.remedy ? `. ${job.remedy}` : ""}`);
  }
  select();
}
