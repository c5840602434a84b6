"""An unknown font's preset tried in a process of its own: whatever it does to a synth, it does it here.

    python -m render.font_probe FONT BANK PROGRAMME

Exits with 0 where every key plays finite sound, and one at least is heard, within limits of memory and time.
"""

import resource
import sys
from pathlib import Path

import numpy as np
from tinysoundfont import _tinysoundfont as tsf

from render.font_file import read_font

MOST_MEMORY_BYTES = 4 * 1024**3
RATE_HZ = 48_000
LOUD, SILENT = 1_000.0, 1e-5


def main(path: str, bank: str, programme: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    preset = (int(bank), int(programme))
    synth = tsf.SoundFont(read_font(Path(path)).excerpt((preset,)))
    synth.set_output(tsf.OutputMode.StereoInterleaved, RATE_HZ, 0.0)
    synth.channel_set_bank(0, preset[0])
    synth.channel_set_preset_number(0, preset[1], preset[0] == 128)
    sound = np.zeros((RATE_HZ // 20, 2), np.float32)
    loudest = 0.0
    for key in range(0, 128, 3):
        for gain in (0.2, 0.9):
            synth.channel_note_on(0, key, gain)
            synth.render(sound)
            loudest = max(loudest, float(np.abs(sound).max()))
            if not np.isfinite(sound).all() or loudest > LOUD:
                sys.exit(f"key {key} does not play")
            synth.channel_note_off(0, key)
    if loudest < SILENT:
        sys.exit("no key is heard")


if __name__ == "__main__":
    main(*sys.argv[1:])
