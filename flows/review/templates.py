"""The page's templates; everything from outside goes through autoescape."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

ICONS = {
    "play": "M7 5v14l12-7z",
    "left": "M15 6l-7 6 7 6z",
    "right": "M9 6l7 6-7 6z",
    "prev": "M7 6v12M19 6l-9 6 9 6z",
    "next": "M17 6v12M5 6l9 6-9 6z",
    "full": "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
}


def icon(name: str) -> Markup:
    """A drawn sign, the colour of the text round it."""
    return Markup(
        '<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" class="icon">'
        f'<path d="{ICONS[name]}"/></svg>'
    )


PAGES = Environment(
    loader=PackageLoader("flows.review", "page"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.globals["icon"] = icon


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page or a piece of one."""
    return HTMLResponse(PAGES.get_template(name).render(**values), status)
