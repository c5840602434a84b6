// Notes, decisions and links: what the panels need beside htmx.
const at = (id) => document.getElementById(id);
const WHO = "reelscore-name";

export function join(bench) {
  const { clock, line, review } = bench;
  const form = at("note-form");
  const text = form && form.elements.text;

  const remembered = () => { try { return localStorage.getItem(WHO) || ""; } catch { return ""; } };
  const name = document.querySelector("[data-who]");
  if (name) {
    name.value = remembered();
    name.addEventListener("change", () => { try { localStorage.setItem(WHO, name.value); } catch { /* private window */ } });
  }
  // Every form is signed with the one name field, and a note carries the frames it speaks of.
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb === "post" && name) event.detail.parameters.set("name", name.value);
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    setTimeout(() => { at("said").replaceChildren(); }, 8000);
    event.preventDefault();
  });

  function spot() {
    if (!form) return;
    const [first, last] = span();
    at("note-spot").textContent = first === last ? clock.timecode(first) : `${clock.timecode(first)} – ${clock.timecode(last)}`;
    at("range-clear").hidden = bench.in === null && bench.out === null;
  }
  function span() {
    if (bench.in === null && bench.out === null) return [bench.frame, bench.frame];
    const first = bench.in ?? Math.min(bench.frame, bench.out), last = bench.out ?? Math.max(bench.frame, first);
    return [first, Math.max(first, last)];
  }
  bench.span = span;
  bench.changed.addEventListener("frame", spot);
  bench.changed.addEventListener("range", spot);

  function pins() {
    const notes = [...document.querySelectorAll("#note-list [data-note]")].map((item) => ({
      id: item.dataset.note, first: Number(item.dataset.first), last: Number(item.dataset.last),
      resolved: item.dataset.resolved === "yes", text: item.querySelector(".text").textContent,
    }));
    line.pins(notes, at("pins"), (note) => {
      bench.openTab("notes");
      const item = at(`note-${note.id}`);
      if (!item) return;
      item.scrollIntoView({ block: "nearest" });
      item.classList.add("lit");
      setTimeout(() => item.classList.remove("lit"), 1500);
    });
  }
  function held() {
    const place = at("held-cues");
    bench.held = place ? JSON.parse(place.dataset.held) : {};
    for (const [uid, block] of line.cueElements) block.classList.toggle("held", uid in bench.held);
    bench.changed.dispatchEvent(new Event("held"));
  }
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "note-list") pins();
    if (event.detail.target.id === "decisions") held();
    if (event.detail.target.id === "links" && at("made-link")) at("made-link").select();
  });

  if (form) {
    const fill = () => {
      const [first, last] = span();
      form.elements.first.value = first;
      form.elements.last.value = last;
      form.elements.event.value = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    };
    text.addEventListener("input", () => { if (!bench.film.paused) bench.pause(); });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Escape") text.blur();
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    // In the capture phase: the frames are set before htmx reads the form.
    form.addEventListener("submit", fill, true);
    form.addEventListener("htmx:afterRequest", (event) => {
      if (event.target !== form || !event.detail.successful) return;
      text.value = "";
      text.blur();
      bench.clearRange();
    });
    at("range-clear").addEventListener("click", () => bench.clearRange());
    bench.comment = () => { bench.openTab("notes"); text.focus(); };
    bench.marker = () => {
      const values = { first: String(span()[0]), last: String(span()[1]), marker: "yes" };
      window.htmx.ajax("POST", form.getAttribute("hx-post"), { target: "#note-list", swap: "innerHTML", values });
    };
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && event.target.matches("#note-list textarea")) { event.preventDefault(); event.target.form.requestSubmit(); }
  });

  // What others write appears by itself, but never under somebody's fingers.
  setInterval(() => {
    const busy = document.activeElement && document.activeElement.closest("#note-list, #decisions");
    if (document.hidden || busy || document.querySelector("#note-list details[open]")) return;
    window.htmx.ajax("GET", `${review.dataset.here}/notes`, { target: "#note-list", swap: "innerHTML" });
    if (at("decisions")) window.htmx.ajax("GET", `${review.dataset.here}/decisions`, { target: "#decisions", swap: "innerHTML" });
  }, 10000);
  pins();
  held();
  spot();
}
