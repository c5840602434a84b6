"""session.rpp: the same session for REAPER, where a cue is a region and the picture runs in its window.

The format is lines of words in nested blocks; REAPER fills in whatever is left out.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

from render.session import Session, SessionClip, SessionMark, SessionTrack, start_s
from render.wav import RATE_HZ
from vision.artifact import write_text
from vision.timecode import counting_rate

SQUARE: Final = 1  # a tempo holds until the next
QUARTER: Final = 4 << 16  # a time signature is beats + 65536 x the note that counts
CUSTOM_COLOUR: Final = 0x1000000  # REAPER's flag for "this colour was chosen"
TIME_PLACES: Final = 12  # a nanosecond's thousandth: two hours of samples come back whole
# TIMEMODE's frames a second are whole; its mode says drop-frame (1) or pulled down without dropping (2).
PULLED_DOWN: Final = Fraction(1000, 1001)


def write_reaper(path: Path, session: Session) -> None:
    """Write `session`; same session, same bytes. Media are named relative to it."""
    write_text(path, "\n".join(_project(session)) + "\n")


def _project(session: Session) -> Iterator[str]:
    film = session.film
    yield '<REAPER_PROJECT 0.1 "7.0" 0'
    yield f"  PROJOFFS {_number(start_s(film))} 0 0"
    nominal = counting_rate(film.rate)
    mode = 1 if film.drop_frame else 2 if film.rate == nominal * PULLED_DOWN else 0
    yield f"  TIMEMODE 1 5 -1 {nominal} {mode} 0 -1"
    yield f"  SAMPLERATE {RATE_HZ} 1 0"
    # Sound stays at its time when the tempo is changed: it belongs to the picture.
    yield "  TIMELOCKMODE 0"
    yield f"  TEMPO {_number(60e6 / session.tempi[0][2])} {session.signatures[0][2]} 4"
    yield from _tempo(session)
    for number, mark in enumerate(session.marks, 1):
        yield from _mark(number, mark)
    for track in session.tracks:
        yield from _track(track)
    yield ">"


def _tempo(session: Session) -> Iterator[str]:
    """A point a tempo or signature; a signature that changes within a tempo is a point of its own."""
    tempi = {tick: (us, us_per_beat) for tick, us, us_per_beat in session.tempi}
    signatures = {tick: (us, beats) for tick, us, beats in session.signatures}
    yield "  <TEMPOENVEX"
    yield "    ACT 1 -1"
    yield "    VIS 1 0 1"
    yield "    DEFSHAPE 1 -1 -1"
    us_per_beat = session.tempi[0][2]
    for tick in sorted({*tempi, *signatures}):
        at, us_per_beat = tempi.get(tick, (signatures.get(tick, (0, 0))[0], us_per_beat))
        line = f"    PT {_number(at / 1e6)} {_number(60e6 / us_per_beat)} {SQUARE}"
        yield f"{line} {QUARTER + signatures[tick][1]}" if tick in signatures else line
    yield "  >"


def _mark(number: int, mark: SessionMark) -> Iterator[str]:
    region, colour = int(mark.end is not None), _colour(mark.colour)
    yield f"  MARKER {number} {_time(mark.start)} {_quoted(mark.name)} {region} {colour} 1"
    if mark.end is not None:
        yield f'  MARKER {number} {_time(mark.end)} "" 1 {colour} 1'


def _track(track: SessionTrack) -> Iterator[str]:
    """The picture's own sound is turned down, not muted: a muted track shows no picture."""
    quiet = track.kind == "video"
    yield "  <TRACK"
    yield f"    NAME {_quoted(track.name)}"
    yield f"    PEAKCOL {_colour(track.colour)}"
    yield f"    VOLPAN {0 if quiet else 1} 0 -1 -1 1"
    yield f"    MUTESOLO {int(not track.heard and not quiet)} 0 0"
    yield f"    NCHAN {max([2, *(clip.channels + clip.channels % 2 for clip in track.clips)])}"
    for clip in track.clips:
        yield from _clip(track, clip)
    yield "  >"


def _clip(track: SessionTrack, clip: SessionClip) -> Iterator[str]:
    source = "VIDEO" if track.kind == "video" else "FLAC" if clip.media.endswith(".flac") else "WAVE"
    yield "    <ITEM"
    yield f"      POSITION {_time(clip.start)}"
    yield f"      LENGTH {_time(clip.samples)}"
    yield "      LOOP 0"
    yield "      BEAT 0"
    yield f"      NAME {_quoted(clip.name)}"
    yield f"      SOFFS {_time(clip.offset)}"
    yield f"      <SOURCE {source}"
    yield f"        FILE {_quoted(clip.media)}"
    yield "      >"
    yield "    >"


def _time(samples: int) -> str:
    return _number(samples / RATE_HZ)


def _number(value: float) -> str:
    return f"{value:.{TIME_PLACES}f}".rstrip("0").rstrip(".")


def _colour(rgb: str) -> int:
    red, green, blue = (int(rgb[at : at + 2], 16) for at in (1, 3, 5))
    return CUSTOM_COLOUR | blue << 16 | green << 8 | red


def _quoted(text: str) -> str:
    """Text in the first kind of quote that it does not hold; with all three in it, back quotes give way."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    quote = next((q for q in "\"'`" if q not in plain), "`")
    return quote + (plain.replace("`", "'") if quote == "`" else plain) + quote
