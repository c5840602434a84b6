"""Which SoundFont plays: a given one, a better one found on the machine, or the embedded one. All checked."""

import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from tinysoundfont import _tinysoundfont as tsf

from composer.notes import Part
from render.embedded_voices import CAST, voice_zones
from render.font_file import BadFont, FontFile, Preset, read_font
from render.preset_zones import Zone
from render.settings import SynthName
from vision.artifact import Frozen, sha256_file
from vision.process import ToolFailed, run_tool
from vision.rejected import RejectedInput

RATE_HZ = 48_000
MAX_FONT_BYTES = 2 * 1024**3  # the largest free General MIDI fonts are about 1.2 GB
MAX_VOICES = 256
KITS = 128  # the bank of drum kits
PROBE_S = 60.0
# The synth plays velocity as plain amplitude (64 is 6 dB under 127); players differ more. With 1.35 a cue
# from night to chase spans 15 LU of short-term loudness; 1.6 spanned 20 and buried the quiet end.
VELOCITY_POWER = 1.35
# FluidSynth squares velocity (SoundFont 2.04, 8.4.1); with half of it the dynamics are our own synth's.
VELOCITY_POWERS: dict[SynthName, float] = {"builtin": VELOCITY_POWER, "fluidsynth": VELOCITY_POWER / 2}
# What a synth plays of a written attenuation. The makers of fonts hear 0.4 of it: so the hardware that they
# were first made for played it, and FluidSynth does. Ours takes it at its word; the embedded font's electric
# piano then leaps by 8 LU from key to key, its violin by 6.
PLAYED_ATTENUATION: dict[SynthName, float] = {"builtin": 1.0, "fluidsynth": 0.4}

# Preferred first; each where Debian, Fedora, Arch, Homebrew and MuseScore put it.
PREFERRED = (
    (
        "MuseScore_General",
        "MIT",
        ("MuseScore_General.sf3", "MuseScore_General.sf2", "MuseScore_General_Full.sf2"),
    ),
    ("FluidR3_GM", "MIT", ("FluidR3_GM.sf2", "FluidR3_GM.sf3", "FluidR3Mono_GM.sf3")),
)
FOLDERS = (
    "/usr/share/sounds/sf3", "/usr/share/sounds/sf2", "/usr/share/soundfonts",
    "/usr/local/share/soundfonts", "/opt/homebrew/share/soundfonts", "~/.local/share/soundfonts",
)  # fmt: skip
# Folders to look in instead, apart by `:`; empty, and only the embedded font plays.
FOLDERS_VARIABLE = "REELSCORE_SOUNDFONTS"
EMBEDDED = "embedded"
EMBEDDED_FILE = "TimGM6mb.sf2"
EMBEDDED_SHA256 = "82475b91a76de15cb28a104707d3247ba932e228bada3f47bba63c6b31aaf7a1"
EMBEDDED_LICENCE = "GPL-2.0"  # Tim Brechbill's font as the pretty_midi wheel carries it
# Fonts that were played from end to end; any other one is first tried in a process of its own.
KNOWN_SHA256 = frozenset(
    {
        EMBEDDED_SHA256,
        "74594e8f4250680adf590507a306655a299935343583256f3b722c48a1bc1cb0",  # FluidR3_GM.sf2, Debian 3.1
        "f9a37b36655f23e167c66ec91bef6097c8e99be29286219a54062919eb41aeae",  # MuseScore_General_Full 0.2.1
    }
)


class FontFacts(Frozen):
    """What manifest and report say about the font; sha256 is part of the synth step's key."""

    name: str
    sha256: str
    licence: str
    embedded: bool


@dataclass(frozen=True)
class Font:
    """A font that passed its checks."""

    file: FontFile
    facts: FontFacts

    @property
    def path(self) -> Path:
        """Where the font lies."""
        return self.file.path

    @property
    def voiced(self) -> bool:
        """Whether it is the font that our table of voices was made for."""
        return self.facts.sha256 == EMBEDDED_SHA256

    def excerpt(self, preset: Preset, synth: SynthName) -> bytes:
        """A font of one preset as a synth is to have it.

        The embedded one is voiced; another one has its modulators laid down as zones for our own synth.
        """
        attenuation, zones = PLAYED_ATTENUATION[synth], tuple[Zone, ...]()
        if self.voiced and preset[0] != KITS:
            zones = voice_zones(preset[1], VELOCITY_POWERS[synth], attenuation)
        elif synth == "builtin":
            zones = self.file.modulation(preset, VELOCITY_POWER)
        return self.file.excerpt((preset,), zones, PLAYED_ATTENUATION["fluidsynth"] / attenuation)

    def __hash__(self) -> int:
        return hash(self.facts.sha256)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Font) and self.facts == other.facts


