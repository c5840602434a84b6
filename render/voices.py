"""How loud and how bright each programme plays: levelled by measurement, so any font is balanced."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt
from tinysoundfont import _tinysoundfont as tsf

from composer.notes import Part, Role
from render.events import PlayedNote
from render.fluid import play_fluid
from render.font_file import Preset
from render.settings import SynthName
from render.soundfont import VELOCITY_POWER, Font, Instrument, open_instrument, stand_in
from vision.loudness_meter import MOMENTARY_HOPS, LoudnessMeter, lufs, windowed

RATE_HZ = 48_000
REFERENCE_LUFS = -26.0  # a single note at REFERENCE_VELOCITY; a four-part texture then sits near -20
REFERENCE_VELOCITY = 80
PROBE_SAMPLES = 72_000  # 1.5 s: slow strings have spoken by then
PROBE_CHANNEL = 15
MAX_TRIM_DB = 18.0  # a preset further off than this is an effect or broken, not an instrument
DRUM_PITCHES = (36, 41, 47, 49)  # bass drum, low and mid tom, crash: the film score's kit

# LU a single note of each role stands from the melody's: pads sound four notes at a time and must not mask;
# at -3 the timpani and taiko of a chase stood 5 LU over basses and strings together, most of it below 100 Hz.
ROLE_LU: dict[Role, float] = {"melody": 0.0, "bass": -2.0, "pad": -5.0, "arpeggio": -5.0, "percussion": -7.0}


@dataclass(frozen=True)
class Tone:
    """A part's gentle equaliser: high pass, low pass (None: open)."""

    high_pass_hz: float
    low_pass_hz: float | None


# By General MIDI family (programme // 8). Receipt: third-octave plots of each family on the embedded font:
# its strings and brass are sharp above 6 kHz, its pads muddy below 120 Hz, its basses hum below 35 Hz.
_FAMILY_TONE = {
    0: Tone(30, None), 1: Tone(60, None), 2: Tone(50, 9_000), 3: Tone(60, 9_000), 4: Tone(32, 6_000),
    5: Tone(45, 8_500), 6: Tone(45, 8_000), 7: Tone(50, 8_000), 8: Tone(60, 8_500), 9: Tone(90, 9_000),
    10: Tone(60, 8_000), 11: Tone(90, 7_000), 12: Tone(60, 8_000), 13: Tone(60, None), 14: Tone(35, None),
}  # fmt: skip
_PLAIN = Tone(30, None)
_ROLE_HIGH_PASS_HZ: dict[Role, float] = {"pad": 90.0, "arpeggio": 70.0}

# Middle of each family's usual range; where its loudness is measured.
_FAMILY_PITCHES = {4: (36, 43, 48), 5: (48, 60, 72), 7: (48, 57, 64), 9: (67, 74, 79), 1: (72, 79, 84)}
_MIDDLE = (52, 60, 69)
_PROGRAMME_PITCHES = {
    32: (31, 38, 43), 42: (40, 48, 55), 43: (31, 36, 43), 47: (38, 41, 45), 58: (34, 41, 48), 70: (40, 48, 55)
}  # fmt: skip


def part_gain(font: Font, part: Part, synth: SynthName) -> float:
    """Linear gain that puts one ordinary note of this part at its role's level, measured on this font."""
    measured = note_lufs(font, stand_in(font, part), _probe_pitches(part), synth)
    trim = REFERENCE_LUFS + ROLE_LU[part.role] - measured
    return float(10.0 ** (np.clip(trim, -MAX_TRIM_DB, MAX_TRIM_DB) / 20.0))


def _probe_pitches(part: Part) -> tuple[int, ...]:
    if part.drums:
        return DRUM_PITCHES
    family = _FAMILY_PITCHES.get(part.programme // 8, _MIDDLE)
    return _PROGRAMME_PITCHES.get(part.programme, family)


@lru_cache(maxsize=256)
def note_lufs(font: Font, preset: Preset, pitches: tuple[int, ...], synth: SynthName) -> float:
    """Median over pitches of the loudest 400 ms of one ordinary note."""
    if synth == "fluidsynth":
        sounds = _notes_in_fluidsynth(font, preset, pitches)
    else:
        instrument = open_instrument(font, preset)
        sounds = [_note(instrument, pitch) for pitch in pitches]
    return lufs(float(np.median([_energy(sound) for sound in sounds])))


def _note(instrument: Instrument, pitch: int) -> NDArray[np.float32]:
    synth = instrument.synth
    silence(synth)
    instrument.select(PROBE_CHANNEL)
    synth.channel_set_pan(PROBE_CHANNEL, 0.5)
    synth.channel_note_on(PROBE_CHANNEL, pitch, note_gain(REFERENCE_VELOCITY))
    sound = np.zeros((PROBE_SAMPLES, 2), np.float32)
    synth.render(sound)
    silence(synth)
    return sound


def _notes_in_fluidsynth(font: Font, preset: Preset, pitches: tuple[int, ...]) -> list[NDArray[np.float32]]:
    """One note after the other, each with as long again to die away in."""
    starts = [2 * PROBE_SAMPLES * place for place in range(len(pitches))]
    notes = [
        PlayedNote(start, start + PROBE_SAMPLES, pitch, REFERENCE_VELOCITY)
        for start, pitch in zip(starts, pitches, strict=True)
    ]
    sound = play_fluid(font, preset, notes, 0.5, PROBE_SAMPLES)
    return [sound[start : start + PROBE_SAMPLES] for start in starts]


def _energy(sound: NDArray[np.float32]) -> float:
    meter = LoudnessMeter(RATE_HZ, (1.0, 1.0))
    meter.feed(sound)
    return float(windowed(meter.energies(), MOMENTARY_HOPS).max(initial=0.0))


def silence(synth: "tsf.SoundFont") -> None:
    """Stop every voice and let the synth's quick release run out, so the next render starts from nothing."""
    synth.reset()
    rest = np.zeros((RATE_HZ // 4, 2), np.float32)
    synth.render(rest)


def note_gain(velocity: int) -> float:
    """What the synth is given for a MIDI velocity, 0..1."""
    return float((velocity / 127.0) ** VELOCITY_POWER)


def shape_tone(sound: NDArray[np.float32], part: Part, gain: float) -> NDArray[np.float32]:
    """The part's high pass, low pass and gain; [n, 2]."""
    tone = _PLAIN if part.drums else _FAMILY_TONE.get(part.programme // 8, _PLAIN)
    high_pass = max(tone.high_pass_hz, _ROLE_HIGH_PASS_HZ.get(part.role, 0.0))
    sections = [butter(2, high_pass, "highpass", fs=RATE_HZ, output="sos")]
    if tone.low_pass_hz is not None:
        sections.append(butter(1, tone.low_pass_hz, "lowpass", fs=RATE_HZ, output="sos"))
    return _filtered(np.concatenate(sections), sound, gain)


def _filtered(sections: NDArray[np.float64], sound: NDArray[np.float32], gain: float) -> NDArray[np.float32]:
    """Second-order sections over [n, 2] with a gain in the first, in single precision."""
    scaled = sections.astype(np.float32)
    scaled[0, :3] *= np.float32(gain)
    filtered = sosfilt(scaled, sound, axis=0)
    return np.asarray(filtered, np.float32)
