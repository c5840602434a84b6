"""session.dawproject against the published form of the format (version 1.0), as rules of our own wording.

What may stand in what, in which order, with which attributes; ids once each, references that lead somewhere.
"""

import re
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from render.dawproject import write_dawproject
from tests.render.report_facts import made_up_facts, made_up_film
from tests.render.test_edl import RATES
from tests.render.test_session import made_up_session

NUMBER = r"-?\d+(\.\d+)?(e-?\d+)?"
WHOLE, YES_NO, ANY = r"-?\d+", "true|false", r"[^\x00-\x1f]*"
UNITS = "linear|normalized|percent|decibel|hertz|semitones|seconds|beats|bpm"
TIMES = "beats|seconds"
NAMED = {"name": ANY, "color": ANY, "comment": ANY}
REFERRED = {**NAMED, "id": r"[A-Za-z_][\w.-]*"}
TIMELINE = {**REFERRED, "timeUnit": TIMES, "track": ANY}
PARAMETER = {**REFERRED, "parameterID": WHOLE}
REAL = {**PARAMETER, "unit": UNITS, "value": NUMBER, "min": NUMBER, "max": NUMBER}
SIGNATURE = {**PARAMETER, "numerator": WHOLE, "denominator": WHOLE}
MEDIA = {**TIMELINE, "duration": NUMBER, "channels": WHOLE, "sampleRate": WHOLE, "algorithm": ANY}
CONTENT = "(Lanes|Notes|Clips|ClipSlot|Warps|Audio|Video|Points)"


class Form(NamedTuple):
    """children: a pattern over their names, each with a blank behind it."""

    children: str
    attributes: dict[str, str]
    needed: str = ""


FORMS = {
    "Project": Form(
        "Application (Transport )?(Structure )?(Arrangement )?(Scenes )?", {"version": ANY}, "version"
    ),
    "Application": Form("", {"name": ANY, "version": ANY}, "name version"),
    "Transport": Form("(Tempo )?(TimeSignature )?", {}),
    "Tempo": Form("", REAL, "unit"),
    "TimeSignature": Form("", SIGNATURE, "numerator denominator"),
    "Structure": Form("((Track|Channel) )*", {}),
    "Track": Form(
        "(Channel )?(Track )*",
        {**REFERRED, "loaded": YES_NO, "contentType": "(audio|automation|notes|video|markers|tracks| )*"},
    ),
    "Channel": Form(
        "(Devices )?(Mute )?(Pan )?(Sends )?(Volume )?",
        {**REFERRED, "audioChannels": WHOLE, "destination": ANY, "solo": YES_NO,
         "role": "regular|master|effect|submix|vca"},
    ),
    "Mute": Form("", {**PARAMETER, "value": YES_NO}),
    "Volume": Form("", REAL, "unit"),
    "Arrangement": Form("(Lanes )?(Markers )?(TempoAutomation )?(TimeSignatureAutomation )?", REFERRED),
    "Lanes": Form(f"({CONTENT} )*", TIMELINE),
    "Clips": Form("(Clip )*", TIMELINE),
    "Clip": Form(
        f"({CONTENT} )?",
        {**NAMED, "time": NUMBER, "duration": NUMBER, "contentTimeUnit": TIMES, "playStart": NUMBER},
        "time",
    ),
    "Audio": Form("File ", MEDIA, "duration channels sampleRate"),
    "Video": Form("File ", MEDIA, "duration channels sampleRate"),
    "File": Form("", {"path": ".+", "external": YES_NO}, "path"),
    "Markers": Form("(Marker )+", TIMELINE),
    "Marker": Form("", {**NAMED, "time": NUMBER}, "time"),
    "TempoAutomation": Form("Target (RealPoint )*", {**TIMELINE, "unit": UNITS}),
    "TimeSignatureAutomation": Form("Target (TimeSignaturePoint )*", {**TIMELINE, "unit": UNITS}),
    "Target": Form("", {"parameter": ANY}),
    "RealPoint": Form("", {"time": NUMBER, "value": NUMBER, "interpolation": "hold|linear"}, "time value"),
    "TimeSignaturePoint": Form(
        "", {"time": NUMBER, "numerator": WHOLE, "denominator": WHOLE}, "time numerator denominator"
    ),
    "MetaData": Form("(Title )?(Artist )?(Comment )?", {}),
    "Title": Form("", {}),
    "Comment": Form("", {}),
}  # fmt: skip


def faults(root: ElementTree.Element) -> list[str]:
    """What breaks the form, a line each."""
    found = []
    for element in root.iter():
        form = FORMS.get(element.tag)
        if form is None:
            found.append(f"no such element: {element.tag}")
            continue
        children = "".join(f"{child.tag} " for child in element)
        if not re.fullmatch(form.children, children):
            found.append(f"{element.tag} holds {children}")
        found += [f"{element.tag} lacks {name}" for name in form.needed.split() if name not in element.attrib]
        for name, value in element.attrib.items():
            if name not in form.attributes or not re.fullmatch(form.attributes[name], value):
                found.append(f"{element.tag} has {name}={value!r}")
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    found += [f"the id {one} stands twice" for one in set(ids) if ids.count(one) > 1]
    for name in ("track", "destination", "parameter"):
        pointing = (element.get(name) for element in root.iter())
        found += [f"{name}={at} leads nowhere" for at in pointing if at is not None and at not in ids]
    return found


def documents(path: Path) -> list[ElementTree.Element]:
    with zipfile.ZipFile(path) as archive:
        return [ElementTree.fromstring(archive.read(name)) for name in ("project.xml", "metadata.xml")]


@pytest.mark.parametrize(("rate", "start", "drop"), RATES)
def test_every_session_has_the_form_that_the_format_asks_for(
    tmp_path: Path, rate: Fraction, start: str, drop: bool
) -> None:
    for own in (False, True):
        made = made_up_session(made_up_film(rate, start, drop), own, title="\"<&>'\x01 été")
        write_dawproject(tmp_path / "session.dawproject", made)
        project, about = documents(tmp_path / "session.dawproject")
        assert (project.tag, about.tag) == ("Project", "MetaData")
        assert faults(project) == faults(about) == []


def test_a_film_without_music_keeps_the_form(tmp_path: Path) -> None:
    from render.session import session

    facts = made_up_facts()
    assert facts.mix is not None
    mix = facts.mix.model_copy(update={"stems": ()})
    made = session("", facts.analysis, facts.spotting.model_copy(update={"cues": (), "hits": ()}), [], mix, 6)
    write_dawproject(tmp_path / "session.dawproject", made)
    assert faults(documents(tmp_path / "session.dawproject")[0]) == []


def test_the_rules_do_find_faults(tmp_path: Path) -> None:
    write_dawproject(tmp_path / "session.dawproject", made_up_session())
    root = documents(tmp_path / "session.dawproject")[0]
    assert faults(root) == []
    for clip in root.iter("Clip"):
        del clip.attrib["time"]
    next(root.iter("Channel")).set("destination", "nowhere")
    next(root.iter("Tempo")).set("unit", "beats a minute")
    root.append(ElementTree.Element("Application"))
    said = " ".join(faults(root))
    assert all(part in said for part in ("lacks time", "leads nowhere", "beats a minute", "Project holds"))
