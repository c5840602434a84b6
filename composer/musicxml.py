"""MusicXML 4.0 (partwise) of a cue or the film, at sounding pitch: what a notation program opens."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from composer.drum_names import drum_name, drum_place
from composer.engraving import Bar, Symbol, engraved
from composer.notes import ChordSpan, Part
from composer.spelling import spelled, spelled_class
from composer.theory import key_pc_of
from composer.written_score import UNITS_PER_BEAT, Key, WrittenNote, WrittenScore
from vision.artifact import write_text

HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN"'
    ' "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
# A chord's suffix: its kind, and the degree added to it (value, alteration).
KINDS: Final[dict[str, tuple[str, tuple[int, int] | None]]] = {
    "": ("major", None),
    "m": ("minor", None),
    "7": ("dominant", None),
    "maj7": ("major-seventh", None),
    "m7": ("minor-seventh", None),
    "sus4": ("suspended-fourth", None),
    "sus2": ("suspended-second", None),
    "dim": ("diminished", None),
    "dim7": ("diminished-seventh", None),
    "m7b5": ("half-diminished", None),
    "aug": ("augmented", None),
    "mMaj7": ("major-minor", None),
    "maj7#11": ("major-seventh", (11, 1)),
    "add9": ("major", (9, 0)),
    "5": ("power", None),
    "ped": ("pedal", None),
}
NO_CHORD: Final = ("none", None)
CHORD_NAME: Final = re.compile(r"[A-G][#b]?([^/]*)(?:/([A-G][#b]?))?")
LOW_CLEF_BELOW: Final = 57  # mean pitch: A3, under which a bass clef takes fewer ledger lines
DRUM_CHANNEL: Final = 10
SAME_TEMPO_QPM: Final = 0.5  # gaps differ by a microsecond a beat so that they end on the film's time


def write_musicxml(path: Path, score: WrittenScore) -> None:
    """Write `score`; same music, same bytes.

    Signatures stand in every part; tempi, chord symbols, cue ids and hits in the first.
    """
    write_text(path, HEAD + "\n".join(_document(score)) + "\n")


def _document(score: WrittenScore) -> Iterator[str]:
    parts = score.parts or ((Part(role="pad", name="Silence", programme=0), ()),)
    yield '<score-partwise version="4.0">'
    yield f"<work><work-title>{_text(score.title)}</work-title></work>"
    yield "<identification><encoding><software>Reelscore</software></encoding></identification>"
    yield "<part-list>"
    for number, (part, notes) in enumerate(parts, 1):
        yield from _part_facts(f"P{number}", part, notes)
    yield "</part-list>"
    above = _above(score)
    for number, (part, notes) in enumerate(parts, 1):
        yield f'<part id="P{number}">'
        yield from _measures(score, f"P{number}", part, notes, above if number == 1 else {})
        yield "</part>"
    yield "</score-partwise>"


def _part_facts(part_id: str, part: Part, notes: Sequence[WrittenNote]) -> Iterator[str]:
    """Name, instruments and MIDI programme (counted from 1); drums have an instrument a key."""
    keys = sorted({note.pitch for note in notes}) if part.drums else []
    named = [(f"{part_id}-I{key + 1}", drum_name(key)) for key in keys] or [(f"{part_id}-I0", part.name)]
    yield f'<score-part id="{part_id}"><part-name>{_text(part.name)}</part-name>'
    for instrument, name in named:
        yield f'<score-instrument id="{instrument}"><instrument-name>{_text(name)}</instrument-name>'
        yield "</score-instrument>"
    channel = f"<midi-channel>{DRUM_CHANNEL}</midi-channel>" if part.drums else ""
    for place, (instrument, _) in enumerate(named):
        unpitched = f"<midi-unpitched>{keys[place] + 1}</midi-unpitched>" if keys else ""
        yield f'<midi-instrument id="{instrument}">{channel}<midi-program>{part.programme + 1}</midi-program>'
        yield f"{unpitched}<pan>{round(90 * part.pan)}</pan></midi-instrument>"
    yield "</score-part>"


def _above(score: WrittenScore) -> dict[int, list[str]]:
    """What stands above the first part, by bar: rehearsal marks, tempi, hits, chord symbols."""
    starts = _starts(score)
    found: list[tuple[int, int, str]] = []
    for word in score.words:
        name = "rehearsal" if word.rehearsal else "words"
        found.append((word.unit, 0, _direction(f"<{name}>{_text(word.text)}</{name}>")))
    found += [(unit, 1, text) for unit, text in _tempi(score.tempi)]
    for unit, chord in score.chords:
        found.append((unit, 2, _harmony(chord, _key_at(score.keys, unit).fifths)))
    bars: dict[int, list[str]] = {}
    bar = 0
    for unit, _, text in sorted(found, key=lambda item: item[:2]):
        if unit >= starts[-1]:
            continue
        while starts[bar + 1] <= unit:
            bar += 1
        offset = f"<offset>{unit - starts[bar]}</offset>" if unit > starts[bar] else ""
        bars.setdefault(bar, []).append(text.replace("<offset/>", offset))
    return bars


def _tempi(tempi: Sequence[tuple[int, float]]) -> Iterator[tuple[int, str]]:
    """Every tempo for playback; on paper only where it differs from the last one that stands there."""
    shown: float | None = None
    for unit, qpm in tempi:
        if shown is not None and abs(qpm - shown) < SAME_TEMPO_QPM:
            yield unit, f'<sound tempo="{qpm:.6f}"><offset/></sound>'
            continue
        shown = qpm
        mark = f"<metronome><beat-unit>quarter</beat-unit><per-minute>{qpm:.1f}</per-minute></metronome>"
        yield unit, _direction(mark, f'<sound tempo="{qpm:.6f}"/>')


def _direction(kind: str, sound: str = "") -> str:
    return f'<direction placement="above"><direction-type>{kind}</direction-type><offset/>{sound}</direction>'


def _harmony(chord: ChordSpan, fifths: int) -> str:
    """A chord symbol; what has no kind of its own here is shown by its name alone."""
    match = CHORD_NAME.fullmatch(chord.name)
    suffix, bass = (match[1], match[2]) if match else (chord.name, None)
    known = KINDS.get(suffix, ("other", None)) if match else NO_CHORD
    letter, alter = spelled_class(chord.root_pc, fifths)
    lines = f"<root><root-step>{letter}</root-step><root-alter>{alter}</root-alter></root>"
    lines += f'<kind text="{_text(suffix)}">{known[0]}</kind>'
    if bass is not None:
        letter, alter = spelled_class(key_pc_of(bass), fifths)
        lines += f"<bass><bass-step>{letter}</bass-step><bass-alter>{alter}</bass-alter></bass>"
    if known[1] is not None:
        value, change = known[1]
        lines += f"<degree><degree-value>{value}</degree-value><degree-alter>{change}</degree-alter>"
        lines += "<degree-type>add</degree-type></degree>"
    return f"<harmony>{lines}<offset/></harmony>"


def _measures(
    score: WrittenScore,
    part_id: str,
    part: Part,
    notes: Sequence[WrittenNote],
    above: dict[int, list[str]],
) -> Iterator[str]:
    starts, keys = _starts(score), {key.unit: key for key in score.keys}
    key = score.keys[0]
    for index, bar in enumerate(engraved(notes, score.bars)):
        beats = score.bars[index]
        key = keys.get(starts[index], key)
        yield f'<measure number="{index + 1}">'
        signature = _key(key) if starts[index] in keys and not part.drums else ""
        time = _time(beats) if index == 0 or score.bars[index - 1] != beats else ""
        first = f"<divisions>{UNITS_PER_BEAT}</divisions>" if index == 0 else ""
        clef = _clef(part, notes) if index == 0 else ""
        if first + signature + time:
            yield f"<attributes>{first}{signature}{time}{clef}</attributes>"
        yield from above.get(index, ())
        yield from _bar(bar, beats * UNITS_PER_BEAT, part_id, part, key.fifths)
        yield "</measure>"


def _bar(bar: Bar, units: int, part_id: str, part: Part, fifths: int) -> Iterator[str]:
    """Voice by voice, each after going back to the bar's start."""
    if not bar:
        yield f'<note><rest measure="yes"/><duration>{units}</duration><voice>1</voice></note>'
    at = 0
    for voice, symbols in bar.items():
        if at:
            yield f"<backup><duration>{at}</duration></backup>"
        at = 0
        for symbol in symbols:
            if symbol.at > at:
                yield f"<forward><duration>{symbol.at - at}</duration></forward>"
            yield from _notes(symbol, voice, part_id, part, fifths)
            at = symbol.at + symbol.units


