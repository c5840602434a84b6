"""A finished job under inspection: its artifacts, and what has been found so far."""

from dataclasses import dataclass, field

from composer.spotting import Spotting
from flows.job import Job
from flows.quality import FindingKind
from render.mix import MixFacts
from render.preview import PreviewFacts
from vision.analysis import Analysis
from vision.artifact import read_json

Figures = dict[str, float | int | str | None]


@dataclass
class Inspection:
    """What is looked at; figures and findings grow as the checks go through it."""

    job: Job
    analysis: Analysis
    spotting: Spotting
    mix: MixFacts
    preview: PreviewFacts
    figures: Figures = field(default_factory=dict)
    findings: list[tuple[FindingKind, str]] = field(default_factory=list)

    def look(self, kind: FindingKind, words: str) -> None:
        """Note what a person should look at, each thing once."""
        if all(words != known for _, known in self.findings):
            self.findings.append((kind, words))

    def expect(self, holds: bool, words: str, kind: FindingKind = "broken") -> None:
        """Note `words` unless `holds`."""
        if not holds:
            self.look(kind, words)


def inspection_of(job: Job) -> Inspection:
    """The job's artifacts, nothing found yet."""
    return Inspection(
        job,
        read_json(job.analysis, Analysis),
        read_json(job.spotting, Spotting),
        read_json(job.mix_facts, MixFacts),
        read_json(job.preview_facts, PreviewFacts),
    )
