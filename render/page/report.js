"use strict";
(() => {
  const facts = JSON.parse(document.getElementById("clock-facts").textContent);
  const [rateUp, rateDown] = facts.rate;
  const at = (id) => document.getElementById(id);
  const film = at("film");
  const inner = at("inner");
  const scroller = at("scroller");
  let shownTime = 0;
  let zoom = 1;

  const seconds = (frame) => (frame * rateDown) / rateUp;
  // Times are kept mid-frame: containers round a frame's start, and a mark inside a frame belongs to it.
  const frameOf = (time) => Math.floor((time * rateUp) / rateDown);
  const lastFrame = Math.max(Math.round((facts.duration * rateUp) / rateDown) - 1, 0);
  const two = (number) => String(number).padStart(2, "0");

  function timecode(frame) {
    const fps = facts.fps;
    let count = facts.start + frame;
    if (facts.drop) {
      const dropped = fps / 15;
      const tens = Math.floor(count / (600 * fps - 9 * dropped));
      const rest = count % (600 * fps - 9 * dropped);
      count += dropped * (9 * tens + Math.floor(Math.max(rest - dropped, 0) / (60 * fps - dropped)));
    }
    const whole = Math.floor(count / fps);
    const hours = Math.floor(whole / 3600) % 24;
    const minutes = Math.floor(whole / 60) % 60;
    return `${two(hours)}:${two(minutes)}:${two(whole % 60)}${facts.drop ? ";" : ":"}${two(count % fps)}`;
  }

  const shotAt = (time) => {
    let low = 0, high = facts.shots.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (facts.shots[middle] <= time + 1e-6) low = middle + 1; else high = middle;
    }
    return Math.max(low - 1, 0);
  };

  function show(time) {
    shownTime = Math.min(Math.max(time, 0), facts.duration);
    const words = timecode(Math.min(frameOf(shownTime), lastFrame));
    const share = (100 * shownTime) / facts.duration;
    at("clock").textContent = words;
    at("playhead").style.left = `${share}%`;
    inner.setAttribute("aria-valuenow", shownTime.toFixed(3));
    inner.setAttribute("aria-valuetext", words);
    const cue = facts.cues.find(([, start, end]) => start <= shownTime + 1e-6 && shownTime < end);
    const hit = facts.hits.find(([moment]) => moment > shownTime);
    at("now-cue").textContent = cue ? cue[0] : "no music";
    at("now-shot").textContent = `${shotAt(shownTime) + 1} of ${facts.shots.length}`;
    at("now-hit").textContent = hit ? `${hit[1]}, ${(hit[0] - shownTime).toFixed(1)} s ahead` : "none left";
    if (zoom > 1) {
      const place = (share / 100) * inner.clientWidth;
      const left = scroller.scrollLeft;
      if (place < left || place > left + scroller.clientWidth) scroller.scrollLeft = place - scroller.clientWidth / 4;
    }
  }

  function seek(time) {
    // The middle of the frame, so that no rounding shows the one before.
    const frame = Math.min(Math.max(Math.floor((time * rateUp) / rateDown + 0.001), 0), lastFrame);
    const middle = seconds(frame + 0.5);
    if (film) film.currentTime = middle;
    show(middle);
  }

  const stepFrames = (count) => seek(seconds(Math.min(Math.max(frameOf(shownTime) + count, 0), lastFrame)));
  const toMark = (marks, way) => {
    const here = shownTime;
    const half = seconds(0.75);
    const found = way > 0
      ? marks.find((mark) => mark > here + half)
      : [...marks].reverse().find((mark) => mark < here - half);
    if (found !== undefined) seek(found);
  };
  const hitTimes = facts.hits.map(([moment]) => moment);
  const play = () => { if (film) { if (film.paused) film.play(); else film.pause(); } };

  if (film) {
    if ("requestVideoFrameCallback" in film) {
      const onFrame = (_, frame) => { show(frame.mediaTime + seconds(0.5)); film.requestVideoFrameCallback(onFrame); };
      film.requestVideoFrameCallback(onFrame);
    } else {
      film.addEventListener("timeupdate", () => show(film.currentTime));
    }
    film.addEventListener("play", () => { at("play").textContent = "Pause"; });
    film.addEventListener("pause", () => { at("play").textContent = "Play"; });
  }

  const buttons = {
    "play": play,
    "back-frame": () => stepFrames(-1),
    "on-frame": () => stepFrames(1),
    "back-shot": () => toMark(facts.shots, -1),
    "on-shot": () => toMark(facts.shots, 1),
    "back-hit": () => toMark(hitTimes, -1),
    "on-hit": () => toMark(hitTimes, 1),
    "zoom-in": () => setZoom(zoom * 2),
    "zoom-out": () => setZoom(zoom / 2),
  };
  for (const [id, act] of Object.entries(buttons)) at(id).addEventListener("click", act);
  for (const button of document.querySelectorAll("[data-go]")) {
    button.addEventListener("click", () => {
      seek(Number(button.dataset.go));
      at("player").scrollIntoView({ block: "nearest" });
    });
  }

  function setZoom(wanted) {
    zoom = Math.min(Math.max(wanted, 1), 64);
    inner.style.width = `${100 * zoom}%`;
    const place = (shownTime / facts.duration) * inner.clientWidth;
    scroller.scrollLeft = place - scroller.clientWidth / 2;
  }

  // A take plays at the place where the one before was, as loud as the quietest, over the silenced picture.
  for (const box of document.querySelectorAll(".takes")) {
    const sound = box.querySelector("audio");
    const start = Number(box.dataset.start);
    const takes = [...box.querySelectorAll("[data-media]")];
    const load = (take) => {
      const place = sound.currentTime || 0;
      for (const other of takes) other.setAttribute("aria-pressed", String(other === take));
      sound.src = take.dataset.media;
      sound.volume = Number(take.dataset.volume);
      sound.addEventListener("loadedmetadata", () => { sound.currentTime = Math.min(place, sound.duration); }, { once: true });
    };
    for (const take of takes) take.addEventListener("click", () => { load(take); sound.play(); });
    load(takes.find((take) => take.getAttribute("aria-pressed") === "true") || takes[0]);
    sound.addEventListener("play", () => {
      for (const other of document.querySelectorAll(".takes audio")) if (other !== sound) other.pause();
      if (!film) return;
      film.muted = true;
      film.currentTime = start + sound.currentTime;
      film.play();
    });
    sound.addEventListener("pause", () => { if (film) { film.pause(); film.muted = false; } });
  }

  inner.addEventListener("click", (event) => {
    const box = inner.getBoundingClientRect();
    seek((facts.duration * (event.clientX - box.left)) / box.width);
  });

  const keys = {
    " ": play,
    "ArrowLeft": (event) => stepFrames(event.shiftKey ? -facts.fps : -1),
    "ArrowRight": (event) => stepFrames(event.shiftKey ? facts.fps : 1),
    "ArrowUp": () => toMark(facts.shots, -1),
    "ArrowDown": () => toMark(facts.shots, 1),
    "[": () => toMark(hitTimes, -1),
    "]": () => toMark(hitTimes, 1),
  };
  document.addEventListener("keydown", (event) => {
    const on = event.target;
    const typing = on.closest("input, textarea, select, [contenteditable]");
    const pressing = event.key === " " && on.closest("button, a");
    const scrolling = event.key.startsWith("Arrow") && on.closest("[role=region]");
    const act = keys[event.key];
    if (!act || typing || pressing || scrolling || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(event);
  }, true);

  show(seconds(0.5));
})();
