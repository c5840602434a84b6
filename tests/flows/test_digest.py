"""The morning's page: every job of the night, the neediest first, with reasons, a still and its loudness."""

import html
import shutil
import time
from pathlib import Path

import pytest

from flows.ledger.ledger import Ledger
from flows.ledger.queue import Queue
from flows.ledger.states import State
from flows.night.digest import CURVE_POINTS, Digest, DigestFilm, digest_of
from flows.night.digest_page import digest_page, write_digest
from tests.conftest import reelscore
from tests.flows.ledgers import database, ledger, postgres_url, taken
from vision.artifact import read_json

__all__ = ["database", "ledger", "postgres_url"]


def night(ledger: Ledger, results: Path, scored: Path) -> Digest:
    """Three films: one scored, one that needs a look, one rejected; a fourth still waits."""
    queue = Queue(ledger)
    for name in ("good", "look", "bad", "waits"):
        taken(ledger, f"{name}.mov", content=name)
    for _ in range(3):
        claimed = queue.claim()
        assert claimed is not None
        film = claimed.job.folder.partition("/")[0]
        if film == "bad":
            queue.reject(claimed, "bad.mov ends after 3.1 s of 60.0 s", "copy it again")
            continue
        shutil.copytree(scored, results / claimed.job.folder)
        queue.publish(claimed, ["1M01: a hit was given up"] if film == "look" else [], {})
    return digest_of(ledger, results, 0, time.time() + 60)


def test_a_digest_sorts_by_need_and_counts(ledger: Ledger, tmp_path: Path, scored: Path) -> None:
    digest = night(ledger, tmp_path / "results", scored)
    assert [film.film for film in digest.films] == ["bad", "look", "good"]
    assert digest.sums == "1 ready, 1 needs a look, 1 rejected, 1 still to do"
    bad, good = digest.films[0], digest.films[2]
    assert (bad.reasons, bad.remedy) == (("bad.mov ends after 3.1 s of 60.0 s",), "copy it again")
    assert good.still and len(good.loudness_lufs) == CURVE_POINTS
    assert good.cues and good.duration_s == pytest.approx(24.0)
    assert max(good.loudness_lufs) > -40 > min(-70.0, *good.loudness_lufs)  # the film has a tone


def test_a_night_that_is_over_is_not_told_again(ledger: Ledger, tmp_path: Path, scored: Path) -> None:
    night(ledger, tmp_path / "results", scored)
    assert digest_of(ledger, tmp_path / "results", time.time() + 60, time.time() + 120).films == ()


def test_a_cleared_folder_still_has_its_line(ledger: Ledger, tmp_path: Path, scored: Path) -> None:
    night(ledger, tmp_path / "results", scored)
    shutil.rmtree(tmp_path / "results")
    digest = digest_of(ledger, tmp_path / "results", 0, time.time() + 60)
    assert "its folder can't be read any more" in digest.films[1].reasons


def test_the_page_and_its_json_say_the_same(ledger: Ledger, tmp_path: Path, scored: Path) -> None:
    digest = night(ledger, tmp_path / "results", scored)
    page = write_digest(tmp_path / "results", digest)
    assert read_json(page.with_suffix(".json"), Digest) == digest
    text = page.read_text(encoding="utf-8")
    assert text == (page.parent / "newest.html").read_text(encoding="utf-8")
    for link in ("../good/v001/preview.mp4", "../look/v001/report.html"):
        assert link in text and (page.parent / link).is_file()


def test_hostile_words_are_only_text() -> None:
    film = DigestFilm(
        film="<script>alert(1)</script>",
        version=1,
        job=1,
        state=State.REJECTED,
        reasons=('<img src=x onerror="alert(2)">',),
        remedy="<b>no</b>",
        folder='x"><script>alert(3)</script>/v001',
    )
    text = digest_page(
        Digest(began="2026-01-01T20:00:00+00:00", ended="2026-01-02T06:00:00+00:00", films=(film,), waiting=0)
    )
    assert "<script" not in text and "<img src=x" not in text and "<b>" not in text
    assert "default-src 'none'" in html.unescape(text)


def test_the_command_writes_the_page_and_names_it(tmp_path: Path) -> None:
    said = reelscore("digest", tmp_path, "--since", "2d", REELSCORE_DATABASE_URL="")
    assert said.code == 0 and said.err == "nothing was dropped\n"
    assert Path(said.out.strip()).is_file() and (tmp_path / "@night" / "newest.json").is_file()


@pytest.mark.parametrize(("arguments", "words"), [(("--since", "soon"), "90m, 12h or 2d"), ((), "no folder")])
def test_a_mistake_is_one_line_with_a_remedy(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    said = reelscore("digest", tmp_path / "nowhere", *arguments)
    assert said.code == 2 and words in said.err and said.err.count("\n") == 1
