"""The whole line on a small film, through the real command line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from composer.spotting import Spotting
from flows.manifest import Manifest
from flows.quality import Quality
from flows.run_job import RunRecord
from tests.bench.step_costs import pad
from tests.conftest import ROOT, reelscore, score
from vision.analysis import Analysis
from vision.artifact import read_json, sha256_file

IO = Path("/proc/self/io")
FILES = {
    "analysis.json",
    "analysis.png",
    "curves.npz",
    "spotting.json",
    "themes.json",
    "conditioning.csv",
    "cues.csv",
    "cue_sheet_draft.csv",
    "markers.edl",
    "markers_resolve.edl",
    "markers_avid.txt",
    "score.musicxml",
    "score.otio",
    "session.dawproject",
    "session.rpp",
    "score.mid",
    "score.wav",
    "mix.wav",
    "preview.mp4",
    "report.html",
    "manifest.json",
    "run.json",
}
FIRST_LINE_CPU_S = 2.0


def test_every_file_of_a_result_is_there_and_in_the_manifest(scored: Path) -> None:
    files = read_json(scored / "manifest.json", Manifest).files
    assert {path.name for path in scored.iterdir() if path.is_file()} >= FILES
    assert files == {name: sha256_file(scored / name) for name in files}
    assert FILES - set(files) == {"manifest.json", "run.json"}
    assert not any(name.startswith(".work") for name in files)


def test_manifest_and_report_name_the_soundfont_with_its_licence(scored: Path) -> None:
    made, page = read_json(scored / "manifest.json", Manifest), (scored / "report.html").read_text("utf-8")
    assert made.font["licence"] == made.licences["soundfont"] and len(made.font["sha256"]) == 64
    assert made.font["name"] in page and made.font["licence"] in page


def test_every_cue_has_its_request_notes_midi_sound_and_receipt(scored: Path) -> None:
    cues = read_json(scored / "spotting.json", Spotting).cues
    assert cues
    for cue in cues:
        names = {path.name for path in (scored / "cues" / cue.uid / "1").iterdir()}
        assert names >= {"request.json", "notes.json", "score.mid", "score.musicxml", "receipt.json"}
        assert any(name.endswith(".wav") for name in names)


def test_every_film_long_sound_has_the_films_length(scored: Path) -> None:
    length = read_json(scored / "analysis.json", Analysis).film.length_samples
    paths = [scored / "score.wav", scored / "mix.wav", *(scored / "stems").glob("*")]
    assert len(paths) > 2
    assert {soundfile.info(str(path)).frames for path in paths} == {length}


def test_stems_sum_to_the_score(scored: Path) -> None:
    score = soundfile.read(str(scored / "score.wav"))[0]
    stems = sum(soundfile.read(str(path))[0] for path in (scored / "stems").glob("*"))
    assert np.abs(score).max() > 0.001
    assert np.abs(stems - score).max() < 2**-22  # one rounding to 24 bits each


def test_curves_carry_the_films_and_the_duck(scored: Path) -> None:
    with np.load(scored / "curves.npz") as curves:
        assert {"time_s", "brightness", "motion", "speech", "loudness_lufs", "duck_time_s"} <= set(curves)
        assert len(curves["time_s"]) == read_json(scored / "analysis.json", Analysis).film.frames


def test_hits_are_measured_from_the_midi_and_none_is_missed(scored: Path) -> None:
    figures = read_json(scored / ".work" / "quality.json", Quality).figures
    assert figures["melody_12_grams_quoted_percent"] in (None, 0)
    assert "themes_longest_match_steps" in figures
    assert figures["hits_missed"] == 0 and figures["hits_required"]
    assert isinstance(figures["hits_worst_ms"], float) and figures["hits_worst_ms"] <= 1.0


def test_the_first_line_costs_less_than_two_seconds_of_processor(small_film: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flows.cli", "score", str(small_film), "-o", str(tmp_path / "out")]
    places = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=places) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        process.kill()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert "0:24.0, 24.000 fps from 00:00:00:00, mono, about 1 minute" in line
    assert usage.ru_utime + usage.ru_stime < FIRST_LINE_CPU_S


def test_no_slow_library_is_imported_before_the_first_line() -> None:
    slow = ("torch", "prefect", "librosa", "moviepy", "matplotlib", "onnxruntime", "scipy", "numba")
    slow += ("sqlalchemy", "alembic")
    code = (
        f"import sys, flows.cli, vision.container; print([name for name in {slow!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_stdout_is_the_folder_and_stderr_says_what_to_do_next(small_film: Path, scored: Path) -> None:
    said = score(small_film, scored)
    assert said.out == f"{scored}\n"
    lines = said.err.splitlines()
    assert any(line.startswith("preview ") and line.endswith("preview.mp4") for line in lines)
    assert any(line.startswith("report ") for line in lines)
    assert lines[-1].startswith("one cue   reelscore redo ")


def test_json_is_one_document_and_nothing_else(small_film: Path, scored: Path) -> None:
    said = score(small_film, scored, "--json")
    document = json.loads(said.out)
    assert document["preview"] == str(scored / "preview.mp4")
    assert said.code == (3 if document["findings"] else 0)
    assert said.err == ""


def test_a_step_by_itself_finds_its_work_done(scored: Path) -> None:
    assert reelscore("step", "mix", scored).out == f"{scored}\n"
    wrong = reelscore("step", "master", scored)
    assert wrong.code == 2 and "synthesise" in wrong.err


def test_a_step_without_its_inputs_says_what_is_missing(small_film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert reelscore("analyse", small_film, "-o", out).code == 0
    assert (out / "analysis.json").is_file() and (out / "curves.npz").is_file()
    said = reelscore("step", "themes", out)
    assert said.code == 2 and "plan.json" in said.err


def test_spotting_alone_stops_there_and_lists_its_reasons(small_film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = score(small_film, out, "--spot-only")
    assert said.code == 0
    assert "1M01" in said.err
    assert (out / "spotting.json").is_file() and not (out / "cues").exists()


def test_a_redone_cue_leaves_every_other_byte_alone(scored: Path, tmp_path: Path) -> None:
    out = shutil.copytree(scored, tmp_path / "out", symlinks=True)
    cue = read_json(out / "spotting.json", Spotting).cues[0]
    assert reelscore("redo", out, cue.id).code in (0, 3)
    before, after = (read_json(folder / "manifest.json", Manifest).files for folder in (scored, out))
    changed = {name for name in before if before[name] != after.get(name)}
    assert f"cues/{cue.uid}/1/notes.json" in changed
    assert not {name for name in changed if name.startswith("cues/") and cue.uid not in name}
    assert not changed & {"analysis.json", "spotting.json", "themes.json"}
    old, new = (soundfile.read(str(folder / "mix.wav"))[0] for folder in (scored, out))
    differs = np.flatnonzero(np.any(old != new, axis=1)) / 48000
    assert differs.min() >= cue.start_s - 0.001


def test_another_seed_is_another_score_of_the_same_analysis(
    small_film: Path, scored: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(scored, tmp_path / "out", symlinks=True)
    assert score(small_film, out, "--seed", "2").code in (0, 3)
    assert sha256_file(out / "score.mid") != sha256_file(scored / "score.mid")
    assert sha256_file(out / "analysis.json") == sha256_file(scored / "analysis.json")
    steps = read_json(out / "run.json", RunRecord).runs[-1].steps
    assert {step.step: step.reused for step in steps}["analyse"]


def test_decoder_threads_change_no_byte(small_film: Path, tmp_path: Path) -> None:
    for threads in ("1", "3"):
        said = reelscore(
            "analyse", small_film, "-o", tmp_path / threads, "--set", f"vision.threads={threads}"
        )
        assert said.code == 0, said
    for name in ("analysis.json", ".work/curves.npz"):
        assert sha256_file(tmp_path / "1" / name) == sha256_file(tmp_path / "3" / name)


def test_directions_move_the_music_and_keep_the_analysis(small_film: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.yaml").write_text("hits at: [156]\nno music: 400-576\n")
    out = tmp_path / "out"
    said = reelscore("score", small_film, "-o", out, "--spot-only", "--directions", tmp_path / "notes.yaml")
    assert said.code == 0, said
    spotting = read_json(out / "spotting.json", Spotting)
    assert [hit.frame for hit in spotting.hits if hit.directed] == [156]
    assert all(cue.end_s <= 400 / 24 + 0.001 for cue in spotting.cues)


def test_a_film_that_stays_without_music_is_finished_all_the_same(small_film: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.yaml").write_text("no music: 0-576\n")
    out = tmp_path / "out"
    said = reelscore("score", small_film, "-o", out, "--directions", tmp_path / "notes.yaml")
    assert said.code in (0, 3), said
    assert read_json(out / "spotting.json", Spotting).cues == ()
    files = read_json(out / "manifest.json", Manifest).files
    missing = FILES - set(files) - {"manifest.json", "run.json"}
    assert missing == {"markers.edl", "markers_resolve.edl", "markers_avid.txt", "score.musicxml"}


@pytest.mark.skipif(not IO.exists(), reason="only Linux counts what a process and its children read")
def test_a_huge_source_is_read_through_once(small_film: Path, tmp_path: Path) -> None:
    film, gigabytes = tmp_path / "huge.mp4", 0.5
    shutil.copyfile(small_film, film)
    pad(film, int(gigabytes * 1e9))
    before = read_so_far()
    assert score(film, tmp_path / "out").code == 0
    assert gigabytes <= (read_so_far() - before) / 1e9 < 2 * gigabytes


def read_so_far() -> int:
    """Bytes that this process and the children it waited for have read."""
    return int(IO.read_text().split()[1])


def test_a_film_with_a_hostile_name_is_scored_like_any_other(small_film: Path, tmp_path: Path) -> None:
    film = os.fsencode(tmp_path) + b'/it\'s "caf\xe9"\n$(x).mp4'
    with open(film, "wb") as file:
        file.write(small_film.read_bytes())
    said = reelscore("score", film, "--spot-only", cwd=tmp_path)
    assert said.code == 0, said
    assert "caf\\udce9" in said.err.splitlines()[0]
    assert (tmp_path / said.out.strip() / "spotting.json").is_file()


@pytest.mark.parametrize(
    "command", [(), ("score",), ("analyse",), ("redo",), ("step",), ("open",), ("doctor",)]
)
def test_help_teaches_with_an_example(command: tuple[str, ...]) -> None:
    said = reelscore(*command, "--help")
    assert said.code == 0
    assert f"  reelscore {' '.join(command)}".rstrip() in said.out


def test_doctor_names_every_part(tmp_path: Path) -> None:
    said = reelscore("doctor")
    assert said.code == 0, said
    for part in ("installed", "ffmpeg", "speech model", "synth", "soundfont", "weights", "device"):
        assert f" {part} " in said.out
