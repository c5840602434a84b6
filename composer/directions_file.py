"""The directions file: small YAML, every unknown word an error with its line and the nearest known word.

style: chamber            tone, energy, coverage (0.4 or 40 %), hits, key, mode, tempo: for the film
hits at: [240, 01:00:12:00, 12.5 s]
no music: 00:01:10:00-00:01:30:00          (one span or a list)
music: [0:10-0:55]                         (cues that must be there, in and out)
1M02: calmer, no drums, hit frame 2210     (one cue: words in a row, or a mapping)
theme Anna: 1M03, 4M21

Statements may also stand side by side: `1M02: calmer; theme Anna: 1M03, 4M21`.
"""

import difflib
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, get_args

import yaml

from composer.cue_words import CueWords
from composer.directions import DirectedHit, DirectedSpan, Directions
from composer.moments import read_moment
from composer.settings import HitBudget, Tone
from composer.spotting import Mode, Style
from composer.statements import statements
from composer.theory import key_pc_of
from vision.rejected import RejectedInput

CUE_ID = re.compile(r"\d{1,5}M\d{2,3}[A-Z]?$")
KEYS = ("style", "tone", "energy", "coverage", "hits", "hits at", "key", "mode", "tempo", "no music", "music")
HIT_BUDGETS = get_args(HitBudget)


class Fault:
    """Refuses words with the file's name and a line.  lines: of the file, for each line of the YAML read."""

    def __init__(self, name: str, lines: Sequence[int]) -> None:
        self.name, self.lines = name, lines

    def line(self, node: yaml.Node) -> int:
        """The line of the file, from 1, that a node begins on."""
        return self.lines[min(node.start_mark.line, len(self.lines) - 1)]

    def at(self, node: yaml.Node, seen: str, remedy: str) -> NoReturn:
        """Raise RejectedInput for what stands at a node."""
        raise RejectedInput(f"{self.name} line {self.line(node)}: {seen}", remedy)

    def choice(self, node: yaml.Node, what: str, options: Sequence[str]) -> str:
        """The node's text where it is one of the options."""
        text = self.text(node)
        if text not in options:
            self.at(node, f"{what} can't be {text!r}", suggestion(text, options))
        return text

    def number(self, node: yaml.Node, what: str, low: float, high: float) -> float:
        """The node's number, a share where it ends in %, within [low, high]."""
        text = self.text(node)
        try:
            value = float(text.rstrip("% ")) / (100 if text.endswith("%") else 1)
        except ValueError:
            self.at(node, f"{what} can't be {text!r}", f"write a number of {low:g} to {high:g}")
        if not low <= value <= high:
            self.at(node, f"{what} can't be {text}", f"write a number of {low:g} to {high:g}")
        return value

    def text(self, node: yaml.Node) -> str:
        """A scalar's text."""
        if not isinstance(node, yaml.ScalarNode):
            self.at(node, "a list or a mapping stands where one value belongs", "write one value")
        return str(node.value).strip()

    def texts(self, node: yaml.Node) -> list[tuple[yaml.Node, str]]:
        """A list's texts, or the parts of one text between commas; each with its node."""
        if isinstance(node, yaml.SequenceNode):
            return [(item, self.text(item)) for item in node.value]
        return [(node, part.strip()) for part in self.text(node).split(",") if part.strip()]


def suggestion(text: str, options: Sequence[str]) -> str:
    """A remedy: the nearest option, and all of them where they are few."""
    close = difflib.get_close_matches(text, options, n=1, cutoff=0.5)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}it may be {', '.join(options)}"


def parse(text: str, name: str) -> Directions:
    """Directions from YAML text; raises RejectedInput naming `name`, the line and the fault."""
    text, lines = statements(text)
    fault = Fault(name, lines)
    root = _composed(text, name, lines)
    if root is None:
        return Directions(name=name)
    if not isinstance(root, yaml.MappingNode):
        fault.at(root, "directions are lines of `word: value`", "see `reelscore score --help`")
    found: dict[str, Any] = {"name": name, "cues": {}, "themes": (), "lines": {}}
    for key_node, node in root.value:
        key = fault.text(key_node)
        if key in found["lines"]:
            fault.at(key_node, f"{key!r} stands there twice", "keep one of them")
        found["lines"][key] = fault.line(key_node)
        _entry(key, key_node, node, fault, found)
    return Directions(**found)