def _notes(symbol: Symbol, voice: int, part_id: str, part: Part, fifths: int) -> Iterator[str]:
    ties = [kind for kind, tied in (("stop", symbol.tied_from), ("start", symbol.tied_to)) if tied]
    tie = "".join(f'<tie type="{kind}"/>' for kind in ties)
    tied = "".join(f'<tied type="{kind}"/>' for kind in ties)
    notations = f"<notations>{tied}</notations>" if ties else ""
    value = f"<voice>{voice}</voice><type>{symbol.value}</type>{'<dot/>' * symbol.dots}"
    duration = f"<duration>{symbol.units}</duration>"
    if not symbol.pitches:
        yield f"<note><rest/>{duration}{value}</note>"
    for place, pitch in enumerate(symbol.pitches):
        chord = "<chord/>" if place else ""
        written = _unpitched(pitch) if part.drums else _pitch(pitch, fifths)
        instrument = f'<instrument id="{part_id}-I{pitch + 1}"/>' if part.drums else ""
        yield f"<note>{chord}{written}{duration}{tie}{instrument}{value}{notations}</note>"


def _pitch(pitch: int, fifths: int) -> str:
    letter, alter, octave = spelled(pitch, fifths)
    altered = f"<alter>{alter}</alter>" if alter else ""
    return f"<pitch><step>{letter}</step>{altered}<octave>{octave}</octave></pitch>"


def _unpitched(key: int) -> str:
    letter, octave = drum_place(key)
    where = f"<display-step>{letter}</display-step><display-octave>{octave}</display-octave>"
    return f"<unpitched>{where}</unpitched>"


def _clef(part: Part, notes: Sequence[WrittenNote]) -> str:
    if part.drums:
        return "<clef><sign>percussion</sign></clef>"
    low = bool(notes) and sum(note.pitch for note in notes) < LOW_CLEF_BELOW * len(notes)
    sign, line = ("F", 4) if low else ("G", 2)
    return f"<clef><sign>{sign}</sign><line>{line}</line></clef>"


def _key(key: Key) -> str:
    return f"<key><fifths>{key.fifths}</fifths><mode>{key.mode}</mode></key>"


def _time(beats: int) -> str:
    return f"<time><beats>{beats}</beats><beat-type>4</beat-type></time>"


def _key_at(keys: Sequence[Key], unit: int) -> Key:
    return max((key for key in keys if key.unit <= unit), key=lambda key: key.unit)


def _starts(score: WrittenScore) -> list[int]:
    return [beats * UNITS_PER_BEAT for beats in (0, *accumulate(score.bars))]


def _text(text: str) -> str:
    """Text for an element or an attribute, without characters that XML has no place for."""
    return escape("".join(c if c.isprintable() else " " for c in text), {'"': "&quot;"})
