"""What each programme of the default styles sounds like, note by note: level, onset, tuning, colour, width.

    python -m tests.bench.font_voices [FONT [PROGRAMME...]]    (the embedded font: as it is, as it is played)

A row a key, every fourth of the style's range, and a row of velocities for the middle key. `onset` is in
milliseconds to a tenth, half and nine tenths of the loudest, `fall` from the key's release to -20 and -40 dB.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinysoundfont import _tinysoundfont as tsf

from composer.notes import Part
from composer.styles import STYLES
from render.soundfont import RATE_HZ, Font, choose_font, stand_in
from render.voices import note_gain
from vision.loudness_meter import MOMENTARY_HOPS, LoudnessMeter, lufs, windowed

Sound = NDArray[np.float32]
DEFAULTS = ("chamber", "ambient", "silent_piano")
HOLD_S, RELEASE_S = 2.0, 1.5
VELOCITIES = (25, 40, 55, 70, 85, 100, 115, 127)


def struck(content: bytes, programme: int, key: int, velocity: int) -> Sound:
    """[n, 2] a key held for HOLD_S, and what follows its release."""
    synth = tsf.SoundFont(content)
    synth.set_output(tsf.OutputMode.StereoInterleaved, RATE_HZ, 0.0)
    synth.channel_set_preset_number(0, programme, False)
    synth.channel_note_on(0, key, note_gain(velocity))
    held, released = (np.zeros((int(s * RATE_HZ), 2), np.float32) for s in (HOLD_S, RELEASE_S))
    synth.render(held)
    synth.channel_note_off(0, key)
    synth.render(released)
    return np.concatenate([held, released])


def level_lufs(sound: Sound) -> float:
    """Loudness of the loudest 400 ms."""
    meter = LoudnessMeter(RATE_HZ, (1.0, 1.0))
    meter.feed(sound)
    return lufs(float(windowed(meter.energies(), MOMENTARY_HOPS).max(initial=0.0)))


def envelope(sound: Sound) -> NDArray[np.float64]:
    """[milliseconds] amplitude over 10 ms."""
    power = (sound.astype(np.float64) ** 2).sum(axis=1)
    millis = power[: len(power) // 48 * 48].reshape(-1, 48).mean(axis=1)
    return np.sqrt(np.convolve(millis, np.full(10, 0.1), "same"))


def off_cents(sound: Sound, key: int) -> float:
    """How far the first six partials lie from the key's, weighted by their strength."""
    middle = sound[int(0.4 * RATE_HZ) : int(1.6 * RATE_HZ)].sum(axis=1)
    size = 1 << 18
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), size))
    total = weight = 0.0
    for partial in range(1, 7):
        at = 440.0 * 2.0 ** ((key - 69) / 12) * partial * size / RATE_HZ
        low, high = int(at * 2 ** (-0.05)), int(at * 2**0.05) + 1
        if high >= len(spectrum):
            break
        peak = low + int(np.argmax(spectrum[low:high]))
        total += spectrum[peak] * 1200 * np.log2(peak / at)
        weight += spectrum[peak]
    return float(total / weight) if weight else 0.0


def centre_hz(sound: Sound) -> float:
    """Centre of gravity of the first second's power."""
    power = np.abs(np.fft.rfft(sound[:RATE_HZ].sum(axis=1) * np.hanning(RATE_HZ))) ** 2
    return float((power * np.arange(len(power))).sum() / power.sum())


def width_db(sound: Sound) -> float:
    """Energy of the sides against the middle."""
    wide = sound.astype(np.float64)
    sides, middle = ((wide[:, 0] - wide[:, 1]) ** 2).sum(), (wide.sum(axis=1) ** 2).sum()
    return float(10 * np.log10((sides + 1e-12) / (middle + 1e-12)))


def row(sound: Sound, key: int) -> str:
    """What one note measures."""
    heard = envelope(sound)
    held = int(HOLD_S * 1000)
    onset = [int(np.argmax(heard >= share * heard[: held // 2].max())) for share in (0.1, 0.5, 0.9)]
    after = heard[held:] / max(float(heard[held - 50 : held].mean()), 1e-9)
    fall = [
        int(np.argmax(after < 10 ** (db / 20))) if (after < 10 ** (db / 20)).any() else -1
        for db in (-20, -40)
    ]
    return (
        f"{key:4d} {level_lufs(sound):7.1f} LUFS  onset {onset[0]:4d}{onset[1]:5d}{onset[2]:5d}"
        f"  fall {fall[0]:5d}{fall[1]:6d}  {off_cents(sound, key):+6.1f} cents"
        f"  {centre_hz(sound):6.0f} Hz  sides {width_db(sound):6.1f} dB"
    )


def survey(font: Font, programme: int, low: int, high: int) -> None:
    """Print the programme as the file has it and, in the embedded font, as it is voiced."""
    preset = stand_in(font, Part(role="pad", name="", programme=programme))
    contents = {
        "as the file has it": font.file.excerpt((preset,)),
        "as played": font.excerpt(preset, "builtin"),
    }
    for name, content in contents.items():
        print(f"programme {programme}, preset {preset[1]}, {name}")
        for key in range(low, high + 1, 4):
            print(row(struck(content, preset[1], key, 80), key))
        middle = (low + high) // 2
        heard = [(v, struck(content, preset[1], middle, v)) for v in VELOCITIES]
        print("     " + "  ".join(f"v{v} {level_lufs(s):.1f}/{centre_hz(s):.0f} Hz" for v, s in heard))


def ranges(programmes: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Lowest and highest key of each programme in the default styles, or of those asked for in any style."""
    styles = STYLES.values() if programmes else [STYLES[name] for name in DEFAULTS]
    tables = [
        *(line for style in styles for line in style.roles.values()),
        *(style.accents for style in styles),
    ]
    found: dict[int, tuple[int, int]] = {}
    for one in (instrument for line in tables for instrument in line if not instrument.drums):
        low, high = found.get(one.programme, (one.low, one.high))
        found[one.programme] = (min(low, one.low), max(high, one.high))
    return {programme: span for programme, span in found.items() if not programmes or programme in programmes}


def main() -> None:
    font = choose_font(Path(sys.argv[1] if len(sys.argv) > 1 else "embedded"))
    for programme, span in sorted(ranges([int(text) for text in sys.argv[2:]]).items()):
        survey(font, programme, *span)


if __name__ == "__main__":
    main()
