"""A page of the browser and a served results folder that the review page's tests share."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.flows.review.made_results import Served, made_up_version, served


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two films at 24 frames a second, one of them in two versions."""
    root = tmp_path_factory.mktemp("review") / "results"
    made_up_version(root / "night" / "v001", findings=("this cut already has music",))
    made_up_version(root / "night" / "v002", loudness=-20.0)
    made_up_version(root / "day" / "v001", film_name="<img src=x onerror=document.title='owned'>.mov")
    with served(root) as running:
        yield running


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page; any console error, script fault or request to elsewhere fails the test at its end."""
    width = getattr(request, "param", 1280)
    context = browser.new_context(viewport={"width": width, "height": 900})
    opened = context.new_page()
    wrong: list[str] = []
    expected: list[str] = []
    opened.expected = expected  # a test adds what it provokes
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda asked: wrong.append(asked.url) if "//127.0.0.1:" not in asked.url else None)
    yield opened
    context.close()
    assert [line for line in wrong if not any(part in line for part in expected)] == []
