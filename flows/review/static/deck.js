// One picture, many sounds: the picture's own, or another file that runs beside it on the same frame.
const FAR_S = 0.12; // beyond this a sound is set anew; nearer, its speed leans until it fits
const NEAR_S = 0.012;

export class Deck {
  constructor(film, changed) {
    this.film = film;
    this.changed = changed;
    this.audio = null;
    this.source = { name: "mix" };
    this.ready = true;
    this.turn = 0;
    film.addEventListener("play", () => this.follow());
    film.addEventListener("pause", () => this.audio && this.audio.pause());
    film.addEventListener("seeking", () => this.place());
    film.addEventListener("seeked", () => this.follow());
    film.addEventListener("ratechange", () => this.follow());
  }

  // Where the sound file is when the picture is at `time`.
  at(time) {
    return time - (this.source.offset || 0);
  }

  // Put a sound under the picture: {name, url, offset, gain}; no url is the picture's own. What was heard
  // goes on until the new one is there, so that no frame is silent.
  async choose(source) {
    const turn = ++this.turn;
    const before = this.audio;
    this.ready = false;
    if (!source.url) {
      this.source = source;
      this.audio = null;
      this.film.muted = false;
      this.film.volume = source.gain ?? 1;
      if (before) drop(before);
      this.ready = true;
      this.changed(source);
      return;
    }
    const audio = new Audio();
    audio.preload = "auto";
    audio.src = source.url;
    audio.volume = source.gain ?? 1;
    audio.preservesPitch = false;
    try {
      await once(audio, "loadedmetadata");
      if (turn === this.turn) {
        audio.currentTime = clampTo(audio, this.film.currentTime - (source.offset || 0));
        await once(audio, "canplay");
      }
    } catch {
      if (turn === this.turn) { this.ready = true; this.changed(this.source, "this sound can't be played"); }
      drop(audio);
      return;
    }
    if (turn !== this.turn) { drop(audio); return; }
    this.source = source;
    this.audio = audio;
    await this.follow();
    this.film.muted = true;
    if (before) drop(before);
    this.ready = true;
    this.changed(source);
  }

  place() {
    if (this.audio) this.audio.currentTime = clampTo(this.audio, this.at(this.film.currentTime));
  }

  async follow() {
    const audio = this.audio;
    if (!audio) return;
    const wanted = this.at(this.film.currentTime);
    const playing = !this.film.paused && !this.film.seeking && wanted >= 0 && wanted < audio.duration;
    audio.playbackRate = this.film.playbackRate;
    if (Math.abs(audio.currentTime - wanted) > NEAR_S) this.place();
    if (!playing) { audio.pause(); return; }
    try { await audio.play(); } catch { /* a seek or a pause came between; its own event follows */ }
  }

  // Called with every shown frame: keeps the sound within a few milliseconds.
  keep() {
    const audio = this.audio;
    if (!audio || this.film.paused || this.film.seeking) return;
    const wanted = this.at(this.film.currentTime);
    if (wanted < 0 || wanted >= audio.duration) { if (!audio.paused) audio.pause(); return; }
    if (audio.paused) { this.follow(); return; }
    const late = audio.currentTime - wanted;
    if (Math.abs(late) > FAR_S) { this.place(); return; }
    const lean = Math.abs(late) > NEAR_S ? Math.min(Math.max(-late * 0.4, -0.04), 0.04) : 0;
    audio.playbackRate = this.film.playbackRate * (1 + lean);
  }

  // By how many seconds the sound is ahead of the picture.
  drift() {
    return this.audio ? this.audio.currentTime - this.at(this.film.currentTime) : 0;
  }
}

function clampTo(audio, time) {
  return Math.min(Math.max(time, 0), audio.duration || 0);
}

function drop(audio) {
  audio.pause();
  audio.removeAttribute("src");
  audio.load();
}

function once(target, name) {
  return new Promise((resolve, reject) => {
    target.addEventListener(name, resolve, { once: true });
    target.addEventListener("error", () => reject(target.error), { once: true });
  });
}
