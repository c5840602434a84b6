"""What a file is by its first bytes, decided before any decoder sees it.

A playlist named .mp4 plays other files when it is opened by name (measured with ffconcat and HLS), so only
the containers below are ever opened, each by its one demuxer.
"""

import os
import stat
from pathlib import Path

from vision.rejected import RejectedInput

HEAD_BYTES = 65_536 + 16
"""MXF may carry 64 KiB of run-in before its first key (SMPTE ST 377-1)."""

FILMS = "MOV, MP4, MXF, MKV, WebM, AVI, MPEG, WMV, FLV or Ogg"
_ATOMS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"avif")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"8BPS", b"SDPX", b"XPDS")
_SOUNDS = (b"fLaC", b"ID3", b"\xff\xfb", b"FORM", b"RF64")
_PLAYLISTS = (b"ffconcat", b"#EXTM3U", b"<MPD", b"[playlist]", b"<smil", b"<asx", b"file ")


def shown(path: Path) -> str:
    """A file's name fit for a message: hostile characters and stray bytes escaped, at most 120 long."""
    name = path.name or str(path)
    safe = "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name
    )
    return safe if len(safe) <= 120 else f"{safe[:80]}...{safe[-32:]}"


def sniff(path: Path) -> str:
    """The name of the one demuxer for `path`; raises RejectedInput where it is no film."""
    name = shown(path)
    _regular_file(path, name)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise RejectedInput(f"{name} can't be read ({error.strerror})", "check its permissions") from error
    if not head:
        raise RejectedInput(f"{name} is empty (0 bytes)", "copy or export the film again")
    demuxer = demuxer_of(head)
    if demuxer is None:
        raise RejectedInput(f"{name} is {_described(head)}, not a film", f"give a film: {FILMS}")
    return demuxer


def demuxer_of(head: bytes) -> str | None:
    """Which demuxer reads a file that starts with `head`, None for what isn't a film."""
    if head[4:8] in _ATOMS:
        return None if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS else "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[:4] == b"\0\0\1\xba":
        return "mpeg"
    if head[:4] == b"\x30\x26\xb2\x75":
        return "asf"
    if head[:4] == b"FLV\1":
        return "flv"
    if head[:4] == b"OggS":
        return "ogg"
    if head[:5] == b"\0\0\0\0\1" and head[5:6] == b"\xbc":
        return "gxf"
    if _is_transport_stream(head):
        return "mpegts"
    return "mxf" if b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02" in head else None


def _regular_file(path: Path, name: str) -> None:
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        raise RejectedInput(f"{name} does not exist or can't be reached", "check the path") from error
    if stat.S_ISDIR(status.st_mode):
        raise RejectedInput(f"{name} is a folder", "give the path of one film")
    if not stat.S_ISREG(status.st_mode):
        raise RejectedInput(f"{name} is a pipe or device, not a file", "give the path of one film")


def _is_transport_stream(head: bytes) -> bool:
    """Sync bytes every 188 bytes (or 192, with a 4-byte time code before each), five in a row."""
    return any(
        len(head) > start + 4 * step and all(head[start + n * step] == 0x47 for n in range(5))
        for start, step in ((0, 188), (4, 192))
    )


def _described(head: bytes) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if any(start.startswith(mark) for mark in _PLAYLISTS) or b"<MPD" in start[:2000]:
        return "a playlist that points to other files"
    if head.startswith(_PICTURES) or head[8:12] in (b"WEBP", *_STILL_BRANDS):
        return "a picture"
    if head.startswith(_SOUNDS) or head[8:12] == b"WAVE":
        return "a sound file"
    if not any(head):
        return "nothing but zeros"
    control = sum(byte < 9 or 13 < byte < 32 for byte in head[:4096])
    return "text" if control == 0 else "of an unknown kind"
