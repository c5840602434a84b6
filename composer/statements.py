"""A directions text as YAML: statements that `;` sets side by side are brought onto lines of their own."""

import re

# `01:00:10;12` is a drop-frame timecode; every other semicolon outside quotes and comments ends a statement.
DROP_FRAME = re.compile(r":\d\d;\d\d(?!\d)")


def statements(text: str) -> tuple[str, tuple[int, ...]]:
    """The text with one statement a line, and the line (from 1) that each of its lines stood on as written.

    What stands side by side keeps the indent of its line. A text without semicolons comes back as it is.
    """
    lines: list[str] = []
    numbers: list[int] = []
    for number, line in enumerate(text.split("\n"), start=1):
        indent = line[: len(line) - len(line.lstrip(" "))]
        parts = _parts(line)
        for place, part in enumerate(parts):
            if place and not part.strip():
                continue
            lines.append(indent + part.strip() if place else part)
            numbers.append(number)
    return "\n".join(lines), tuple(numbers)


def _parts(line: str) -> list[str]:
    """A line between its semicolons."""
    firm = {found.start() + 3 for found in DROP_FRAME.finditer(line)}
    found, begun, quote = [], 0, ""
    for place, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'" and (not place or line[place - 1] in " [{,:"):
            quote = letter
        elif letter == "#" and (not place or line[place - 1].isspace()):
            break
        elif letter == ";" and place not in firm:
            found.append(line[begun:place])
            begun = place + 1
    return [*found, line[begun:]]
