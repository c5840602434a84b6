// The film's clock: frames, presentation times and timecode, as the film itself counts them.
export class Clock {
  constructor(facts) {
    [this.up, this.down] = facts.rate;
    this.fps = facts.fps;
    this.drop = facts.drop;
    this.start = facts.start;
    this.frames = facts.frames;
    this.duration = facts.duration;
    this.times = facts.times || null; // only where the rate varies
    this.last = Math.max(this.frames - 1, 0);
  }

  clamp(frame) {
    return Math.min(Math.max(Math.round(frame), 0), this.last);
  }

  // When a frame is shown, in seconds from the first one; `frames` itself is the film's end.
  time(frame) {
    if (!this.times) return (frame * this.down) / this.up;
    return frame >= this.frames ? this.duration : this.times[frame];
  }

  // Mid-frame, so that no rounding of a container's times shows the frame before.
  middle(frame) {
    if (!this.times) return ((frame + 0.5) * this.down) / this.up;
    return (this.time(frame) + this.time(frame + 1)) / 2;
  }

  // The frame that is on the screen at a moment.
  at(time) {
    if (!this.times) return this.clamp(Math.floor((time * this.up) / this.down + 1e-6));
    return this.clamp(below(this.times, time + 1e-6));
  }

  // The frame whose presentation time a browser names: nearest, since containers round.
  shown(mediaTime) {
    if (!this.times) return this.clamp((mediaTime * this.up) / this.down);
    return this.clamp(below(this.times, mediaTime + 0.002));
  }

  timecode(frame) {
    const fps = this.fps;
    let count = this.start + frame;
    if (this.drop) {
      const left = fps / 15;
      const ten = 600 * fps - 9 * left;
      const rest = count % ten;
      count += left * (9 * Math.floor(count / ten) + Math.floor(Math.max(rest - left, 0) / (60 * fps - left)));
    }
    const whole = Math.floor(count / fps);
    const parts = [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
    const two = (number) => String(number).padStart(2, "0");
    return parts.map(two).join(":") + (this.drop ? ";" : ":") + two(count % fps);
  }

  // A typed timecode as a frame, null where it is none. Short ones count from the right: 1:12 is a
  // second and twelve frames; "f240" and "240f" are frame numbers. What the film's start lacks is added.
  parse(text) {
    const plain = text.trim().toLowerCase();
    const number = plain.match(/^(?:f\s*(\d{1,7})|(\d{1,7})\s*f)$/);
    if (number) return this.inside(Number(number[1] || number[2]));
    let parts = plain.split(/[:;.,]/);
    if (/^\d{5,8}$/.test(plain)) parts = plain.padStart(8, "0").match(/../g);
    if (parts.length > 4 || !parts.every((part) => /^\d{1,3}$/.test(part))) return null;
    const full = parts.length === 4;
    while (parts.length < 4) parts.unshift("0");
    const [hours, minutes, seconds, frames] = parts.map(Number);
    if (minutes > 59 || seconds > 59 || frames >= this.fps) return null;
    const left = this.fps / 15;
    if (this.drop && minutes % 10 && seconds === 0 && frames < left) return null; // left out by counting
    let count = ((hours * 60 + minutes) * 60 + seconds) * this.fps + frames;
    if (this.drop) {
      const whole = hours * 60 + minutes;
      count -= left * (whole - Math.floor(whole / 10));
    }
    if (!full) return this.inside(count);
    // On the film's own clock, which may run past midnight; else counted from the first frame.
    const day = 144 * (600 * this.fps - (this.drop ? 9 * left : 0));
    const own = count - this.start;
    return this.inside(own) ?? this.inside(own + day) ?? (own < 0 ? this.inside(count) : null);
  }

  inside(frame) {
    return frame >= 0 && frame < this.frames ? frame : null;
  }
}

// How many of the sorted values are at most `value`, less one.
export function below(values, value) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle + 1; else high = middle;
  }
  return low - 1;
}
