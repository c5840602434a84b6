"""Loudness in words and bars: what was aimed at, what was measured, and what the speech was left."""

from dataclasses import dataclass

from render.levels import ALONE_LU, KEEP_PEAK_DBTP, NEAREST_LU, TARGETS, UNDER_SPEECH_LU
from render.mix import MixFacts

TARGET_WORDS = {
    "keep": "Film sound left as the editor set it",
    "ebu": "EBU R 128",
    "atsc": "ATSC A/85",
    "netflix": "Netflix",
    "web": "Web",
    "podcast": "Podcast",
}


@dataclass(frozen=True)
class LevelRow:
    """One measured figure beside what it should be; fits: None where there is nothing to compare with."""

    name: str
    wanted: str
    measured: str
    fits: bool | None = None


@dataclass(frozen=True)
class CueLevelRow:
    """A cue's level against the film's speech, in words."""

    id: str
    alone: str
    under: str
    nearest: str
    duck: str


@dataclass(frozen=True)
class LevelView:
    """The mix's levels. speech: how the score lies against the film's speech, cue by cue."""

    aim: str
    rows: tuple[LevelRow, ...]
    cues: tuple[CueLevelRow, ...]
    speech_note: str


def view_levels(mix: MixFacts | None) -> LevelView | None:
    """The levels as the page shows them; None where no mix was measured."""
    if mix is None:
        return None
    return LevelView(
        aim=TARGET_WORDS[mix.target],
        rows=tuple(_rows(mix)),
        cues=tuple(
            CueLevelRow(
                cue.id,
                _lu(cue.alone_lufs, mix.film.speech_lufs),
                _lu(cue.under_speech_lufs, mix.film.speech_lufs),
                _lu(cue.nearest_speech_lufs, mix.film.speech_lufs),
                f"-{cue.deepest_duck_db:.1f} dB" if cue.deepest_duck_db else "none",
            )
            for cue in mix.cues
        ),
        speech_note=_speech_note(mix),
    )


def _rows(mix: MixFacts) -> list[LevelRow]:
    aim = TARGETS.get(mix.target)
    peak = aim.peak_dbtp if aim else KEEP_PEAK_DBTP
    dialogue = aim is not None and aim.dialogue and mix.target_lufs == aim.lufs
    heard = mix.dialogue_lufs if dialogue else mix.loudness_lufs
    fits = (
        None
        if heard is None or mix.target_lufs is None or aim is None
        else abs(heard - mix.target_lufs) <= aim.tolerance_lu
    )
    wanted = "kept" if mix.target_lufs is None else f"{mix.target_lufs:.0f} LUFS"
    rows = [
        LevelRow(
            "Mix, loudness of the speech" if dialogue else "Mix, programme loudness",
            wanted,
            _lufs(heard),
            fits,
        ),
        LevelRow(
            "Mix, true peak", f"at most {peak:.0f} dBTP", f"{mix.peak_dbtp:.1f} dBTP", mix.peak_dbtp <= peak
        ),
        LevelRow("Film sound before the music", "", _lufs(mix.film.loudness_lufs)),
        LevelRow("Film's speech", "", _lufs(mix.film.speech_lufs)),
        LevelRow("Score alone", "", _lufs(mix.score_lufs)),
    ]
    if mix.static_gain_db:
        rows.append(LevelRow("One gain over everything", "", f"{mix.static_gain_db:+.1f} dB"))
    if mix.score_limit_db or mix.mix_limit_db:
        deepest = min(-abs(mix.score_limit_db), -abs(mix.mix_limit_db))
        rows.append(LevelRow("Peak safety, deepest", "", f"{deepest:.1f} dB"))
    return rows


def _speech_note(mix: MixFacts) -> str:
    if mix.film.speech_lufs is None:
        return "The film has no speech to make way for."
    return (
        f"Against the speech: about {ALONE_LU:+.0f} LU alone, {UNDER_SPEECH_LU:+.0f} under words, "
        f"never nearer than {NEAREST_LU:+.0f}."
    )


def _lufs(value: float | None) -> str:
    return "no sound" if value is None else f"{value:.1f} LUFS"


def _lu(value: float | None, speech_lufs: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f} LUFS" if speech_lufs is None else f"{value - speech_lufs:+.1f} LU"
