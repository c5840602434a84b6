"""What is said about a film before any work: length, rate, start timecode, sound, expected minutes."""

from pathlib import Path
from typing import TYPE_CHECKING

from flows.job import Job, shown
from flows.line_look import source_link
from vision.rejected import RejectedInput

if TYPE_CHECKING:
    from vision.container import Probe
