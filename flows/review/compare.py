"""What differs between two versions of a film: which cues, and in them which bars."""

from dataclasses import dataclass
from pathlib import Path

from composer.notes import CueNotes
from composer.spotting import Cue
from flows.review.results import Results, Version

TICKS_A_BEAT = 960
SLIGHT_S = 1e-4


@dataclass(frozen=True)
class CueDifference:
    """state: same, changed, new or gone.  bars: as people say them ("3-8, 12"), of `of` bars.

    what: other changes in words; frame time for going there is start_s.
    """

    uid: str
    id: str
    state: str
    start_s: float
    bars: str = ""
    count: int = 0
    of: int = 0
    what: tuple[str, ...] = ()
    identical: bool = False

    @property
    def marked(self) -> frozenset[int]:
        """The bars that changed, from 1."""
        spans = [run.split("-") for run in self.bars.split(", ") if run]
        return frozenset(bar for span in spans for bar in range(int(span[0]), int(span[-1]) + 1))


def compare(results: Results, before: Version, after: Version) -> list[CueDifference]:
    """Every cue of either version, in film order."""
    old, new = results.spotting(before), results.spotting(after)
    was = {cue.uid: cue for cue in old.cues} if old else {}
    now = {cue.uid: cue for cue in new.cues} if new else {}
    found = []
    for uid, cue in sorted({**was, **now}.items(), key=lambda pair: pair[1].start_s):
        if uid not in was:
            found.append(CueDifference(uid, cue.id, "new", cue.start_s))
        elif uid not in now:
            found.append(CueDifference(uid, cue.id, "gone", cue.start_s))
        else:
            found.append(_cue(results, before, after, was[uid], now[uid]))
    return found


def _cue(results: Results, before: Version, after: Version, was: Cue, now: Cue) -> CueDifference:
    identical = _hashes(results, before, was.uid) == _hashes(results, after, now.uid) != {}
    old, new = _notes(results, before, was.uid), _notes(results, after, now.uid)
    what = tuple(_words(was, now))
    if identical and not what:
        return CueDifference(now.uid, now.id, "same", now.start_s, identical=True)
    changed, of = changed_bars(old, new) if old and new else ([], 0)
    state = "changed" if changed or what else "same"
    bars = runs(changed)
    return CueDifference(now.uid, now.id, state, now.start_s, bars, len(changed), of, what, identical)


def changed_bars(old: CueNotes, new: CueNotes) -> tuple[list[int], int]:
    """Numbers of bars (from 1) whose written notes or tempo differ, and how many bars there are now."""
    before, after = _by_bar(old), _by_bar(new)
    count = max(len(before), len(after))
    nothing: tuple[object, ...] = ()
    differ = [
        bar + 1
        for bar in range(count)
        if (before[bar] if bar < len(before) else nothing) != (after[bar] if bar < len(after) else nothing)
    ]
    return differ, len(after)


def runs(numbers: list[int]) -> str:
    """[3, 4, 5, 8] as "3-5, 8"."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def _by_bar(notes: CueNotes) -> list[tuple[object, ...]]:
    """A bar's notes by place in the bar, part and pitch, with the bar's tempo."""
    starts = notes.tempo_map.bar_starts()
    bars: list[list[object]] = [[round(notes.tempo_map.qpm_at(start), 3)] for start in starts[:-1]]
    index = 0
    for note in sorted(notes.notes, key=lambda note: note.grid_tick):
        while index + 1 < len(bars) and note.grid_tick >= starts[index + 1] * TICKS_A_BEAT:
            index += 1
        part = notes.parts[note.part]
        place = note.grid_tick - starts[index] * TICKS_A_BEAT
        bars[index].append((place, part.role, part.programme, note.pitch, note.ticks))
    return [tuple([bar[0], *sorted(bar[1:], key=repr)]) for bar in bars]


def _words(was: Cue, now: Cue) -> list[str]:
    found = []
    for name, one, other in (("in", was.start_s, now.start_s), ("out", was.out_s, now.out_s)):
        if abs(one - other) > SLIGHT_S:
            found.append(f"{name} {other - one:+.2f} s")
    for name in ("key", "mode", "style", "ending", "theme"):
        one, other = getattr(was, name), getattr(now, name)
        if one != other:
            found.append(f"{name} {one or 'none'} → {other or 'none'}".replace("_", " "))
    if abs(was.tempo_qpm - now.tempo_qpm) > 0.05:
        found.append(f"tempo {was.tempo_qpm:.1f} → {now.tempo_qpm:.1f}")
    return found


def _hashes(results: Results, version: Version, uid: str) -> dict[str, str]:
    manifest = results.manifest(version)
    own = f"cues/{uid}/"
    return {name: sha for name, sha in manifest.files.items() if name.startswith(own)} if manifest else {}


def _notes(results: Results, version: Version, uid: str) -> CueNotes | None:
    return results.read(_chosen(results, version, uid) / "notes.json", CueNotes)


def _chosen(results: Results, version: Version, uid: str) -> Path:
    """The folder of the take that the version uses."""
    manifest = results.manifest(version)
    takes = manifest.settings.get("chosen_takes", {}) if manifest else {}
    return version.folder / "cues" / uid / str(takes.get(uid, 1))
