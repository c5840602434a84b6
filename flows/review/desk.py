"""Opening a results folder for review."""

from pathlib import Path

from flows.ledger.ledger import open_ledger
from flows.review.people import People
from flows.review.proxies import Proxies
from flows.review.record import Record
from flows.review.results import Results
from flows.review.review import Review


def open_review(root: Path, open_house: bool) -> Review:
    """The desk for a results folder; raises RejectedInput where it is none.

    What a decisions.jsonl has and the ledger lacks is taken over: after a crash, or from another house.
    """
    results = Results(root)
    ledger = open_ledger(results.root, results.state)
    record = Record(ledger)
    for film in results.films():
        record.restore(film)
    return Review(results, ledger, record, People(ledger), Proxies(), open_house)
