"""Settings of sound and picture."""

from pathlib import Path
from typing import Literal

from vision.artifact import Frozen

LoudnessTarget = Literal["keep", "ebu", "atsc", "netflix", "web", "podcast"]
SynthName = Literal["builtin", "fluidsynth"]


class RenderSettings(Frozen):
    """loudness: `keep` leaves the film's sound where the editor put it; the others are static targets.

    soundfont: a file, or "embedded"; None: the first preferred one that the machine has, else the embedded.
    synth: our own, or FluidSynth where it is installed.  full_length_stems: a stem a role over the whole
    film (True), one a role and cue (False), or None: the first up to 15 minutes, the second beyond.
    stem_format: wav or flac.  mx: also write mx.wav, the music alone as it plays in the mix.
    burn_in: composite timecode, shot, cue and hit flashes into the preview.
    """

    loudness: LoudnessTarget = "keep"
    soundfont: Path | None = None
    synth: SynthName = "builtin"
    full_length_stems: bool | None = None
    stem_format: Literal["wav", "flac"] = "wav"
    mx: bool = False
    burn_in: bool = False
