"""The report's page: whole, inert, offline, the same every time."""

import base64
import dataclasses
import hashlib
import json
import re
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest

from composer.spotting import Spotting
from render.report import render_report, write_report
from render.report_facts import ReportFacts
from render.soundfont import FontFacts
from render.verdict import NEEDS_A_LOOK, READY
from tests.render.report_facts import made_up_facts, made_up_film

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;{{ 7*7 }}\u202e.mov"


class Page(HTMLParser):
    """Every tag with its attributes, and the text of scripts, styles and everything else."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.styles: list[str] = []
        self.words = ""
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        self._inside = tag if tag in ("script", "style") else self._inside
        if tag == "script":
            self.scripts.append((found, ""))
        if tag == "style":
            self.styles.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            attributes, before = self.scripts[-1]
            self.scripts[-1] = (attributes, before + data)
        elif self._inside == "style":
            self.styles[-1] += data
        else:
            self.words += data

    def policy(self) -> str:
        (meta,) = (attrs for tag, attrs in self.tags if attrs.get("http-equiv") == "Content-Security-Policy")
        return meta["content"]


def page_of(out: Path, facts: ReportFacts | None = None) -> Page:
    return Page(render_report(out, facts or made_up_facts()))


def sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_a_hostile_film_name_and_reason_are_only_text(tmp_path: Path) -> None:
    page = page_of(tmp_path, made_up_facts(film_name=HOSTILE, reason=HOSTILE))
    plain = page_of(tmp_path)
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert HOSTILE in page.words
    assert "{{ 7*7 }}" in page.words


def test_findings_remarks_and_commands_are_only_text_too(tmp_path: Path) -> None:
    facts = made_up_facts()
    dirty = dataclasses.replace(
        facts,
        findings=(HOSTILE,),
        figures={HOSTILE: HOSTILE},
        commands={cue.uid: HOSTILE for cue in facts.spotting.cues},
        engine=HOSTILE,
        font=FontFacts(name=HOSTILE, sha256="0" * 64, licence=HOSTILE, embedded=False),
        preview_note=HOSTILE,
        spotting=facts.spotting.model_copy(update={"demoted": (HOSTILE,), "warnings": (HOSTILE,)}),
    )
    page = page_of(tmp_path, dirty)
    assert not any("onerror" in attrs for _, attrs in page.tags)
    assert sum(tag == "script" for tag, _ in page.tags) == 2
    assert page.words.count(HOSTILE) >= 9


def test_the_policy_allows_exactly_the_pages_own_script_and_style_by_hash(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    policy = page.policy()
    run = [text for attrs, text in page.scripts if attrs.get("type") != "application/json"]
    assert len(run) == 1 and len(page.styles) == 1
    assert f"script-src {sha256(run[0])};" in policy
    assert f"style-src {sha256(page.styles[0])};" in policy
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy


def test_no_element_carries_an_event_handler_or_a_style_of_its_own(tmp_path: Path) -> None:
    for _, attributes in page_of(tmp_path).tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)


def test_nothing_on_the_page_points_outside_its_folder(tmp_path: Path) -> None:
    html = render_report(tmp_path, made_up_facts())
    assert not re.findall(r"(?:https?:)?//[a-z]", html.replace("application/json", ""))
    for _, attributes in Page(html).tags:
        for name in ("src", "href"):
            assert not re.match(r"(?:[a-z]+:|/)", attributes.get(name, ""), re.IGNORECASE)


def test_every_file_the_page_names_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "stills").mkdir()
    for name in ("stills/0001.jpg", "stills/0014.jpg", "mix.wav", "cues.csv"):
        (tmp_path / name).write_bytes(b"x")
    page = page_of(tmp_path)
    named = {attrs[key] for _, attrs in page.tags for key in ("src", "href") if key in attrs}
    files = {name for name in named if not name.startswith("#")}
    assert {name for name in files if not (tmp_path / name).exists()} == {"preview.mp4", "manifest.json"}
    assert {"stills/0001.jpg", "stills/0014.jpg", "mix.wav", "cues.csv"} <= files
    anchors = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    assert {name[1:] for name in named if name.startswith("#")} <= anchors


def test_ids_are_unique_and_every_label_points_at_one(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["aria-labelledby"] for _, attrs in page.tags if "aria-labelledby" in attrs} <= set(ids)


def test_without_findings_the_verdict_is_ready_and_with_one_it_says_which(tmp_path: Path) -> None:
    assert NEEDS_A_LOOK not in page_of(tmp_path).words
    assert READY in page_of(tmp_path).words
    told = page_of(tmp_path, dataclasses.replace(made_up_facts(), findings=("this cut already has music",)))
    assert NEEDS_A_LOOK in told.words and "This cut already has music" in told.words


def test_nothing_is_called_read_back_that_was_not(tmp_path: Path) -> None:
    unread = dataclasses.replace(made_up_facts(), figures={})
    assert "read back" in page_of(tmp_path).words
    assert "read back" not in page_of(tmp_path, unread).words


def test_timecodes_count_from_the_films_own_start_with_drop_frame(tmp_path: Path) -> None:
    film = made_up_film(Fraction(30000, 1001), "00:59:58;00", drop=True)
    page = page_of(tmp_path, made_up_facts(film=film))
    assert "00:59:58;00" in page.words
    assert "01:00:00;00" in page.words  # cue 1M01 at 2.002 s, frame 60
    clock = next(json.loads(text) for attrs, text in page.scripts if attrs.get("id") == "clock-facts")
    assert clock["drop"] and clock["rate"] == [30000, 1001] and clock["start"] == 107832


def test_hits_are_told_with_their_error_in_ms_and_frames(tmp_path: Path) -> None:
    words = page_of(tmp_path).words
    assert "8 of 8 hits land within a frame; the furthest is 0.03 ms (0.001 frames) late." in words
    assert "+0.03" in words and "+0.001" in words
    assert "turn at 01:00:31:02: the tempo would have to jump by 7 %" in words


def test_levels_say_what_was_wanted_what_is_and_whether_it_fits(tmp_path: Path) -> None:
    facts = made_up_facts()
    assert facts.mix is not None
    assert "misses" not in page_of(tmp_path, facts).words
    loud = dataclasses.replace(facts, mix=facts.mix.model_copy(update={"peak_dbtp": -0.2}))
    assert "misses" in page_of(tmp_path, loud).words


def test_what_is_missing_is_left_out(tmp_path: Path) -> None:
    facts = made_up_facts()
    empty = Spotting(cues=(), hits=(), silences=facts.spotting.silences, coverage=0.0)
    bare = ReportFacts("a.mov", facts.analysis, facts.curves, empty, preview=None)
    words = page_of(tmp_path, bare).words
    assert "No music was placed" in words and "There is no preview beside this page" in words
    for title in ("Levels", "Asked and heard", "Themes", "cue by cue"):
        assert title not in words


def test_the_same_facts_give_the_same_bytes(tmp_path: Path) -> None:
    pages = []
    for name in ("a", "b"):
        write_report(tmp_path / name, made_up_facts())
        pages.append((tmp_path / name / "report.html").read_bytes())
    assert pages[0] == pages[1]


@pytest.mark.parametrize("minutes", [10, 120])
def test_a_long_films_curves_stay_small(minutes: int) -> None:
    import numpy as np

    from render.plot import curve_path

    times = np.arange(minutes * 60 * 24) / 24
    assert len(curve_path(times, np.sin(times), minutes * 60, -1, 1)) < 12_000