@dataclass(frozen=True)
class Instrument:
    """One preset of a font, loaded alone: what it plays depends on nothing else that is played."""

    synth: "tsf.SoundFont"
    preset: Preset

    def select(self, channel: int) -> None:
        """Put the preset on a channel."""
        bank, programme = self.preset
        self.synth.channel_set_bank(channel, bank)
        self.synth.channel_set_preset_number(channel, programme, bank == KITS)


def choose_font(given: Path | None) -> Font:
    """The font that will play: `given` (a file, or the word "embedded"), else the first preferred one that
    the machine has, else the embedded one.  Its tables are checked, its sound is not loaded.

    Raises RejectedInput where a given file is missing, too large or no SoundFont.
    """
    if given is None:
        return _preferred() or _embedded()
    if str(given) == EMBEDDED:
        return _embedded()
    try:
        file = _read(given)
    except BadFont as fault:
        raise RejectedInput(
            f"soundfont {str(given)!r}: {fault}", "give a General MIDI .sf2 or .sf3 file, or none"
        ) from fault
    said = f"as its maker says: {file.copyright}" if file.copyright else "not stated in the file"
    return Font(file, FontFacts(name=given.name, sha256=sha256_file(given), licence=said, embedded=False))


def _preferred() -> Font | None:
    for name, licence, files in PREFERRED:
        for path in (folder / file for folder in font_folders() for file in files):
            try:
                file = _read(path)
            except BadFont:
                continue
            facts = FontFacts(name=name, sha256=sha256_file(path), licence=licence, embedded=False)
            return Font(file, facts)
    return None


def font_folders() -> tuple[Path, ...]:
    """Where preferred fonts are looked for."""
    named = os.environ.get(FOLDERS_VARIABLE)
    folders = FOLDERS if named is None else tuple(folder for folder in named.split(":") if folder)
    return tuple(Path(folder).expanduser() for folder in folders)


def _embedded() -> Font:
    spec = find_spec("pretty_midi")
    if spec is None or not spec.submodule_search_locations:
        raise RejectedInput(
            "the embedded SoundFont is not installed", "run `make install` or give --soundfont FILE"
        )
    path = Path(spec.submodule_search_locations[0]) / EMBEDDED_FILE
    if not path.is_file() or sha256_file(path) != EMBEDDED_SHA256:
        raise RejectedInput(
            f"the embedded SoundFont {EMBEDDED_FILE} is missing or damaged", "run `make install` again"
        )
    facts = FontFacts(name=EMBEDDED_FILE, sha256=EMBEDDED_SHA256, licence=EMBEDDED_LICENCE, embedded=True)
    return Font(read_font(path), facts)


def _read(path: Path) -> FontFile:
    """The font's tables, checked before anything native reads it; raises BadFont."""
    if not path.is_file():
        raise BadFont("there is no such file")
    if path.stat().st_size > MAX_FONT_BYTES:
        raise BadFont(f"larger than {MAX_FONT_BYTES // 1024**3} GiB")
    return read_font(path)


def stand_in(font: Font, part: Part) -> Preset:
    """The part's preset, or where the font lacks it that of its family, or the font's first.

    The embedded font has better ones than the programme's own for some.
    """
    if font.voiced and not part.drums:
        return 0, CAST.get(part.programme, part.programme)
    bank = KITS if part.drums else 0
    family = part.programme - part.programme % 8
    for preset in ((bank, part.programme), (bank, family), (bank, 0)):
        if preset in font.file.presets:
            return preset
    return min(font.file.presets)


@lru_cache(maxsize=4)  # a preset of a good font takes up to 150 MB
def open_instrument(font: Font, preset: Preset) -> Instrument:
    """The preset as a synthesiser of interleaved stereo at 48 kHz, unity gain.

    A font that we don't know plays first in a process of its own, under limits.
    Raises RejectedInput where it can't be played.
    """
    if font.facts.sha256 not in KNOWN_SHA256:
        _probe(font, preset)
    try:
        synth = tsf.SoundFont(font.excerpt(preset, "builtin"))
    except RuntimeError as error:
        raise unplayable(font, "its contents can't be read as a SoundFont") from error
    synth.set_output(tsf.OutputMode.StereoInterleaved, RATE_HZ, 0.0)
    synth.set_max_voices(MAX_VOICES)
    return Instrument(synth, preset)


def _probe(font: Font, preset: Preset) -> None:
    command = [sys.executable, "-m", "render.font_probe", str(font.path), *map(str, preset)]
    try:
        run_tool(command, timeout_s=PROBE_S)
    except ToolFailed as failure:
        raise unplayable(font, f"bank {preset[0]}, programme {preset[1]} does not play") from failure


def unplayable(font: Font, fault: str) -> RejectedInput:
    """What to raise where a font's fault shows only when it plays."""
    return RejectedInput(
        f"soundfont {str(font.path)!r}: {fault}", "give a General MIDI .sf2 or .sf3 file, or none"
    )
