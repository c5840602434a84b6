"""The figures of `reelscore evaluate` as Markdown, engines side by side."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

ENGINES = ("neural", "markov", "rules")
_TEXTURE_COLUMNS = {
    "network": "network", "no_strokes": "GAN, exact decoder", "cell_by_cell": "GAN, cell by cell",
    "markov": "Markov columns", "rules": "rules", "floor": "real against real", "real": "real",
}  # fmt: skip
_TEXTURE_ROWS = ("classifier", "classifier_bar", "mmd", "mmd_bar", "groove_adjacent", "unique_rhythms")
_JUDGES = {"melody": "melody, four bars", "texture": "texture, four bars", "texture_bar": "texture, one bar"}


def table(found: dict[str, Any]) -> str:
    """One Markdown text of all that `evaluate` found."""
    parts = [make(found) for name, make in _SECTIONS.items() if name in found]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _head(*cells: str) -> list[str]:
    return [_row(*cells), "|---" * len(cells) + "|"]


def _likelihood(found: dict[str, Any]) -> Iterator[str]:
    likelihood = found["likelihood"]
    yield from _head(f"{found['split']} split", "network", "best Markov order", "gain")
    for name, unit in (("chords", "half bar"), ("melody", "16th")):
        row = likelihood[name]
        order = min(row["markov"], key=lambda k: row["markov"][k])
        markov = f"{row['markov'][order]:.3f} (order {order})"
        yield _row(f"{name}, nats a {unit}", f"{row['network']:.3f}", markov, f"{row['gain']:.3f}")
    yield _row("drums, nats a 16th over nine lanes", f"{likelihood['drums']['network']:.3f}", "-", "-")


def _judged(found: dict[str, Any]) -> Iterator[str]:
    yield from _head(f"engines on {found['passages']} passages", "", *ENGINES, "real against real")
    for name, title in _JUDGES.items():
        judged = found["judged"][name]
        for chain, said in (("given", "given chords and requests"), ("own", "full chain")):
            for figure in ("classifier", "mmd"):
                cells = [_cell(judged[chain][engine], figure) for engine in ENGINES]
                floor = _cell(judged["floor"], figure)
                yield _row(f"{title}: {figure}", said, *cells, floor)


def _texture(found: dict[str, Any]) -> Iterator[str]:
    judged = found["texture"]
    title = f"texture network alone, {judged['windows']} windows of four bars"
    yield from _head(title, *_TEXTURE_COLUMNS.values())
    for name in _TEXTURE_ROWS:
        yield _row(name, *(_cell(judged[column], name) for column in _TEXTURE_COLUMNS))
    yield ""
    yield from _head("a bar of texture", "real", "network", "apart, real sd")
    for name, row in judged["marginals"].items():
        yield _row(name, f"{row['real']:.3f}", f"{row['ours']:.3f}", _apart(row["off_sd"]))
    yield ""
    yield from _head("asked to got, rho", "")
    for name in judged["control"][0]:
        yield _row(name, _cell(judged["control"], name))


def _marginals(found: dict[str, Any]) -> Iterator[str]:
    cells = [cell for engine in ENGINES for cell in (engine, "apart, sd", "OA", "KLD")]
    yield from _head("full chain, a passage of 16 bars", "real", *cells)
    for name, row in found["marginals"]["neural"].items():
        own = [found["marginals"][engine][name] for engine in ENGINES]
        figures = [
            text
            for one in own
            for text in (
                f"{one['ours']:.3f}",
                _apart(one["off_sd"]),
                f"{one['oa']:.2f}",
                f"{one['kld']:.2f}",
            )
        ]
        yield _row(name, f"{row['real']:.3f}", *figures)


def _chromatic(found: dict[str, Any]) -> Iterator[str]:
    yield from _head("half bars with a chromatic chord", "passages", "real (sd)", *ENGINES)
    for style, row in found["chromatic"].items():
        cells = [f"{row[engine]['share']:.3f} ({_apart(row[engine]['off_sd'])} sd)" for engine in ENGINES]
        yield _row(style, str(row["passages"]), f"{row['real']:.3f} ({row['real_sd']:.3f})", *cells)


def _style(found: dict[str, Any]) -> Iterator[str]:
    style = found["style"]
    if style is None:
        yield "Style: not judged, scikit-learn is not installed or no two styles have pieces enough."
        return
    yield from _head("style named from four bars of texture", "accuracy", "lift over real's")
    yield _row(f"chance of {len(style['styles'])}", f"{style['chance']:.3f}", "0")
    for name in ("real", "asked", "shuffled", "alone"):
        yield _row(_STYLE_ROWS[name], f"{style[name]:.3f}", f"{style['lift'][name]:.2f}")


_STYLE_ROWS = {
    "real": "other real pieces", "asked": "generated: its pieces' tag and requests",
    "shuffled": "generated: another's tag, its pieces' requests; the tag given",
    "alone": "generated: tag and chords alone, another's tag; the tag given",
}  # fmt: skip


def _motif(found: dict[str, Any]) -> Iterator[str]:
    wanted = list(found["motif"]["neural"]["realised"])
    yield from _head("motif sung again, likeness asked", "rho, four bars", *wanted)
    for name, row in found["motif"].items():
        yield _row(name, _cell(row, "rho"), *(f"{row['realised'][w]:.2f}" for w in wanted))


def _cues(found: dict[str, Any]) -> Iterator[str]:
    yield from _head("whole cues", "cues", "ending as asked", "texture in scale", "melody in scale")
    for name, row in found["cues"].items():
        shares = [f"{row[key]:.2%}" for key in ("endings", "texture_in_scale", "melody_in_scale")]
        yield _row(name, str(row["cues"]), *shares)


def _memory(found: dict[str, Any]) -> Iterator[str]:
    memory = found["memorisation"]
    yield from _head("n-grams found in the training melodies", "4", "6", "8", "12", "longest match, steps")
    yield _quoted("real passages", memory["real"])
    yield _quoted("whole split", memory["split"])
    for engine in ENGINES:
        for kind in ("melodies", "themes"):
            yield _quoted(f"{engine}, {kind}", memory[engine][kind])


def _control(found: dict[str, Any]) -> Iterator[str]:
    asked = {"random": "random cues", "held_out": f"requests of {found['passages']} held-out passages"}
    for kind, title in asked.items():
        columns = [found["control"][kind][engine] for engine in ENGINES]
        yield from _head(f"{title}: rho of asked and realised (mean error)", "counted", *ENGINES)
        for name in (name for name in columns[0] if not isinstance(columns[0][name], float)):
            cells = [f"{_cell(column[name], 'rho')} ({column[name]['error']:.2f})" for column in columns]
            yield _row(name, str(columns[0][name]["n"]), *cells)
        for name in _MODES:
            cells = [f"{column[name]:.1%}" for column in columns]
            real = f"; real {found['control']['real'][name]:.1%}" if kind == "held_out" else ""
            yield _row(f"{name}{real}", "-", *cells)
        yield ""


def _elsewhere(found: dict[str, Any]) -> Iterator[str]:
    yield from _head("not made here", "made by")
    for figure, command in found["elsewhere"].items():
        yield _row(figure, f"`{command}`")


_MODES = ("mode, tonic not told", "mode, tonic told")
_SECTIONS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "likelihood": _likelihood, "judged": _judged, "texture": _texture, "marginals": _marginals,
    "chromatic": _chromatic, "style": _style, "motif": _motif, "cues": _cues,
    "memorisation": _memory, "control": _control, "elsewhere": _elsewhere,
}  # fmt: skip


def _quoted(name: str, row: dict[str, Any]) -> str:
    shares = [row[f"grams_{n}"] for n in (4, 6, 8, 12)]
    return _row(name, *("-" if s is None else f"{s:.2%}" for s in shares), str(row["longest_match"]))


def _apart(off_sd: float | None) -> str:
    return "-" if off_sd is None else f"{off_sd:+.2f}"


def _cell(judged: Sequence[dict[str, Any]] | dict[str, Any], name: str) -> str:
    """Mean over the seeds, and the range where there are several."""
    runs = [judged] if isinstance(judged, dict) else judged
    values = [run[name] for run in runs if run.get(name) is not None]
    if not values:
        return "-"
    spread = f" ({min(values):.3f}-{max(values):.3f})" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"
