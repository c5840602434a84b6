"""Text at the edges: names fit to be shown, and small text files that a user gives."""

from pathlib import Path

from vision.rejected import RejectedInput

MAX_BYTES = 1_000_000  # directions are a page or two; a film named by mistake is not read into memory


def given_text(path: Path | None, most_bytes: int = MAX_BYTES) -> str | None:
    """The UTF-8 text of `path`, of at most `most_bytes`; None for None.

    Raises RejectedInput where it is no small text file.
    """
    if path is None:
        return None
    if not path.is_file():
        raise RejectedInput(f"there is no file {shown(path)}", "check the name")
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
        if len(data) > most_bytes:
            raise RejectedInput(f"{shown(path)} is larger than {most_bytes} bytes", "give a text file")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RejectedInput(f"{shown(path)} is not UTF-8 text", "save it as UTF-8") from error
    except OSError as error:
        raise RejectedInput(f"can't read {shown(path)}: {error.strerror}", "check its rights") from error


def shown(path: Path | str) -> str:
    """A whole path for one line of text: control characters and undecodable bytes escaped."""
    text = str(path).encode("utf-8", "backslashreplace").decode()
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
