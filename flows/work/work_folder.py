"""A job's folder while it is in work: filled from what there is, read after a death, cleared at the end."""

import hashlib
import shlex
import shutil
from pathlib import Path

from flows.buckets import is_bucket
from flows.job import film_from_uri, film_uri
from flows.ledger.ledger import Ledger, settings_of
from flows.ledger.queue import Death
from flows.ledger.states import OPEN, State
from flows.ledger.tables import JobRow
from flows.results import MANIFEST, MARKER, Published, Results
from flows.run_job import JobFile
from flows.sources import download
from flows.texts import shown
from flows.workplace import is_held
from vision.artifact import write_json

KEPT = OPEN | {State.QUARANTINED}


class WorkFolders:
    """The work folders of one results place on this machine: STATE/work/j000012."""

    def __init__(self, ledger: Ledger, results: Results) -> None:
        self.ledger = ledger
        self.results = results
        self.root = results.state / "work"

    def of(self, job: JobRow) -> Path:
        """Where the job is worked on."""
        return self.root / f"j{job.id:06d}"

    def prepare(self, job: JobRow) -> Path:
        """Make the folder ready for the job's process: what its predecessor had, the film, the settings.

        Raises Changed where a bucket's film is another one now.
        """
        work = self.of(job)
        if not (work / ".work" / "job.json").exists():
            shutil.rmtree(work, ignore_errors=True)
            self._begin(job, work)
        (work / ".work").mkdir(parents=True, exist_ok=True)
        film, content = self._film(job)
        write_json(
            work / ".work" / "job.json",
            JobFile(film=film_uri(film), settings=settings_of(job), content=content, mark=job.mark),
        )
        return work

    def _begin(self, job: JobRow, work: Path) -> None:
        """What the version it is made from holds; a predecessor given up in mid-work leaves all it had."""
        base = self.ledger.job(job.made_from) if job.made_from is not None else None
        if base is None:
            return
        if base.where is State.SUPERSEDED and base.outcome is None and self.of(base).is_dir():
            self.of(base).rename(work)
            for own in (MANIFEST, MARKER):
                (work / own).unlink(missing_ok=True)
        else:
            self.results.bring(base.folder, work)

    def _film(self, job: JobRow) -> tuple[Path, str | None]:
        """The film as a file here, and its sha256 where the inbox's own reading took it."""
        if not is_bucket(job.source):
            return film_from_uri(job.source), job.content
        name = film_from_uri("file:///" + job.source.rpartition("/")[2]).name
        film = self.root / f"{self.of(job).name}-film" / name
        if not film.exists():
            return film, download(job.source, job.mark, film)
        return film, None

    def seal(self, job: JobRow, work: Path) -> None:
        """Say in the folder which job it is the result of, so that it is known after a crash."""
        write_json(work / MARKER, Published(identity=job.identity))

    def clear(self, job: JobRow) -> None:
        """Remove the job's folder and its fetched film."""
        work = self.of(job)
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(work.with_name(f"{work.name}-film"), ignore_errors=True)

    def clear_ended(self) -> list[str]:
        """Remove folders whose jobs are over and of which no open job will be made; the names removed.

        One that somebody still works in is left to him: he finds that the job is no longer his.
        """
        folders = {folder: int(folder.name[1:7]) for folder in sorted(self.root.glob("j[0-9]*"))}
        if not folders:
            return []
        numbers = set(folders.values())
        kept = {job.id for job in self.ledger.jobs(JobRow.id.in_(numbers)) if job.where in KEPT}
        children = self.ledger.jobs(JobRow.made_from.in_(numbers))
        kept |= {job.made_from for job in children if job.made_from is not None and job.where in OPEN}
        over = [folder for folder, number in folders.items() if number not in kept and not is_held(folder)]
        for folder in over:
            shutil.rmtree(folder, ignore_errors=True)
        return [folder.name for folder in over]

    def autopsy(self, job: JobRow) -> Death:
        """How far a job came whose worker is gone, from what lies in its folder."""
        return Death(job.step, self.progress(job), None, "", self.reproduce(job), "lost")

    def progress(self, job: JobRow) -> str:
        """A mark of the job's receipts: it changes when a step finished, and with nothing else."""
        digest = hashlib.sha256()
        for receipt in sorted(
            [*self.of(job).glob(".work/receipts/*.json"), *self.of(job).glob("cues/*/*/receipt.json")]
        ):
            digest.update(receipt.read_bytes())
        return digest.hexdigest()[:16]

    def reproduce(self, job: JobRow) -> str:
        """A command line that runs the step that died, on the very files that it died on."""
        return f"reelscore step {job.step or 'claim'} {shlex.quote(shown(self.of(job)))}"
