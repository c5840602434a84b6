"""One job's settings: each package's own model, and what belongs to the job as a whole."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from composer.settings import ComposerSettings
from render.settings import RenderSettings
from vision.artifact import Frozen
from vision.rejected import RejectedInput
from vision.settings import VisionSettings


class JobSettings(Frozen):
    """Everything that decides a score beside the film itself.

    seed: the job's seed; another seed, another score.  directions and spotting: the texts of the files
    given (a job carries their contents, never their paths); directions_name is for messages about them.
    cue_seeds: a cue's own seed by cue uid, where a person asked for that cue again.
    static_gain_db: the gain under a loudness target that a redone version inherits; None: find it.
    chosen_takes: the take of a cue that the film uses, by cue uid; take 1 where nothing is said.
    inherited: cues and themes that this version keeps as they were (an Inheritance as JSON text).
    """

    seed: int = 1
    directions: str = ""
    directions_name: str = ""
    spotting: str = ""
    cue_seeds: dict[str, int] = {}
    chosen_takes: dict[str, int] = {}
    inherited: str = ""
    static_gain_db: float | None = None
    vision: VisionSettings = VisionSettings()
    composer: ComposerSettings = ComposerSettings()
    render: RenderSettings = RenderSettings()

    def deciding(self) -> dict[str, Any]:
        """As JSON, without what changes no byte of a score: names for messages, threads and workers."""
        return self.model_dump(
            mode="json", exclude={"directions_name": True, "vision": {"cuts_name", "threads", "workers"}}
        )


def job_settings(options: Mapping[str, Any], assignments: Sequence[str] = ()) -> JobSettings:
    """Settings from dotted options ({"composer.style": "chamber"}) and then from `key=value` texts.

    Options that are None keep their default.  Raises RejectedInput naming the key, what it may hold and,
    for an unknown key, the nearest spelling.
    """
    values: dict[str, Any] = {}
    for key, value in options.items():
        if value is not None:
            _put(values, key, value)
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals:
            raise RejectedInput(f"--set {assignment!r} has no '='", "write it as key=value")
        _put(values, key.strip(), _parsed(key, text))
    try:
        return JobSettings.model_validate(values)
    except ValidationError as error:
        raise _rejection(error) from error


def setting_names(model: type[BaseModel] = JobSettings, prefix: str = "") -> Iterator[str]:
    """Every dotted name that --set accepts."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from setting_names(inner, f"{prefix}{name}.")
        else:
            yield prefix + name


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    known = list(setting_names())
    if key not in known:
        raise RejectedInput(f"there is no setting {key!r}", _nearest(key, known))
    *groups, name = key.split(".")
    for group in groups:
        values = values.setdefault(group, {})
    values[name] = value


def _parsed(key: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RejectedInput(
            f"--set {key}: {text!r} is not a value", "quote it, or write it plainly"
        ) from error


def _nearest(word: str, known: Sequence[str]) -> str:
    """A remedy that names the nearest known spelling, or where all of them stand."""
    tails = {name.rpartition(".")[2]: name for name in known}
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    close = close or [tails[tail] for tail in difflib.get_close_matches(word.rpartition(".")[2], tails, n=1)]
    return f"did you mean {close[0]}?" if close else "`reelscore doctor --settings` lists them"


def _rejection(error: ValidationError) -> RejectedInput:
    """The first finding of pydantic as one line: where, what was seen, what may stand there."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
    seen = first.get("input")
    choices = _choices(first)
    if choices:
        nearest = difflib.get_close_matches(str(seen), choices, n=1)
        meant = f"did you mean {nearest[0]}? " if nearest else ""
        return RejectedInput(f"{place} can't be {seen!r}", f"{meant}it is one of {', '.join(choices)}")
    return RejectedInput(f"{place} can't be {seen!r}", first["msg"].lower())


def _choices(finding: Mapping[str, Any]) -> list[str]:
    if finding["type"] != "literal_error":
        return []
    expected = str(finding["ctx"]["expected"]).replace(" or ", ", ")
    return [word.strip().strip("'") for word in expected.split(",")]
