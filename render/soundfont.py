"""Which SoundFont plays: a given one, a better one found on the machine, or the embedded one. All checked."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tinysoundfont import _tinysoundfont as tsf

from vision.artifact import Frozen, sha256_file
from vision.rejected import RejectedInput

RATE_HZ = 48_000
MAX_FONT_BYTES = 2 * 1024**3  # the largest free General MIDI fonts are about 1.2 GB
MAX_VOICES = 256

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
EMBEDDED_FILE = "TimGM6mb.sf2"
EMBEDDED_SHA256 = "82475b91a76de15cb28a104707d3247ba932e228bada3f47bba63c6b31aaf7a1"
EMBEDDED_LICENCE = "GPL-2.0"  # Tim Brechbill's font as the pretty_midi wheel carries it


class FontFacts(Frozen):
    """What manifest and report say about the font; sha256 is part of the synth step's key."""

    name: str
    sha256: str
    licence: str
    embedded: bool


@dataclass(frozen=True)
class Font:
    """A font that passed its checks."""

    path: Path
    facts: FontFacts


def choose_font(given: Path | None) -> Font:
    """The font that will play: `given`, else the first preferred one found, else the embedded one.

    Raises RejectedInput where a given file is missing, too large, no SoundFont, or does not load.
    """
    if given is not None:
        _check(given)
        return Font(
            given, FontFacts(name=given.name, sha256=sha256_file(given), licence="as given", embedded=False)
        )
    return _preferred() or _embedded()


def _preferred() -> Font | None:
    for name, licence, files in PREFERRED:
        for path in (Path(folder).expanduser() / file for folder in FOLDERS for file in files):
            if path.is_file() and _fault(path) is None:
                facts = FontFacts(name=name, sha256=sha256_file(path), licence=licence, embedded=False)
                return Font(path, facts)
    return None


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
    return Font(path, facts)


def _check(path: Path) -> None:
    fault = _fault(path)
    if fault is not None:
        raise RejectedInput(
            f"soundfont {str(path)!r}: {fault}", "give a General MIDI .sf2 or .sf3 file, or none"
        )


def _fault(path: Path) -> str | None:
    """What is wrong with a font file before anything native reads it, None where nothing is."""
    if not path.is_file():
        return "there is no such file"
    if path.stat().st_size > MAX_FONT_BYTES:
        return f"larger than {MAX_FONT_BYTES // 1024**3} GiB"
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] != b"RIFF" or head[8:12] != b"sfbk":
        return "not a SoundFont (its first bytes are not RIFF....sfbk)"
    if int.from_bytes(head[4:8], "little") + 8 > path.stat().st_size:
        return "shorter than its own header says"
    return _load_fault(path)


def _load_fault(path: Path) -> str | None:
    try:
        font = tsf.SoundFont(path.read_bytes())
    except RuntimeError:
        return "its contents can't be read as a SoundFont"
    return None if font.get_preset_count() else "it holds no instrument"


def open_font(font: Font) -> "tsf.SoundFont":
    """The font as a synthesiser of interleaved stereo at 48 kHz, unity gain."""
    synth = tsf.SoundFont(font.path.read_bytes())
    synth.set_output(tsf.OutputMode.StereoInterleaved, RATE_HZ, 0.0)
    synth.set_max_voices(MAX_VOICES)
    return synth
