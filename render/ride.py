"""A hand on the fader: a cue's loud stretches brought halfway back, so its level means what it says."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from render.duck import DuckPoint
from vision.loudness_meter import (
    ABSOLUTE_GATE_LUFS,
    HOPS_PER_SECOND,
    SHORT_TERM_HOPS,
    Energies,
    curve_lufs,
)

# A cue from night to chase spans 15 LU; levelled by its median, the chase would stand 10 LU over it and
# 5 over the dialogue. Half of what exceeds 4 LU leaves it 7 over: still the loudest, no longer a shock.
FREE_LU = 4.0
RATIO = 0.5
DEEPEST_DB = 6.0
STEP_HOPS = 5


def ride_line(energies: Energies, start_s: float) -> tuple[DuckPoint, ...]:
    """Corners of the fader every half second: 0 dB up to 4 LU over the cue's median, then half of the rest.

    Follows 3 s of loudness, so notes and accents keep their shape; straight in dB between corners.
    """
    heard = curve_lufs(energies, SHORT_TERM_HOPS)
    sounding = heard[heard > max(ABSOLUTE_GATE_LUFS, float(heard.max(initial=-200.0)) - 20.0)]
    if not len(sounding):
        return (DuckPoint(time_s=start_s, gain_db=0.0),)
    over = np.maximum(heard - float(np.median(sounding)) - FREE_LU, 0.0)
    down = (0.0 - np.minimum(over * RATIO, DEEPEST_DB))[::STEP_HOPS]
    centre_s = start_s + (np.arange(len(down)) * STEP_HOPS + SHORT_TERM_HOPS / 2) / HOPS_PER_SECOND
    return tuple(
        DuckPoint(time_s=round(t, 6), gain_db=round(g, 4))
        for t, g in zip(centre_s.tolist(), down.tolist(), strict=True)
    )


def ridden(energies: Energies, line: Sequence[DuckPoint], start_s: float) -> Energies:
    """[hops] energies as they are after the ride."""
    centre_s = start_s + (np.arange(len(energies)) + 0.5) / HOPS_PER_SECOND
    db: NDArray[np.float64] = np.interp(centre_s, [p.time_s for p in line], [p.gain_db for p in line])
    lowered: Energies = energies * 10.0 ** (db / 10.0)
    return lowered
