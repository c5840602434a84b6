"""Where the weights lie that come along; by itself, since who only asks for the place needs no torch."""

from pathlib import Path

WEIGHTS_DIR = Path(__file__).parent / "weights"
