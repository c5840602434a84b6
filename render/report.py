"""report.html: one page on which a director sees what was scored, why, and how well it fits.

The page is one file that asks nothing of the network; its one script and its one style sheet are allowed
by their hashes and everything from outside (names, reasons, findings) passes through autoescape.
"""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from render.adherence import view_adherence
from render.cue_view import view_cues
from render.hit_view import view_hits
from render.level_view import view_levels
from render.report_facts import ReportFacts
from render.theme_view import view_theme_map, view_themes
from render.timecode import clock, start_count, timecode
from render.timeline import draw_timeline
from render.verdict import judge
from vision.artifact import write_text
from vision.timecode import counting_rate

__all__ = ["ReportFacts", "write_report"]

LINKED = (
    ("mix.wav", "film sound and score"),
    ("score.wav", "score alone, unducked"),
    ("score.mid", "MIDI with the tempo map"),
    ("score.musicxml", "the score on paper, for notation programs"),
    ("cues.csv", "cue list"),
    ("cue_sheet_draft.csv", "cue sheet, for a human author to complete"),
    ("markers.edl", "cues and hits as a CMX3600 list"),
    ("markers_resolve.edl", "markers for DaVinci Resolve"),
    ("markers_avid.txt", "markers for Avid Media Composer"),
    ("session.dawproject", "stems, markers and tempo map for Bitwig, Studio One, Cubase"),
    ("session.rpp", "the same for REAPER, cues as regions"),
    ("score.otio", "cues, hits and stems as a timeline"),
    ("conditioning.csv", "asked and realised, bar by bar"),
    ("analysis.png", "shots, sound and curves in one picture"),
    ("spotting.json", "cues, hits and silences with reasons"),
    ("manifest.json", "every file with its hash"),
)


def write_report(out_dir: Path, facts: ReportFacts) -> None:
    """Write out_dir/report.html; same facts and same files beside it, same bytes.

    Stills and linked files are named only where they lie in out_dir, so it is written after them
    (manifest.json comes last of all and is linked all the same).
    """
    write_text(out_dir / "report.html", render_report(out_dir, facts))


def render_report(out_dir: Path, facts: ReportFacts) -> str:
    """The page's text."""
    pages = Environment(
        loader=PackageLoader("render", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = (_source(pages, name) for name in ("report.css", "report.js"))
    return pages.get_template("report.html.j2").render(
        facts=facts,
        film=facts.analysis.film,
        verdict=judge(facts),
        timeline=draw_timeline(facts, _stills(out_dir)),
        cues=view_cues(facts),
        themes=view_themes(facts),
        theme_map=view_theme_map(facts),
        hits=view_hits(facts.analysis, facts.spotting),
        levels=view_levels(facts.mix),
        adherence=view_adherence(facts),
        silences=_silences(facts),
        files=[(name, what) for name, what in LINKED if name == "manifest.json" or (out_dir / name).exists()],
        player=_player(facts),
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
    )


def _policy(style: str, script: str) -> str:
    """The page's content policy. `file:` serves a report opened from a folder, where 'self' is nobody."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src 'self' file:; media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _hash(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


def _source(pages: Environment, name: str) -> str:
    assert pages.loader is not None
    text, _, _ = pages.loader.get_source(pages, name)
    return text


def _stills(out_dir: Path) -> frozenset[str]:
    return frozenset(f"stills/{path.name}" for path in (out_dir / "stills").glob("*.jpg"))


def _silences(facts: ReportFacts) -> list[dict[str, str | float]]:
    return [
        {"start_s": gap.start_s, "span": f"{clock(gap.start_s)} to {clock(gap.end_s)}", "reason": gap.reason}
        for gap in facts.spotting.silences
    ]


def _player(facts: ReportFacts) -> dict[str, object]:
    """What the page's script needs to know: the film's clock and where things lie."""
    film, spotting = facts.analysis.film, facts.spotting
    return {
        "rate": [film.rate.numerator, film.rate.denominator],
        "fps": counting_rate(film.rate),
        "drop": film.drop_frame,
        "start": start_count(film),
        "first": timecode(film, 0),
        "duration": film.duration_s,
        "shots": [round(shot.start_s, 6) for shot in facts.analysis.shots],
        "cues": [[cue.id, round(cue.start_s, 6), round(cue.end_s, 6)] for cue in spotting.cues],
        "hits": [[round(hit.time_s, 6), hit.kind] for hit in spotting.hits if hit.bar > 0],
    }
