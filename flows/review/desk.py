"""Opening a results folder for review."""

from pathlib import Path

from flows.review.proxies import Proxies
from flows.review.results import Results
from flows.review.review import Review


def open_review(root: Path, open_house: bool) -> Review:
    """The desk for a results folder; raises RejectedInput where it is none."""
    return Review(results=Results(root), proxies=Proxies(), open_house=open_house)
