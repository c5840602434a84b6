"""One small picture a shot, for the report's strip."""

from pathlib import Path

import cv2

from render.picture import Reel, open_reel
from vision.analysis import Analysis, Shot
from vision.artifact import write_bytes
from vision.progress import Progress

WIDTH_PX = 240
QUALITY = 82
# A seek decodes from the keyframe before: more than this costs as much as the analysis itself.
MOST_STILLS = 400


def write_stills(film_path: Path, analysis: Analysis, out_dir: Path, progress: Progress) -> tuple[Path, ...]:
    """Write stills/SHOT.jpg under `out_dir` for each shot and return the paths, in shot order.

    Films of more than MOST_STILLS shots get that many, evenly chosen. Each is a key frame of its shot, past
    a dissolve into it and before its last fifth, or the picture a third into a shot that has none.  Same
    film, same bytes.
    """
    folder, written = out_dir / "stills", []
    with open_reel(film_path, analysis.film, rough=True) as reel:
        chosen = shots_with_still(analysis)
        for done, shot in enumerate(chosen):
            written += [_still(reel, shot, folder)]
            progress((done + 1) / len(chosen))
    return tuple(path for path in written if path is not None)


def shots_with_still(analysis: Analysis) -> list[Shot]:
    """The shots that are pictured: all, or MOST_STILLS evenly chosen."""
    shots = analysis.shots
    if len(shots) <= MOST_STILLS:
        return list(shots)
    return [shots[place * len(shots) // MOST_STILLS] for place in range(MOST_STILLS)]


def still_name(shot: Shot) -> str:
    """The still's path from the report: stills/0001.jpg is the first shot."""
    return f"stills/{shot.index + 1:04}.jpg"


def _still(reel: Reel, shot: Shot, folder: Path) -> Path | None:
    length_s = shot.end_s - shot.start_s
    inside_s = length_s / 3 if shot.transition_in in ("dissolve", "fade") else 0.0
    frame = reel.key_frame(shot.start_s + inside_s, shot.start_s + 0.8 * length_s)
    frame = frame or reel.frame_after(shot.start_s + length_s / 3)
    if frame is None:
        return None
    width, height = reel.display_shape(frame)
    small = reel.picture(frame, WIDTH_PX, max(round(WIDTH_PX * height / width), 1))
    blue_first = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise RuntimeError(f"the still of shot {shot.index + 1} could not be written as JPEG")
    path = folder.parent / still_name(shot)
    write_bytes(path, data.tobytes())
    return path
