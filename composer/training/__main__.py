"""`python -m composer.training NAME DATA OUT [ITERATIONS [STOP_AT]]`: one network on a bare machine."""

import logging
import sys
from pathlib import Path
from typing import get_args

from composer.training.commands import NetworkName, train_network

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    name, data, out, *numbers = sys.argv[1:]
    chosen: NetworkName = next(n for n in get_args(NetworkName) if n == name)
    iterations = int(numbers[0]) if numbers else None
    stop_at = int(numbers[1]) if len(numbers) > 1 else None
    train_network(chosen, Path(data), Path(out), iterations=iterations, stop_at=stop_at)
