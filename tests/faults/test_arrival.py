"""Many files in an inbox, and the looks that find them."""

import shutil
import time
from pathlib import Path

import pytest

from flows.ledger.ledger import open_ledger
from flows.settings import JobSettings
from flows.watch.inbox import open_inbox
from flows.watch.status import status
from flows.watch.watcher import Watcher, WatchRules

RULES = WatchRules(interval_s=0.0, looks=2)


@pytest.mark.slow
def test_ten_thousand_files_are_found_by_polling_and_not_looked_into_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "many"
    for n in range(10_000):
        (folder / f"{n % 100}").mkdir(parents=True, exist_ok=True)
        (folder / f"{n % 100}" / f"{n}.mov").touch()
    ledger = open_ledger(tmp_path / "results")
    watcher = Watcher(open_inbox(str(folder), str(tmp_path / "results")), ledger, JobSettings(), RULES)
    monkeypatch.setattr("flows.watch.inbox.read_content", lambda path, mark: "empty")
    assert not watcher.look()
    assert len(status(ledger, "many", "", {}).films) == 10_000
    while not watcher.look():
        pass
    assert len(ledger.jobs()) == 1
    began_s = time.process_time()
    monkeypatch.setattr("flows.watch.inbox.read_content", None)
    assert watcher.look()
    assert time.process_time() - began_s < 5
    watcher.close()
    ledger.close()
    shutil.rmtree(folder)
