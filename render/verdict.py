"""The report's first words: what was made, and whether anybody has to look at it."""

from dataclasses import dataclass

from composer.spotting import Spotting
from render.report_facts import ReportFacts
from render.timecode import clock, timecode
from vision.analysis import Film

READY = "Ready"
NEEDS_A_LOOK = "Ready, but needs a look"
UNITS = {
    "lufs": "LUFS",
    "dbtp": "dBTP",
    "ms": "ms",
    "s": "s",
    "db": "dB",
}


@dataclass(frozen=True)
class Fact:
    """A small labelled figure of the head."""

    name: str
    value: str


@dataclass(frozen=True)
class Verdict:
    """words: READY or NEEDS_A_LOOK.  why: one sentence each.  sums: the score in one sentence.

    measured: what verify read back from the files.
    remarks: what is worth knowing but needs nobody, each once.
    """

    words: str
    why: tuple[str, ...]
    sums: str
    facts: tuple[Fact, ...]
    measured: tuple[Fact, ...]
    remarks: tuple[str, ...]


def judge(facts: ReportFacts) -> Verdict:
    """The verdict over a finished job."""
    return Verdict(
        words=NEEDS_A_LOOK if facts.findings else READY,
        why=tuple(_capital(finding) for finding in facts.findings),
        sums=_sums(facts.spotting),
        facts=tuple(_facts(facts)),
        measured=tuple(_measured(facts)),
        remarks=_remarks(facts),
    )


def rate_words(film: Film) -> str:
    """The frame rate as editors say it: 23.976, 25, 29.97 drop-frame, variable about 24."""
    rate = f"{float(film.rate):.3f}".rstrip("0").rstrip(".")
    if film.variable_rate:
        return f"variable, about {rate} fps"
    return f"{rate} fps{', drop-frame' if film.drop_frame else ''}"


def counted(number: int, one: str, more: str = "") -> str:
    """`1 cue`, `2 cues`."""
    return f"{number} {one if number == 1 else more or one + 's'}"


def _sums(spotting: Spotting) -> str:
    if not spotting.cues:
        return "No music was placed. The reasons are below."
    spans_s = [cue.end_s - cue.start_s for cue in spotting.cues]
    shortest, longest = clock(min(spans_s)), clock(max(spans_s))
    each = "each " if len(spans_s) > 1 else ""
    lengths = f"{each}{longest}" if shortest == longest else f"{shortest} to {longest}"
    silences = (
        f", {counted(len(spotting.silences), 'stretch', 'stretches')} left silent"
        if spotting.silences
        else ""
    )
    share = f"{100 * spotting.coverage:.0f} %"
    return f"{counted(len(spotting.cues), 'cue')}, {lengths} long, over {share} of the picture{silences}."


def _facts(facts: ReportFacts) -> list[Fact]:
    film, sound = facts.analysis.film, facts.analysis.sound
    heard = (
        "none"
        if sound.loudness_lufs is None
        else f"speech {_share(sound.speech_share)}, music {_share(sound.music_share)}"
    )
    rows = [
        Fact("Length", f"{clock(film.duration_s)} ({film.frames} frames)"),
        Fact("Rate", rate_words(film)),
        Fact("Starts at", timecode(film, 0)),
        Fact("Picture", f"{film.width} × {film.height}"),
        Fact("Film sound", heard),
        Fact("Shots", str(len(facts.analysis.shots))),
    ]
    if facts.engine:
        rows.append(Fact("Composer", facts.engine))
    if facts.seed is not None:
        rows.append(Fact("Seed", str(facts.seed)))
    if facts.font is not None:
        by = "" if facts.synth == "builtin" else f" in {facts.synth}"
        rows.append(Fact("Soundfont", f"{facts.font.name}{by}, licence {facts.font.licence}"))
    return rows


def _measured(facts: ReportFacts) -> list[Fact]:
    return [_read_back(name, value) for name, value in facts.figures.items() if value is not None]


def _read_back(name: str, value: float | int | str) -> Fact:
    """`loudness_lufs` as `Loudness, LUFS`, a share in percent, yes or no for what was copied."""
    stem, _, unit = name.rpartition("_")
    if unit == "copied":
        return Fact(_sentence(name), "yes" if value else "no")
    if unit in ("share", "coverage") and isinstance(value, float):
        return Fact(_sentence(name), _share(value))
    words = f"{stem}, {UNITS[unit]}" if unit in UNITS and stem else name
    return Fact(_sentence(words), f"{value:g}" if isinstance(value, float) else str(value))


def _sentence(words: str) -> str:
    """Words as they stand at a sentence's start, underscores as spaces."""
    return _capital(words).replace("_", " ")


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _share(share: float) -> str:
    return f"{100 * share:.0f} %"


def _remarks(facts: ReportFacts) -> tuple[str, ...]:
    found = [*facts.analysis.warnings, *facts.spotting.warnings, *(facts.mix.warnings if facts.mix else ())]
    for cue in facts.spotting.cues:
        music = facts.notes.get(cue.uid)
        found += [f"{cue.id}: {finding}" for finding in (music.findings if music else ())]
    return tuple(_capital(remark) for remark in dict.fromkeys(found) if remark not in facts.findings)
