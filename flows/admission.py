"""What can be known to fail before the long work begins: directions, weights, font, room on the disk."""

import os
import shutil
from typing import TYPE_CHECKING

from flows.estimate import expected
from flows.job import Job
from flows.line_compose import engine, engine_name
from flows.texts import shown
from flows.weights import font_facts, synth_name, weights_sha256

if TYPE_CHECKING:
    from vision.container import Probe

RESERVE = "REELSCORE_RESERVE_GB"  # what stays free on the results' disk whatever comes
RESERVE_GB = 1.0
GB = 1e9


class NoRoom(Exception):
    """The disk has no room for this film now; it is tried again when it has."""


def admit(job: Job) -> None:
    """Raise RejectedInput where something that the user named can't be used."""
    from composer.directions import read_directions

    settings = job.settings
    read_directions(settings.directions, settings.directions_name)
    weights_sha256(engine_name(job), settings.composer.weights)
    if settings.composer.weights is not None:
        engine(engine_name(job), settings.composer.weights)
    font_facts(settings.render.soundfont)
    synth_name(settings.render)


def check_room(job: Job, seen: "Probe") -> None:
    """Raise NoRoom where the film's results would not fit beside what must stay free."""
    needs, free = expected(seen, job.settings).disk_bytes, shutil.disk_usage(job.out).free
    have = sum(path.lstat().st_size for path in job.out.rglob("*"))
    reserve = reserve_bytes()
    if free - max(needs - have, 0) < reserve:
        raise NoRoom(
            f"no room for {shown(job.film.name)}: it needs about {needs / GB:.2f} GB, {free / GB:.2f} GB are"
            f" free and {reserve / GB:.1f} GB stay free; it goes on when there is room"
        )


def reserve_bytes() -> int:
    """How much of the disk stays free (REELSCORE_RESERVE_GB)."""
    return int(float(os.environ.get(RESERVE) or RESERVE_GB) * GB)
