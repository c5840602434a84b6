"""The words for one cue: `calmer, no drums, hit frame 2210`, or the same as a mapping."""

from typing import TYPE_CHECKING, Any, get_args

import yaml

from composer.directions import CueDirections, DirectedHit
from composer.moments import Moment, read_moment
from composer.spotting import Ending, HitKind, Mode, Style

if TYPE_CHECKING:
    from composer.directions_file import Fault

CALMER = {"calmer": -0.2, "much calmer": -0.4, "busier": 0.2, "much busier": 0.4}
PLAIN: dict[str, dict[str, Any]] = {
    "no drums": {"drums": False},
    "no melody": {"melody": False},
    "omit": {"omit": True},
}
VALUED = ("style", "key", "mode", "tempo", "ending", "seed", "in", "out", "hit", "stop", "turn", "accent")
HIT_WORDS: dict[str, HitKind] = {"hit": "accent", "accent": "accent", "turn": "turn", "stop": "stop"}


class CueWords:
    """Reads one cue's wishes; `fault` refuses with file and line."""

    def __init__(self, fault: "Fault") -> None:
        self.fault = fault

    def read(self, node: yaml.Node) -> CueDirections:
        """The wishes of one cue's node: a text, a list of texts, or a mapping."""
        found: dict[str, Any] = {"hits": (), "words": ()}
        if isinstance(node, yaml.MappingNode):
            for key_node, value in node.value:
                key = self.fault.text(key_node)
                for item, text in self.fault.texts(value):
                    self._word(item, key if text in ("true", "yes") else f"{key} {text}", found)
        else:
            for item, text in self.fault.texts(node):
                self._word(item, text, found)
        return CueDirections(**found)

    def _word(self, node: yaml.Node, text: str, found: dict[str, Any]) -> None:
        text = " ".join(text.split())
        found["words"] += (text,)
        if text in CALMER:
            found["calmer"] = CALMER[text]
        elif text in PLAIN:
            found.update(PLAIN[text])
        else:
            word, _, value = text.partition(" ")
            self._valued(node, word, value.strip(), text, found)

    def _valued(self, node: yaml.Node, word: str, value: str, text: str, found: dict[str, Any]) -> None:
        from composer.directions_file import read_key, suggestion

        scalar = yaml.ScalarNode("tag:yaml.org,2002:str", value, node.start_mark, node.end_mark)
        if word in HIT_WORDS and value:
            moment, kind = self._moment(node, value), HIT_WORDS[word]
            hit = DirectedHit(at=moment, kind=kind, words=value, line=self.fault.line(node))
            found["hits"] += (hit,)
        elif word == "style":
            found["style"] = self.fault.choice(scalar, "style", get_args(Style))
        elif word == "mode":
            found["mode"] = self.fault.choice(scalar, "mode", get_args(Mode))
        elif word == "ending":
            found["ending"] = self.fault.choice(scalar, "ending", get_args(Ending))
        elif word == "key":
            found["key"] = read_key(self.fault, scalar)
        elif word == "tempo":
            found["tempo_qpm"] = self.fault.number(scalar, "tempo", 48, 176)
        elif word == "seed":
            found["seed"] = int(self.fault.number(scalar, "seed", 0, 2**53))
        elif word in ("in", "out") and value:
            found["start" if word == "in" else "out"] = self._moment(node, value)
        else:
            known = (*CALMER, *PLAIN, *(f"{name} ..." for name in VALUED))
            self.fault.at(node, f"{text!r} is not a direction for a cue", suggestion(text, known))

    def _moment(self, node: yaml.Node, text: str) -> Moment:
        moment = read_moment(text)
        if moment is None:
            self.fault.at(node, f"{text!r} is not a moment", "write frame 2210, 01:00:10:00 or 12.5 s")
        return moment
