"""A film's score as one work: spot, themes, compose, and what PRACTICE asks of it, measured on the notes.

    python -m tests.bench.film_form [--films N] [--engine NAME] [ANALYSIS_FOLDER...] [--corpus DIR]

The ten seeded features of tests.bench.feature_films, and the analysis.json + curves.npz of real films. With
--corpus: how far energy jumps from bar to bar in real music (its 95th percentile is JUMP below).
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from composer.compose import compose_cue
from composer.directions import Directions
from composer.encoding.chord import QUALITIES
from composer.engine import Engine, load_engine
from composer.film_midi import write_film_midi
from composer.hit_wishes import in_conversation
from composer.measure_hits import hit_errors
from composer.midi_read import read_midi
from composer.notes import CueNotes
from composer.reading import Reading, read_film
from composer.realised import BarRealised, realise
from composer.request import CueRequest
from composer.settings import ComposerSettings
from composer.spotter import plan_score
from composer.spotting import Cue, Spotting
from composer.themes import complete_requests, freeze_themes
from composer.theory import Chord, chord_scale, is_chromatic, key_pc_of, key_signature
from tests.bench.control_sweep import spearman
from tests.bench.endings_heard import heard_ending
from tests.bench.feature_films import FILMS, feature_film
from tests.bench.plan_features import STEP_SHARE, share, steps
from vision.analysis import Analysis
from vision.artifact import read_json
from vision.curves import Curves, load_curves

# 95th percentile of |log2 of bar energy after / before|, energy = notes a second x mean velocity, over
# 44,300 bars of 600 pieces of the licence-clean corpus (--corpus makes it anew; its median is .29).
JUMP = 1.46
NEAR_JOIN_S = 15.0
JOIN_BARS = 2


@dataclass
class Score:
    """One film's score and what was measured of it."""

    name: str
    spotting: Spotting
    reading: Reading
    requests: list[CueRequest]
    notes: list[CueNotes]
    rows: list[tuple[BarRealised, ...]]
    seconds: float
    hit_ms: list[float] = field(default_factory=list)


