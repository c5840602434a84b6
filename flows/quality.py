"""What was read back and measured of a finished job, and what a person should look at."""

from typing import Final, Literal

from vision.artifact import Artifact

FindingKind = Literal[
    "broken", "music", "no_music", "split", "hits", "levels", "originality", "control", "coverage", "note"
]

# What a person looks at first: a file that does not hold what it should, then what nobody can hear past.
NEED: Final[tuple[FindingKind, ...]] = (
    "broken",  # a result that does not hold what it should
    "no_music",  # nothing was placed
    "music",  # the cut has music already
    "split",  # dialogue and effects look split left and right
    "hits",  # a hit was given up
    "levels",  # loudness or peak off its target
    "originality",  # a melody that quotes the training melodies
    "control",  # the music does not follow what was asked
    "coverage",  # much more or less music than such a film gets
    "note",  # what a step was not sure of
)


class Quality(Artifact):
    """figures: by name, each with its unit in the name.  findings: why it needs a look; none: it is ready.

    kinds: what sort each finding is of, in the same order.
    """

    figures: dict[str, float | int | str | None]
    findings: tuple[str, ...]
    kinds: tuple[FindingKind, ...] = ()
