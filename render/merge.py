"""Picture and sound made one file by MoviePy, in a process of its own that a clock watches.

MoviePy starts ffmpeg without a time limit; here it runs under the one tool runner, whose limit ends both.
"""

import errno
import os
import resource
import sys
from pathlib import Path

from vision.process import run_tool

LEAST_S = 120.0


def merge(picture: Path, sound: Path, out: Path, duration_s: float) -> None:
    """Write `out` with the only stream of each, packets copied.

    Raises ToolFailed where it fails, or hasn't ended after 2 min and a fifth of the film's length.
    """
    command = [sys.executable, "-m", "render.merge", str(picture), str(sound), str(out)]
    run_tool(command, timeout_s=LEAST_S + duration_s / 5)


def main(picture: str, sound: str, out: str) -> None:
    from moviepy.video.io.ffmpeg_tools import ffmpeg_merge_video_audio

    try:
        ffmpeg_merge_video_audio(picture, sound, out, logger=None)
    except OSError as error:
        limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
        if 0 <= limit <= Path(out).stat().st_size:  # ffmpeg was killed for it, and couldn't say so
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), out) from error
        raise


if __name__ == "__main__":
    main(*sys.argv[1:])
