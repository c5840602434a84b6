"""What a form sent: names and texts, nothing else."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from flows.review.visitor import Denied

MOST_FIELDS = 60


class Form(dict[str, str]):
    """Fields by name; the last of a name counts."""

    def number(self, name: str) -> int:
        """A whole number; raises Denied (422)."""
        text = self.get(name, "").strip()
        if not text.isascii() or not text.isdecimal() or len(text) > 9:
            raise Denied(422, f"{name} is no number", "reload the page")
        return int(text)


async def read_form(request: Request) -> Form:
    """The form in the request's body; raises Denied (415 or 422)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise Denied(415, "this takes a form", "send application/x-www-form-urlencoded")
    body = await request.body()
    try:
        fields = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except (UnicodeDecodeError, ValueError) as error:
        raise Denied(422, "this form can't be read", "reload the page") from error
    return Form(fields)


Sent = Annotated[Form, Depends(read_form)]
