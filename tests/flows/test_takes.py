"""Several takes of a cue: heard side by side in the report, and one of them chosen without composing anew."""

import json
from pathlib import Path

import mido
import pytest

from flows.cli_jobs import choose
from tests.conftest import reelscore, score
from vision.rejected import RejectedInput


@pytest.fixture(scope="module")
def two_takes(small_film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("takes") / "out"
    said = score(small_film, out, "--takes", "2")
    assert said.code in (0, 3), said.err
    return out


def notes_of(path: Path) -> list[tuple[int, int]]:
    tracks = mido.MidiFile(path).tracks
    return [(m.note, m.velocity) for track in tracks for m in track if m.type == "note_on"]


def test_another_take_is_chosen_and_nothing_is_composed_again(two_takes: Path) -> None:
    out = two_takes
    page = (out / "report.html").read_text("utf-8")
    (cue, *_) = json.loads((out / "spotting.json").read_text())["cues"]
    assert f"reelscore choose . {cue['id']} 2" in page
    for take in "12":
        assert f"cues/{cue['uid']}/{take}/take.m4a" in page
        assert (out / "cues" / cue["uid"] / take / "take.m4a").is_file()
    one, two = (out / "cues" / cue["uid"] / take / "score.mid" for take in "12")
    before = {path: path.read_bytes() for path in (out / "cues").rglob("*.mid")}
    assert notes_of(out / "score.mid")[: len(notes_of(one))] != notes_of(two)[: len(notes_of(one))]
    with pytest.raises(RejectedInput, match="no take 9"):
        choose(out, cue["id"], 9)
    said = reelscore("choose", out, cue["id"], "2")
    assert said.code in (0, 3), said.err
    assert all(path.read_bytes() == data for path, data in before.items())
    last = json.loads((out / "run.json").read_text())["runs"][-1]["steps"]
    assert all(step["reused"] for step in last if step["step"].startswith(("analyse", "compose", "synth")))
    assert sorted(notes_of(out / "score.mid")) != sorted(notes_of(one))
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["settings"]["chosen_takes"] == {cue["uid"]: 2}
    page = (out / "report.html").read_text("utf-8")
    assert f"reelscore choose . {cue['id']} 1" in page
