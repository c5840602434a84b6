"""Places in buckets (S3, Google, Azure) by URL; endpoint and credentials come from the usual environment.

s3://bucket/prefix, gs://bucket/prefix, az://container/prefix. AWS_ENDPOINT_URL with http:// means a server of
one's own and is taken at its word.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from flows.texts import shown
from vision.rejected import RejectedInput

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SCHEMES: Final = ("s3://", "gs://", "az://")


def is_bucket(place: str) -> bool:
    """Whether `place` is a URL of a bucket, not a folder."""
    return place.startswith(SCHEMES)


def open_bucket(url: str) -> "ObjectStore":
    """The store whose keys are relative to `url`; raises RejectedInput where the URL can't be one."""
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://") and url.startswith("s3://")
    try:
        return from_url(url.rstrip("/"), client_options={"allow_http": True} if plain else None)
    except (BaseError, ValueError) as error:
        raise RejectedInput(
            f"can't use {shown(url)}: {shown(str(error))[:200]}",
            "write s3://BUCKET/PREFIX, gs://... or az://..., and set its credentials in the environment",
        ) from error


@contextmanager
def reaching(place: str) -> Iterator[None]:
    """Let every failure of a bucket's server be an OSError that names the place; not found stays as it is."""
    from obstore.exceptions import BaseError

    try:
        yield
    except BaseError as error:
        raise OSError(f"{shown(place)} can't be reached: {shown(str(error))[:300]}") from error
