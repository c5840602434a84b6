"""Seeded choices that depend on nothing but their own words: no order, no shared generator."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def draw(seed: int, *words: object) -> float:
    """A number of [0, 1) from a seed and what it is for; stable across runs, machines and versions."""
    text = "|".join(str(part) for part in (seed, *words))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def pick(options: Sequence[T], seed: int, *words: object) -> T:
    """One of the options, each as likely."""
    return options[int(draw(seed, *words) * len(options))]


def opaque_uid(seed: int, *words: object) -> str:
    """A short name that says nothing: twelve hex digits from a seed and what it is for."""
    return hashlib.sha256("|".join(str(part) for part in (seed, *words)).encode()).hexdigest()[:12]
