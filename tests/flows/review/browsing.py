"""What the browser tests do over and over."""

from typing import Any


def wait_for(page: Any, condition: str) -> None:
    """Poll from outside: the page's policy rightly refuses the eval that wait_for_function runs inside it."""
    for _ in range(750):  # half a minute: a busy machine is no fault of the page
        if page.evaluate(condition):
            return
        page.wait_for_timeout(40)
    raise AssertionError(f"never came true: {condition}")


def open_player(page: Any, url: str) -> None:
    """Open a player and wait until its script runs and its first frame is there."""
    page.goto(url)
    wait_for(page, "document.getElementById('review').dataset.ready === 'yes'")
    wait_for(page, "document.getElementById('review').dataset.shown !== undefined")


def shown(page: Any) -> int:
    """The frame that the browser says it shows."""
    return int(page.evaluate("document.getElementById('review').dataset.shown"))


def wait_shown(page: Any, frame: int) -> None:
    """Wait until a frame is on the screen."""
    wait_for(page, f"document.getElementById('review').dataset.shown === '{frame}'")


def timecode(page: Any) -> str:
    """What the timecode field says."""
    return str(page.input_value("#tc"))


def go(page: Any, words: str) -> None:
    """Type a timecode and press Enter."""
    page.fill("#tc", words)
    page.press("#tc", "Enter")
