"""A second picture for scrubbing, with keyframes so near that any frame is a fraction of a second away."""

from pathlib import Path

import av

from render.packets import picture_facts
from vision.artifact import part_file
from vision.process import ffmpeg_path, run_tool

# Decoding from the keyframe before: a second of 1080p takes about 60 ms on one core, four take too long.
LONGEST_GROUP_S = 2.0
PROXY_SIDE_PX = 1280
GROUPS_A_SECOND = 2
QUALITY = 23  # x264 crf


def longest_group_s(path: Path) -> float:
    """Seconds between the keyframes that lie furthest apart; packets are read, nothing is decoded."""
    longest, last, end = 0.0, 0.0, 0.0
    with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        for packet in container.demux(stream):
            if packet.pts is None:
                continue
            time_s = float(packet.pts * stream.time_base)
            end = max(end, time_s)
            if packet.is_keyframe:
                longest, last = max(longest, time_s - last), time_s
    return max(longest, end - last)


def make_seek_proxy(preview: Path, fps: int, out_path: Path) -> None:
    """Write `out_path`: the preview's frames at its times, its sound copied, two keyframes a second.

    fps: frames a timecode second.  Raises RuntimeError where a frame's time differs; ToolFailed.
    """
    source = picture_facts(preview, 0, 0, hashed=False)
    fit = f"min(1,{PROXY_SIDE_PX}/max(iw,ih))"
    size = f"scale=w='2*round(iw*{fit}/2)':h='2*round(ih*{fit}/2)'"
    group = str(max(fps // GROUPS_A_SECOND, 1))
    with part_file(out_path) as part:
        command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", "-protocol_whitelist", "file"]
        command += ["-i", f"file:{preview}", "-map", "0:v:0", "-map", "0:a:0?", "-vf", size]
        command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(QUALITY), "-pix_fmt", "yuv420p"]
        command += ["-g", group, "-keyint_min", "1", "-threads", "1", "-fps_mode", "passthrough"]
        command += ["-enc_time_base:v", "demux", "-c:a", "copy", "-movflags", "+faststart", f"file:{part}"]
        length_s = float(source.times[-1]) if source.times else 0.0
        run_tool(["nice", "-n", "10", *command], timeout_s=120.0 + 20.0 * length_s)
        made = picture_facts(part, 0, 0, hashed=False)
        if [round(float(t), 4) for t in made.times] != [round(float(t), 4) for t in source.times]:
            raise RuntimeError(f"the proxy of {preview.name} shows its frames at other times")
