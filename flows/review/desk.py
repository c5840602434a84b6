"""Opening a results folder for review."""

from pathlib import Path

from flows.ledger.ledger import open_ledger
from flows.review.people import People
from flows.review.proxies import Proxies
from flows.review.record import Record
from flows.review.remake import Helper
from flows.review.results import Results
from flows.review.review import Review


def open_review(root: Path, open_house: bool, helps: bool = True) -> Review:
    """The desk for a results folder; raises RejectedInput where it is none.

    helps: a worker of the page's own does what people ask for, where no other one is faster.

    What a decisions.jsonl has and the ledger lacks is taken over: after a crash, or from another house.
    """
    results = Results(root)
    ledger = open_ledger(results.root, results.state)
    record = Record(ledger)
    for film in results.films():
        record.restore(film)
    helper = Helper(ledger, results.root, helps)
    helper.wake_for_waiting()
    return Review(results, ledger, record, People(ledger), Proxies(), helper, open_house)
