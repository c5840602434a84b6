"""session.dawproject: the open exchange format that Bitwig Studio, Studio One and Cubase import.

A ZIP of project.xml and metadata.xml (DAWproject 1.0). Sound and picture stay where they are and are named
relative to it: a feature's stems are gigabytes, and a copy inside would be a second truth.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

from composer.tempo_map import TICKS_PER_BEAT
from render.session import Session, SessionClip, SessionMark, SessionTrack
from render.wav import RATE_HZ
from vision.artifact import write_bytes

HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
NO_DATE: Final = (1980, 1, 1, 0, 0, 0)  # the first that ZIP knows: the same session, the same bytes
MASTER: Final = "master"


def write_dawproject(path: Path, session: Session) -> None:
    """Write `session`; same session, same bytes. Clips and markers count seconds, so a tempo moves none."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("project.xml", _project(session)), ("metadata.xml", _metadata(session))):
            archive.writestr(zipfile.ZipInfo(name, NO_DATE), text, zipfile.ZIP_DEFLATED)
    write_bytes(path, buffer.getvalue())


def _metadata(session: Session) -> str:
    title = _text(session.title)
    comment = _text(f"Scored by Reelscore; picture starts at {session.film.start_timecode}")
    return f"{HEAD}<MetaData>\n<Title>{title}</Title>\n<Comment>{comment}</Comment>\n</MetaData>\n"


def _project(session: Session) -> str:
    lines = [
        '<Project version="1.0">',
        '<Application name="Reelscore" version="1"/>',
        *_transport(session),
        "<Structure>",
        *(line for number, track in enumerate(session.tracks) for line in _track(number, track)),
        f'<Track contentType="audio" loaded="true" id="{MASTER}" name="Master">',
        f'<Channel role="master" audioChannels="2" solo="false" id="{MASTER}-channel"/>',
        "</Track>",
        "</Structure>",
        '<Arrangement id="arrangement">',
        '<Lanes timeUnit="seconds" id="lanes">',
        *(line for number, track in enumerate(session.tracks) for line in _lane(number, track)),
        "</Lanes>",
        *_markers(session.marks),
        *_tempo(session),
        *_signatures(session),
        "</Arrangement>",
        "</Project>",
    ]
    return HEAD + "\n".join(lines) + "\n"


def _transport(session: Session) -> Iterator[str]:
    yield "<Transport>"
    yield f'<Tempo id="tempo" name="Tempo" unit="bpm" value="{_bpm(session.tempi[0][2])}"/>'
    yield f'<TimeSignature id="signature" numerator="{session.signatures[0][2]}" denominator="4"/>'
    yield "</Transport>"


def _track(number: int, track: SessionTrack) -> Iterator[str]:
    channels = max((clip.channels for clip in track.clips), default=2)
    yield (
        f'<Track contentType="{track.kind}" loaded="true" id="track{number}" '
        f'name={_attribute(track.name)} color="{track.colour}">'
    )
    yield (
        f'<Channel role="regular" audioChannels="{channels}" destination="{MASTER}-channel" solo="false" '
        f'id="channel{number}">'
    )
    yield f'<Mute id="mute{number}" name="Mute" value="{str(not track.heard).lower()}"/>'
    yield f'<Volume id="volume{number}" name="Volume" unit="linear" min="0" max="2" value="1"/>'
    yield "</Channel>"
    yield "</Track>"


def _lane(number: int, track: SessionTrack) -> Iterator[str]:
    yield f'<Lanes track="track{number}" id="lane{number}">'
    yield f'<Clips id="clips{number}">'
    for place, clip in enumerate(track.clips):
        yield from _clip(f"media{number}-{place}", track, clip)
    yield "</Clips>"
    yield "</Lanes>"


def _clip(media_id: str, track: SessionTrack, clip: SessionClip) -> Iterator[str]:
    offset, samples = _seconds(clip.offset), _seconds(clip.samples)
    yield (
        f'<Clip time="{_seconds(clip.start)}" duration="{samples}" contentTimeUnit="seconds" '
        f'playStart="{offset}" name={_attribute(clip.name)} color="{track.colour}">'
    )
    kind = "Video" if track.kind == "video" else "Audio"
    yield (
        f'<{kind} channels="{clip.channels}" sampleRate="{RATE_HZ}" '
        f'duration="{_seconds(clip.media_samples)}" id="{media_id}">'
    )
    yield f'<File path={_attribute(clip.media)} external="true"/>'
    yield f"</{kind}>"
    yield "</Clip>"


def _markers(marks: tuple[SessionMark, ...]) -> Iterator[str]:
    """Markers have no length here: a cue is one where it begins and one where it ends."""
    if not marks:
        return
    yield '<Markers timeUnit="seconds" id="markers">'
    points = [(mark.start, mark.name, mark.colour) for mark in marks]
    points += [(mark.end, f"{mark.name} end", mark.colour) for mark in marks if mark.end is not None]
    for at, name, colour in sorted(points, key=lambda point: point[0]):
        yield f'<Marker time="{_seconds(at)}" name={_attribute(name)} color="{colour}"/>'
    yield "</Markers>"


def _tempo(session: Session) -> Iterator[str]:
    yield '<TempoAutomation timeUnit="beats" unit="bpm" id="tempo-automation">'
    yield '<Target parameter="tempo"/>'
    for tick, _, us_per_beat in session.tempi:
        yield f'<RealPoint time="{_beats(tick)}" value="{_bpm(us_per_beat)}" interpolation="hold"/>'
    yield "</TempoAutomation>"


def _signatures(session: Session) -> Iterator[str]:
    yield '<TimeSignatureAutomation timeUnit="beats" id="signature-automation">'
    yield '<Target parameter="signature"/>'
    for tick, _, beats in session.signatures:
        yield f'<TimeSignaturePoint time="{_beats(tick)}" numerator="{beats}" denominator="4"/>'
    yield "</TimeSignatureAutomation>"


def _seconds(samples: int) -> str:
    """The double nearest to a sample's time, in as many digits as bring it back."""
    return repr(samples / RATE_HZ)


def _beats(tick: int) -> str:
    return repr(tick / TICKS_PER_BEAT)


def _bpm(us_per_beat: int) -> str:
    return repr(60e6 / us_per_beat)


def _attribute(text: str) -> str:
    return quoteattr("".join(c if c.isprintable() else " " for c in text))


def _text(text: str) -> str:
    return _attribute(text)[1:-1]
