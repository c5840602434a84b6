"""Reading a picture or sound stream back as packets, to compare what was written with what was read."""

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext

# One form for MP4's and transport streams' H.264; delimiters (unit 9) between pictures, which a transport
# stream needs and MP4's writer drops, say nothing about the picture.
SAME_FORM = "h264_mp4toannexb,filter_units=remove_types=9"


@dataclass(frozen=True)
class PictureFacts:
    """sha256 over the packets in stored order; times of the shown frames, exact seconds, rising."""

    codec: str
    sha256: str
    times: tuple[Fraction, ...]


def picture_facts(path: Path, stream_index: int, zero_pts: int, hashed: bool = True) -> PictureFacts:
    """Hash and times of one picture stream; times count from zero_pts (in the stream's own ticks).

    Not `hashed`, the hash is that of nothing: a master of 20 GB needs only its times for a proxy.
    """
    digest, times = hashlib.sha256(), []
    with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
        stream = container.streams[stream_index]
        assert isinstance(stream, av.VideoStream) and stream.time_base is not None
        codec, tick = stream.codec_context.name, stream.time_base
        filtering = BitStreamFilterContext(SAME_FORM, stream) if codec == "h264" else None
        for packet in container.demux(stream):
            if packet.pts is not None and not packet.is_discard:
                times.append((packet.pts - zero_pts) * tick)
            if not hashed:
                continue
            for piece in filtering.filter(packet if packet.size else None) if filtering else (packet,):
                if piece.size:
                    digest.update(piece.size.to_bytes(8, "little") + bytes(piece))
    return PictureFacts(codec, digest.hexdigest(), tuple(sorted(times)))


def sound_samples(path: Path) -> int:
    """Samples of the first sound stream from presentation time 0 to its end, priming and padding trimmed."""
    with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
        stream = container.streams.audio[0]
        end = Fraction(0)
        for frame in container.decode(stream):
            if frame.pts is not None and frame.time_base is not None:
                end = max(end, frame.pts * frame.time_base * frame.sample_rate + frame.samples)
    return int(end)


def is_transport_stream(path: Path) -> bool:
    """Whether a file is MPEG-TS (packets of 188 bytes) or M2TS (192), by the sync byte of its first two."""
    with path.open("rb") as file:
        head = file.read(197)
    return any(
        head[at : at + 1] == b"G" == head[at + size : at + size + 1] for at, size in ((0, 188), (4, 192))
    )


def rewrap(path: Path, stream_index: int, out_path: Path) -> None:
    """Copy one picture stream's packets and times into a file of its own, the format by its suffix."""
    with (
        av.open(str(path), options={"protocol_whitelist": "file"}) as container,
        av.open(str(out_path), "w", options={"fflags": "+bitexact"}) as out,
    ):
        source = container.streams[stream_index]
        target = out.add_stream_from_template(source)
        for packet in container.demux(source):
            if packet.dts is not None:
                packet.stream = target
                out.mux(packet)
