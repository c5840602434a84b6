"""score.musicxml against the MusicXML 4.0 schema itself, as the test-only package `musicxml` carries it."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import xmlschema

from composer.compose import compose_cue
from composer.musicxml import write_musicxml
from composer.rules import RulesEngine
from composer.styles import STYLES
from composer.written_score import written_cue, written_film
from tests.composer.films import analysis, film_score
from tests.composer.requests import request
from tests.composer.test_musicxml import NO_HITS, PIANO, cue_of, hand_made, note


@cache
def schema() -> xmlschema.XMLSchema:
    """Its two imports come from the validator's own copies: nothing is fetched."""
    package = find_spec("musicxml")  # found and not imported: it makes hundreds of classes
    assert package is not None and package.submodule_search_locations
    path = Path(package.submodule_search_locations[0]) / "generate_classes" / "musicxml_4_0.xsd"
    own = Path(xmlschema.__file__).parent / "schemas"
    local = {
        "http://www.w3.org/1999/xlink": str(own / "XLINK" / "xlink.xsd"),
        "http://www.w3.org/XML/1998/namespace": str(own / "XML" / "xml.xsd"),
    }
    text = path.read_text("utf-8")
    for name in ("xml", "xlink"):
        text = text.replace(f' schemaLocation="http://www.musicxml.org/xsd/{name}.xsd"', "")
    return xmlschema.XMLSchema(text, locations=local, allow="local")


def faults(path: Path) -> list[str]:
    return [f"{error.path}: {error.reason}" for error in schema().iter_errors(str(path))]


def test_cues_of_every_style_and_their_film_are_valid(tmp_path: Path) -> None:
    engine, placed = RulesEngine(), []
    for number, style in enumerate(STYLES):
        asked = request(("walk", "chase"), bars_each=2, style=style, melody="cell", irregular={1: 3})
        asked = asked.model_copy(update={"id": f"1M{number + 1:02}", "uid": style})
        placed.append((asked, compose_cue(asked, engine), 20.0 * number + 0.3))
    spotting, cues = film_score(placed)
    for cue, notes in cues:
        write_musicxml(tmp_path / "cue.musicxml", written_cue(cue, notes, spotting))
        assert faults(tmp_path / "cue.musicxml") == [], cue.style
    write_musicxml(tmp_path / "score.musicxml", written_film(analysis(160.0), spotting, cues))
    assert faults(tmp_path / "score.musicxml") == []


def test_every_chord_kind_hostile_names_and_an_empty_film_are_valid(tmp_path: Path) -> None:
    part = PIANO.model_copy(update={"name": '<a b="c">&\x00\x0b]]>', "pan": -1.0})
    music = hand_made((note(60, 0, 960), note(61, 480, 4000)), (part,), (4, 3, 5, 4, 4))
    write_musicxml(tmp_path / "cue.musicxml", written_cue(cue_of(music, "<&\n>"), music, NO_HITS))
    assert faults(tmp_path / "cue.musicxml") == []
    write_musicxml(tmp_path / "score.musicxml", written_film(analysis(10.0), NO_HITS, []))
    assert faults(tmp_path / "score.musicxml") == []


def test_the_schema_does_find_faults(tmp_path: Path) -> None:
    write_musicxml(tmp_path / "score.musicxml", written_film(analysis(10.0), NO_HITS, []))
    text = (tmp_path / "score.musicxml").read_text("utf-8")
    (tmp_path / "score.musicxml").write_text(text.replace("<divisions>16<", "<divisions>none<"), "utf-8")
    assert faults(tmp_path / "score.musicxml")