def compose_film(name: str, analysis: Analysis, curves: Curves, engine: Engine, seed: int) -> Score:
    """Spot, write themes, compose every cue, and read the film's MIDI back."""
    settings = ComposerSettings.model_validate({"existing_music": "under"})
    begun = time.process_time()
    plan = plan_score(analysis, curves, settings, Directions(), seed)
    requests = list(complete_requests(plan, freeze_themes(plan, engine, seed)))
    notes = [compose_cue(request, engine) for request in requests]
    seconds = time.process_time() - begun
    cues = plan.spotting.cues
    rows = [realise(r, n, c.start_s) for r, n, c in zip(requests, notes, cues, strict=True)]
    score = Score(name, plan.spotting, read_film(analysis, curves, None), requests, notes, rows, seconds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "score.mid"
        write_film_midi(path, analysis, plan.spotting, list(zip(cues, notes, strict=True)))
        found = [error for error in hit_errors(path, plan.spotting) if error.hit.required]
    score.hit_ms = [1e9 if error.error_ms is None else abs(error.error_ms) for error in found]
    return score


def section_pairs(score: Score) -> list[tuple[float, float, float]]:
    """(asked, realised, film) arousal of every section before the outs."""
    found = []
    for request, rows in zip(score.requests, score.rows, strict=True):
        bars: dict[int, list[BarRealised]] = {}
        for row in rows[: request.out_bar]:
            bars.setdefault(row.asked.section, []).append(row)
        for inside in bars.values():
            end = inside[-1].time_s + 240 / inside[-1].tempo_qpm
            film = score.reading.mean("arousal", inside[0].time_s, end)
            asked = float(np.mean([row.asked.arousal for row in inside]))
            found.append((asked, float(np.mean([row.arousal for row in inside])), film))
    return found


def shifted(pairs: Sequence[tuple[float, float]]) -> float:
    """The control: the 95th percentile of rho over twenty circular shifts, by a 21st of the sections each."""
    asked, heard = (np.array(column) for column in zip(*pairs, strict=True))
    shifts = [max(round(len(asked) * k / 21), 1) for k in range(1, 21)]
    found = [spearman(list(zip(asked, np.roll(heard, shift), strict=True))) for shift in shifts]
    return float(np.percentile(found, 95))


def jumps(rows: Sequence[BarRealised], out_bar: int) -> list[float]:
    """|log2| of energy against the bar before, where both have notes."""
    energy = [-4.0 * np.log(max(1 - row.arousal, 1e-6)) for row in rows[:out_bar]]
    return [abs(float(np.log2(b / a))) for a, b in pairwise(energy) if a > 0 and b > 0]


def corpus_jumps(folder: Path, most: int) -> list[float]:
    """The same of real music: bars of four beats, notes a second x mean velocity."""
    found: list[float] = []
    files = sorted(folder.rglob("*.mid"))
    for path in files[:: max(len(files) // most, 1)]:
        try:
            score = read_midi(path)
        except Exception:  # a hostile file of the corpus says nothing of real music
            continue
        bar = 4 * score.division
        notes: dict[int, list[int]] = {}
        for note in score.notes:
            notes.setdefault(note.start // bar, []).append(note.velocity)
        energy = {at: float(sum(velocities)) for at, velocities in notes.items()}
        found += [abs(float(np.log2(energy[at + 1] / energy[at]))) for at in energy if at + 1 in energy]
    return found


def in_scale(score: Score) -> tuple[int, int, int, int]:
    """(texture notes in the sounding chord's scale, texture notes, the same of melody)."""
    counts = [0, 0, 0, 0]
    for request, notes in zip(score.requests, score.notes, strict=True):
        scales = [_scale(request, span.root_pc, span.pitch_classes) for span in notes.chords]
        begins = [span.beat for span in notes.chords]
        for note in notes.notes:
            part = notes.parts[note.part]
            if part.drums:
                continue
            index = max(int(np.searchsorted(begins, note.grid_tick / 960, side="right")) - 1, 0)
            place = 2 * (part.role == "melody")
            counts[place] += note.pitch % 12 in scales[index]
            counts[place + 1] += 1
    return counts[0], counts[1], counts[2], counts[3]


def _scale(request: CueRequest, root: int, classes: tuple[int, ...]) -> frozenset[int]:
    return chord_scale(_chord(root, classes), request.key_pc, request.mode) | {request.key_pc}


def _chord(root: int, classes: tuple[int, ...]) -> Chord:
    same = (Chord(root, quality) for quality in QUALITIES)
    return next(chord for chord in same if set(chord.pitch_classes) == set(classes))


def chromatic_share(score: Score) -> float:
    """Share of sounding time under chords with a tone outside the cue's mode, before the outs."""
    beats = foreign = 0.0
    for request, notes in zip(score.requests, score.notes, strict=True):
        for span in notes.chords:
            beats += span.beats
            foreign += span.beats * is_chromatic(
                _chord(span.root_pc, span.pitch_classes), request.key_pc, request.mode
            )
    return foreign / max(beats, 1e-9)


def joins(score: Score) -> list[tuple[int, float]]:
    """Of cues less than 15 s apart: steps between keys on the circle of fifths (relative keys one), and how
    far the energy (0..1) of the first bars lies from the last ones before, where nothing was asked."""
    found = []
    cues = list(zip(score.spotting.cues, score.requests, score.rows, strict=True))
    for (before, _, last), (after, _, first) in pairwise(cues):
        if after.start_s - before.end_s > NEAR_JOIN_S:
            continue
        lowered = [row.arousal for row in last if row.time_s < before.out_s][-JOIN_BARS:]
        raised = [row.arousal for row in first[:JOIN_BARS]]
        wanted = float(np.mean([row.asked.arousal for row in first[:JOIN_BARS]]))
        if lowered and raised and abs(wanted - last[-1].asked.arousal) < 0.1:
            found.append((_fifths(before, after), abs(float(np.mean(raised) - np.mean(lowered)))))
    return found


def _fifths(before: Cue, after: Cue) -> int:
    circle = ("C", "G", "D", "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb", "F")
    places = [circle.index(key_signature(key_pc_of(cue.key), cue.mode)) for cue in (before, after)]
    apart = abs(places[0] - places[1])
    return min(apart, 12 - apart)


def lines(scores: Sequence[Score]) -> Iterator[str]:
    """Every figure, one a line."""
    sections = [pair for score in scores for pair in section_pairs(score)]
    each = [spearman([(a, h) for a, h, _ in section_pairs(score)]) for score in scores]
    pairs = [(a, h) for a, h, _ in sections]
    yield (
        f"asked -> realised arousal: rho {spearman(pairs):.3f} over {len(pairs)} sections; a film "
        f"{np.mean(each):.3f} ({min(each):.3f}-{max(each):.3f}); shifted {shifted(pairs):.3f}"
    )
    yield f"film -> asked arousal: rho {spearman([(f, a) for a, _, f in sections]):.3f}"
    leaps = [j for s in scores for r, q in zip(s.rows, s.requests, strict=True) for j in jumps(r, q.out_bar)]
    yield f"bars that jump further than real music's p95 ({JUMP}): {np.mean(np.array(leaps) > JUMP):.2%}"
    requests = [request for score in scores for request in score.requests]
    changes = [change for request in requests for change in steps(request)]
    small = [change for change in changes if change <= STEP_SHARE]
    bars = [request.tempo_map.bars[: request.out_bar] for request in requests]
    odd = [sum(beats != 4 for beats in own) / max(len(own), 1) for own in bars]
    twice = sum(a != 4 and b != 4 for own in bars for a, b in pairwise(own))
    count = sum(len(own) for own in bars)
    yield (
        f"tempo steps: {len(small)} within 2 %, p90 {share(small or [0.0], 0.9):.2%}; rits and joins "
        f"{len(changes) - len(small)}; a section's widest {max(map(spread, requests)):.2%} (p99 "
        f"{share([spread(r) for r in requests], 0.99):.2%})"
    )
    irregular = sum(beats != 4 for own in bars for beats in own)
    yield f"irregular bars: {irregular / count:.2%} of {count}, a cue {max(odd):.1%}, two in a row {twice}"
    yield f"demoted or merged: {sum(len(score.spotting.demoted) for score in scores)}"
    hits = [hit for score in scores for hit in score.spotting.hits]
    errors = [error for score in scores for error in score.hit_ms]
    yield f"required hits in the film's MIDI: {len(errors)}, worst {max(errors):.4f} ms"
    cues = [cue for score in scores for cue in score.spotting.cues]
    scored = sum(cue.out_s - cue.start_s for cue in cues)
    inner = [hit for hit in hits if hit.kind in ("turn", "accent") and hit.bar]
    accents = sum(hit.kind == "accent" for hit in inner)
    yield f"hits a scored minute: {60 * len(inner) / scored:.2f}; accents {accents / max(len(inner), 1):.1%}"
    yield "in-conversation cuts hit: " + _conversation_cuts(scores)
    heard = [
        (request.ending, heard_ending(request, notes))
        for score in scores
        for request, notes in zip(score.requests, score.notes, strict=True)
    ]
    asked = Counter(ending for ending, _ in heard)
    kept = sum(ending == found for ending, found in heard)
    shares = ", ".join(f"{name} {number / len(heard):.0%}" for name, number in asked.most_common())
    missed = Counter(f"{a}->{b}" for a, b in heard if a != b)
    yield f"endings heard as asked: {kept} of {len(heard)} {dict(missed) or ''}; {shares}"
    sung = sum(bar.melody != "none" for r in requests for bar in r.bars[: r.out_bar])
    spoken = sum(bar.melody != "none" and bar.speech >= 0.25 for r in requests for bar in r.bars)
    yield f"melody in {sung / count:.1%} of scored bars; under a quarter of speech {spoken}"
    yield from _theme_lines(scores)
    near = [join for score in scores for join in joins(score)]
    keys = Counter(fifths for fifths, _ in near)
    loud = [jump for _, jump in near]
    yield (
        f"joins under 15 s where the picture asks for no change: {len(near)}, fifths apart "
        f"{dict(sorted(keys.items()))}, energy apart median {np.median(loud) if loud else 0:.2f}, "
        f"p90 {share(loud or [0.0], 0.9):.2f}"
    )
    lengths = [cue.end_s - cue.start_s for cue in cues]
    counts = [len(score.spotting.cues) for score in scores]
    yield (
        f"cues a film {min(counts)}-{max(counts)}, {min(lengths):.0f}-{max(lengths):.0f} s, median "
        f"{share(lengths, 0.5):.0f} s; coverage {min(s.spotting.coverage for s in scores):.2f}-"
        f"{max(s.spotting.coverage for s in scores):.2f}"
    )
    inside = np.sum([in_scale(score) for score in scores], axis=0)
    melody = inside[2] / max(inside[3], 1)
    yield f"in the sounding chord's scale: texture {inside[0] / inside[1]:.2%}, melody {melody:.2%}"
    yield f"chromatic chords: {np.mean([chromatic_share(score) for score in scores]):.1%} of the time"
    music = sum(request.length_s for request in requests)
    spent = sum(score.seconds for score in scores)
    yield f"planned and composed in {spent:.0f} CPU s, {spent / music:.4f} of the music's length"


def spread(request: CueRequest) -> float:
    """How far the tempi of a section (between joins of more than 10 %) lie from their middle."""
    tempi = [60e6 / change.us_per_beat for change in request.tempo_map.changes]
    runs: list[list[float]] = [[tempi[0]]]
    for before, tempo in pairwise(tempi):
        if abs(tempo / before - 1) > 0.1:
            runs.append([])
        runs[-1].append(tempo)
    return max((max(run) - min(run)) / (max(run) + min(run)) for run in runs)


def _conversation_cuts(scores: Sequence[Score]) -> str:
    cuts = hit = 0
    for score in scores:
        times = {h.time_s for h in score.spotting.hits if h.bar and h.kind in ("turn", "accent")}
        spans = [(cue.start_s, cue.out_s) for cue in score.spotting.cues]
        for shot in score.reading.shots[1:]:
            if any(a < shot.start_s < b for a, b in spans) and in_conversation(score.reading, shot.start_s):
                cuts += 1
                hit += shot.start_s in times
    return f"{hit} of {cuts}"


def _theme_lines(scores: Sequence[Score]) -> Iterator[str]:
    for score in scores:
        uses = Counter(cue.theme_use for cue in score.spotting.cues)
        names = Counter(cue.theme for cue in score.spotting.cues if cue.theme)
        quoted = 1 - uses["none"] / max(len(score.spotting.cues), 1)
        used = f"full {uses['full']}, fragments {uses['fragment']}, {quoted:.0%} of cues"
        yield f"themes of {score.name}: {dict(names)}; {used}"


def main(arguments: Sequence[str]) -> int:
    """Compose the films and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--films", type=int, default=FILMS)
    parser.add_argument("--engine", default="neural")
    parser.add_argument("--corpus", type=Path)
    wanted = parser.parse_args(arguments)
    if wanted.corpus:
        found = corpus_jumps(wanted.corpus, 1200)
        print(
            f"real music: {len(found)} bars, p50 {np.percentile(found, 50):.2f}, "
            f"p95 {np.percentile(found, 95):.2f}"
        )
    engine = load_engine(wanted.engine, None)
    scores = []
    for number in range(wanted.films):
        film = feature_film(number)
        scores.append(compose_film(f"feature {number}", film.analysis, film.curves, engine, number))
    for folder in wanted.folders:
        analysis, curves = read_json(folder / "analysis.json", Analysis), load_curves(folder / "curves.npz")
        scores.append(compose_film(folder.name, analysis, curves, engine, 1))
    for line in lines(scores):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
