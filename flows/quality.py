"""What was read back and measured of a finished job, and what a person should look at."""

from vision.artifact import Artifact


class Quality(Artifact):
    """figures: by name, each with its unit in the name.  findings: why it needs a look; none: it is ready."""

    figures: dict[str, float | int | str | None]
    findings: tuple[str, ...]
