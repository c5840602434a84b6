"""Accessibility: axe-core looks at every page, and what it calls serious or critical fails."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NO_BROWSER, WHY_NO_BROWSER
from tests.flows.review.browsing import open_player
from tests.flows.review.made_results import Served

pytestmark = pytest.mark.skipif(NO_BROWSER, reason=WHY_NO_BROWSER)


def serious(page: Any) -> list[str]:
    """axe-core's serious and critical findings on the page as it stands."""
    spec = find_spec("axe_playwright_python")
    assert spec is not None and spec.origin is not None
    page.evaluate((Path(spec.origin).parent / "axe.min.js").read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {one['help']} ({node['html'][:120]})"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("page", [1280, 390], indirect=True)
def test_no_page_has_a_serious_accessibility_fault(page: Any, house: Served) -> None:
    page.goto(house.url)
    assert serious(page) == []
    open_player(page, f"{house.film('night', 'v002')}?b=v001")
    for tab in page.locator("[role=tab]").all():
        tab.click()
        assert serious(page) == []
    page.keyboard.press("b")
    page.get_by_role("button", name="Keys").click()
    assert serious(page) == []


def test_the_page_is_worked_by_keys_alone_and_focus_is_seen(page: Any, house: Served) -> None:
    open_player(page, house.film("night", "v002"))
    page.keyboard.press("Tab")
    seen = set()
    for _ in range(24):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(() => { const on = document.activeElement; const style = getComputedStyle(on);"
            " return [on.id || on.tagName, style.outlineStyle, style.outlineWidth]; })()"
        )
        seen.add(style[0])
        assert style[1] != "none" and style[2] != "0px", style
    assert {"play", "tc", "mark-in", "burn-toggle", "help-open"} <= seen
