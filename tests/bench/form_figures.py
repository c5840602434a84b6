"""What PRACTICE asks of a film's score as one work, as figures by name; None where a film says nothing.

Shares and coverage 0..1, lengths in seconds, tempo steps and spreads as shares, energy apart in octaves.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from composer.hit_wishes import in_conversation
from composer.request import CueRequest
from composer.spotting import Cue
from composer.tempo_fit import RIT_BEATS
from composer.training.heard_ending import heard_ending
from tests.bench import form_memory
from tests.bench.film_score import Score
from tests.bench.form_energy import JUMP, jumps, rho, section_pairs, shifted
from tests.bench.form_harmony import chromatic_share, in_scale, joins, share_of
from tests.bench.plan_features import STEP_SHARE, share, steps

Figures = dict[str, float | int | None]
ENDINGS = ("close", "rest", "hang", "segue", "stop")
JOIN_TEMPO = 0.1
EDGE_S = 10.0
SEVERAL = 5  # cues of a film, for a share of them, and for a turning point
# What is asked, for the table: the least and the most of a figure.
ASKED: dict[str, tuple[float | None, float | None]] = {
    "arousal_rho": (0.90, None), "tempo_step_p90": (None, 0.02), "section_spread": (None, 0.10),
    "irregular_share": (None, 0.03), "irregular_twice": (None, 0), "hit_worst_ms": (None, 0.2),
    "hits_a_minute": (None, 3.0), "accent_share": (None, 0.30), "conversation_cuts_hit": (None, 0.02),
    "endings_kept": (1.0, None), "melody_time_share": (None, 0.40), "melody_under_speech": (None, 0),
    "themed_cues": (0.30, 0.50), "theme_places_kept": (1.0, None), "texture_in_scale": (1.0, None),
    "melody_in_scale": (0.995, None), "shortest_cue_s": (15.0, None), "longest_cue_s": (None, 270.0),
}  # fmt: skip


def figures(scores: Sequence[Score]) -> Figures:
    """All figures of one film, or of several taken together."""
    found: Figures = {}
    for part in (_energy, _tempo, _hits, _endings, _melody, _themes, _harmony, _joins, _cues):
        found |= part(scores)
    return found


def _energy(scores: Sequence[Score]) -> Figures:
    sections = [pair for score in scores for pair in section_pairs(score)]
    pairs = [(asked, heard) for asked, heard, _ in sections]
    leaps = np.array([leap for score in scores for leap in jumps(score)])
    return {
        "sections": len(sections),
        "arousal_rho": rho(pairs),
        "arousal_rho_shifted": shifted(pairs),
        "film_to_asked_rho": rho([(film, asked) for asked, _, film in sections]),
        "jumps_over_real_p95": float(np.mean(leaps > JUMP)) if len(leaps) else None,
    }


def spread(request: CueRequest) -> float:
    """How far apart the tempi of a section (between joins of more than a tenth) lie, as a share; a written
    rit. of a bar is no tempo of its section."""
    clock = request.tempo_map
    tempi = [60e6 / change.us_per_beat for change in clock.changes]
    edges = [*(change.beat for change in clock.changes[1:]), clock.bar_starts()[request.out_bar]]
    runs: list[list[float]] = [[tempi[0]]]
    for tempo, begun, end in zip(tempi[1:], edges[:-1], edges[1:], strict=True):
        step = abs(tempo / runs[-1][-1] - 1)
        if end - begun == RIT_BEATS and step > STEP_SHARE:
            continue
        if step > JOIN_TEMPO:
            runs.append([])
        runs[-1].append(tempo)
    return max(2 * (max(run) - min(run)) / (max(run) + min(run)) for run in runs)


def _tempo(scores: Sequence[Score]) -> Figures:
    requests = [request for score in scores for request in score.requests]
    changes = [change for request in requests for change in steps(request)]
    small = [change for change in changes if change <= STEP_SHARE]
    bars = [request.tempo_map.bars[: request.out_bar] for request in requests]
    count = sum(len(own) for own in bars)
    return {
        "bars": count,
        "tempo_steps": len(small),
        "tempo_step_p90": share(small, 0.9) if small else None,
        "rits_and_joins": len(changes) - len(small),
        "section_spread": max(map(spread, requests)) if requests else None,
        "irregular_share": sum(beats != 4 for own in bars for beats in own) / max(count, 1),
        "irregular_most_a_cue": max(
            (sum(b != 4 for b in own) / max(len(own), 1) for own in bars), default=None
        ),
        "irregular_twice": sum(a != 4 and b != 4 for own in bars for a, b in pairwise(own)),
        "demoted": sum(len(score.spotting.demoted) for score in scores),
    }


def _hits(scores: Sequence[Score]) -> Figures:
    errors = [error for score in scores for error in score.hit_ms]
    cues = [cue for score in scores for cue in score.spotting.cues]
    hits = [hit for score in scores for hit in score.spotting.hits]
    inner = [hit for hit in hits if hit.kind in ("turn", "accent") and hit.bar]
    cuts = hit_cuts = 0
    for score in scores:
        times = {h.time_s for h in score.spotting.hits if h.bar and h.kind in ("turn", "accent")}
        spans = [(cue.start_s, cue.out_s) for cue in score.spotting.cues]
        for shot in score.reading.shots[1:]:
            if any(a < shot.start_s < b for a, b in spans) and in_conversation(score.reading, shot.start_s):
                cuts += 1
                hit_cuts += shot.start_s in times
    scored = sum(cue.out_s - cue.start_s for cue in cues)
    return {
        "required_hits": len(errors),
        "hit_worst_ms": max(errors, default=None),
        "hits_a_minute": 60 * len(inner) / max(scored, 1e-9),
        "accent_share": sum(hit.kind == "accent" for hit in inner) / len(inner) if inner else None,
        "conversation_cuts": cuts,
        "conversation_cuts_hit": hit_cuts / cuts if cuts else None,
    }


def _endings(scores: Sequence[Score]) -> Figures:
    heard = [
        (request.ending, heard_ending(request, notes))
        for score in scores
        for request, notes in zip(score.requests, score.notes, strict=True)
    ]
    asked = Counter(ending for ending, _ in heard)
    found: Figures = {"endings_kept": share_of([ending == kind for ending, kind in heard])}
    return found | {f"ending_{kind}": asked[kind] / max(len(heard), 1) for kind in ENDINGS}


def _melody(scores: Sequence[Score]) -> Figures:
    requests = [request for score in scores for request in score.requests]
    bars = [bar for request in requests for bar in request.bars[: request.out_bar]]
    sung = [bar for bar in bars if bar.melody != "none"]
    driven = [bar for bar in bars if bar.arousal >= 0.58]
    heard = [_melody_time(score) for score in scores]
    found: Figures = {
        "melody_time_share": sum(a for a, _ in heard) / max(sum(b for _, b in heard), 1e-9),
        "melody_share": len(sung) / max(len(bars), 1),
        "melody_share_driven": share_of([bar.melody != "none" for bar in driven]),
        "melody_under_speech": sum(bar.speech >= 0.25 for bar in sung),
    }
    for lag, values in form_memory.ours(scores).items():
        found[f"melody_like_bar_{lag}_before"] = float(np.mean(values)) if values else None
    return found


def _melody_time(score: Score) -> tuple[float, float]:
    """Seconds in which a melody sounds, and seconds of music."""
    sounding = 0.0
    for request, notes in zip(score.requests, score.notes, strict=True):
        sung = [n for n in notes.notes if notes.parts[n.part].role == "melody"]
        end = 0
        for note in sorted(sung, key=lambda n: n.tick):
            begin, close = max(note.tick, end), note.tick + note.ticks
            if close > begin:
                clock = request.tempo_map
                sounding += clock.time_s(close / 960) - clock.time_s(begin / 960)
                end = close
    return sounding, sum(request.length_s for request in score.requests)


def _themes(scores: Sequence[Score]) -> Figures:
    cues = [cue for score in scores for cue in score.spotting.cues]
    recalls = [form_memory.recall(score) for score in scores]
    kept, control = ([value for pair in recalls for value in pair[side]] for side in (0, 1))
    places = [place for score in scores for place in full_places(score)]
    counts = [len({cue.theme for cue in score.spotting.cues if cue.theme}) for score in scores]
    return {
        "themes_fewest": min(counts),
        "themes_most": max(counts),
        "themed_cues": share_of([cue.theme is not None for cue in _of_several(scores)]),
        "full_statements": sum(cue.theme_use == "full" for cue in cues),
        "theme_places_kept": share_of(places),
        "theme_notes_recalled": float(np.mean(kept)) if kept else None,
        "theme_notes_recalled_control": float(np.mean(control)) if control else None,
    }


def full_places(score: Score) -> list[bool]:
    """Whether the titles' cue (else the first), the credits' and the last state a theme in full, and a cue
    between .45 and .9 of a film of five cues or more."""
    cues, reading = score.spotting.cues, score.reading
    if not cues:
        return []
    full = [cue.theme_use == "full" for cue in cues]
    found = [full[0] or _none_can(score, cues[:1])]
    for start, end in reading.regions("title", "credits"):
        here = [i for i, cue in enumerate(cues) if cue.start_s < end - EDGE_S and cue.out_s > start + EDGE_S]
        if here:
            found.append(any(full[i] for i in here))
    if len(cues) >= SEVERAL:
        turn = [
            i
            for i, cue in enumerate(cues)
            if 0.45 <= (cue.start_s - reading.start_s) / reading.length_s <= 0.9
        ]
        found.append(any(full[i] for i in turn) or not turn)
    return found


def _of_several(scores: Sequence[Score]) -> list[Cue]:
    """The cues of films that have several: of one cue nothing is asked of its length or of its theme."""
    return [cue for score in scores if len(score.spotting.cues) >= SEVERAL for cue in score.spotting.cues]


def _none_can(score: Score, cues: Sequence[Cue]) -> bool:
    """Whether cues are too short for a theme of four bars between others, or spoken over."""
    uids = {cue.uid for cue in cues}
    asked = [request for request in score.requests if request.uid in uids]
    return all(r.out_bar < 8 or all(bar.speech >= 0.25 for bar in r.bars[2:8]) for r in asked)


def _harmony(scores: Sequence[Score]) -> Figures:
    inside = np.sum([in_scale(score) for score in scores], axis=0)
    return {
        "texture_in_scale": inside[0] / inside[1] if inside[1] else None,
        "melody_in_scale": inside[2] / inside[3] if inside[3] else None,
        "chromatic_chords": float(np.mean([chromatic_share(score) for score in scores])),
    }


def _joins(scores: Sequence[Score]) -> Figures:
    near = [join for score in scores for join in joins(score)]
    segues, steady = [j for j in near if j.segue], [j for j in near if j.steady]
    apart = [abs(join.louder) for join in near]
    return {
        "joins": len(near),
        "segues": len(segues),
        "segues_within_a_fifth": share_of([join.fifths <= 1 for join in segues]),
        "join_fifths_most": max((join.fifths for join in near), default=None),
        "join_energy_apart_median": float(np.median(apart)) if apart else None,
        "join_energy_apart_p90": share(apart, 0.9) if apart else None,
        "join_energy_over_real_p95": share_of([value > JUMP for value in apart]),
        "steady_joins": len(steady),
        "steady_join_energy_most": max((abs(join.louder) for join in steady), default=None),
    }


def _cues(scores: Sequence[Score]) -> Figures:
    cues = [cue for score in scores for cue in score.spotting.cues]
    lengths = [cue.end_s - cue.start_s for cue in cues]
    music = sum(request.length_s for score in scores for request in score.requests)
    spent = sum(score.seconds for score in scores)
    coverage = [score.spotting.coverage for score in scores]
    return {
        "cues": len(cues),
        "cues_fewest": min(len(score.spotting.cues) for score in scores),
        "cues_most": max(len(score.spotting.cues) for score in scores),
        "coverage_least": min(coverage),
        "coverage_most": max(coverage),
        "shortest_cue_s": min((cue.end_s - cue.start_s for cue in _of_several(scores)), default=None),
        "median_cue_s": share(lengths, 0.5) if lengths else None,
        "longest_cue_s": max(lengths, default=None),
        "music_s": music,
        "cpu_s": spent,
    }