def _composed(text: str, name: str, lines: Sequence[int]) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" line {lines[min(mark.line, len(lines) - 1)]}" if mark else ""
        problem = error.problem or "not YAML"
        raise RejectedInput(f"{name}{line}: {problem}", "write `word: value` lines") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise RejectedInput(f"{name}: this is not YAML text", "write plain UTF-8 text") from error


def _entry(key: str, key_node: yaml.Node, node: yaml.Node, fault: Fault, found: dict[str, Any]) -> None:
    if CUE_ID.match(key):
        found["cues"][key] = CueWords(fault).read(node)
    elif key.startswith("theme "):
        found["themes"] += ((key[6:].strip(), _cue_ids(node, fault)),)
    elif key in READERS:
        name, reader = READERS[key]
        found[name] = reader(fault, node)
    else:
        fault.at(key_node, f"{key!r} is not a direction", suggestion(key, (*KEYS, "theme NAME", "1M02")))


def _cue_ids(node: yaml.Node, fault: Fault) -> tuple[str, ...]:
    ids = fault.texts(node)
    for item, text in ids:
        if not CUE_ID.match(text):
            fault.at(item, f"{text!r} is not a cue", "name cues as in spotting.json: 1M03, 4M21")
    return tuple(text for _, text in ids)


def read_key(fault: Fault, node: yaml.Node) -> str:
    """A tonic's name."""
    text = fault.text(node)
    try:
        key_pc_of(text)
    except ValueError:
        fault.at(node, f"key can't be {text!r}", "write a tonic as C, F# or Bb (the mode is its own word)")
    return text


def read_hit(fault: Fault, node: yaml.Node, text: str) -> DirectedHit:
    """A directed hit from a frame, timecode or seconds."""
    moment = read_moment(text)
    if moment is None:
        fault.at(node, f"{text!r} is not a moment", "write a frame (2210), 01:00:10:00 or 12.5 s")
    return DirectedHit(at=moment, words=text, line=fault.line(node))


def read_span(fault: Fault, node: yaml.Node, text: str) -> DirectedSpan:
    """A span `IN-OUT`."""
    ends = [read_moment(part) for part in re.split(r"\s*-\s*|\s+to\s+", text)]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        fault.at(node, f"{text!r} is not a span", "write IN-OUT, e.g. 00:01:10:00-00:01:30:00 or 10 s-20 s")
    return DirectedSpan(start=ends[0], end=ends[1], words=text, line=fault.line(node))


def _hits(fault: Fault, node: yaml.Node) -> tuple[DirectedHit, ...]:
    return tuple(read_hit(fault, item, text) for item, text in fault.texts(node))


def _spans(fault: Fault, node: yaml.Node) -> tuple[DirectedSpan, ...]:
    return tuple(read_span(fault, item, text) for item, text in fault.texts(node))


READERS: dict[str, tuple[str, Callable[[Fault, yaml.Node], Any]]] = {
    "style": ("style", lambda fault, node: fault.choice(node, "style", get_args(Style))),
    "tone": ("tone", lambda fault, node: fault.choice(node, "tone", get_args(Tone))),
    "energy": ("energy", lambda fault, node: fault.number(node, "energy", -1, 1)),
    "coverage": ("coverage", lambda fault, node: fault.number(node, "coverage", 0, 1)),
    "hits": ("hits", lambda fault, node: fault.choice(node, "hits", HIT_BUDGETS)),
    "hits at": ("hit_list", _hits),
    "key": ("key", read_key),
    "mode": ("mode", lambda fault, node: fault.choice(node, "mode", get_args(Mode))),
    "tempo": ("tempo_qpm", lambda fault, node: fault.number(node, "tempo", 48, 176)),
    "no music": ("no_music", _spans),
    "music": ("spans", _spans),
}
