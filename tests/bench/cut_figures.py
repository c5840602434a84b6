"""How well shots are found: on films with known transitions, and on made-up ones.

    python -m tests.bench.cut_figures [FOLDER ...] [--made FIRST LAST] [--errors OUT] [--refit] [--peers]

FOLDER holds films and truth/NAME.csv (or NAME.csv beside).  Films made from another count apart.
Of all independent films: F1 of hard cuts, gradual transitions found, each error with a strip of its frames
under OUT, a bootstrap interval, and with --refit the figures when every threshold is fitted on the other
films alone.  --made draws a film of each kind for every seed in FIRST..LAST.  --peers adds PySceneDetect's
detectors and TransNetV2, where they are installed.
"""

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from tests.bench.cut_films import Seen, films_in, look_at
from tests.bench.cut_peers import peer_figures
from tests.bench.cut_refit import refit
from tests.bench.cut_score import Gradual, Scored, f1, total
from tests.bench.error_strips import write_strips
from tests.bench.made_films import KINDS, made_film, write_film, write_truth
from vision.thresholds import Thresholds

SHIPPED: Final = Thresholds()
DRAWS: Final = 10_000


def report(films: Sequence[Seen], errors: Path | None) -> None:
    """A row a film and one for all, then each error."""
    scored = {film.name: film.scored(SHIPPED) for film in films}
    for film in films:
        print(f"{film.name:<28} {total([scored[film.name]])}")
    print(f"{'ALL':<28} {total(scored.values())}")
    low, high = bootstrap(list(scored.values()))
    print(
        f"95 % bootstrap interval of F1, hard cuts: {low:.4f} to {high:.4f} ({DRAWS} draws of single events)"
    )
    for film in films:
        wrong = wrongs(scored[film.name])
        strips = write_strips(film.path, wrong, errors) if errors and wrong else []
        for first, last, what in wrong:
            print(f"  {film.name} {first}-{last}: {what}")
        for strip in strips:
            print(f"    {strip}")


def wrongs(scored: Scored) -> list[tuple[int, int, str]]:
    """(first frame, last frame, what is wrong) of each error, by frame."""
    return sorted(
        [
            *((frame, frame, "missed cut") for frame in scored.missed),
            *((frame, frame, "false boundary") for frame in scored.false),
            *((each.first, each.last, f"unseen {'+'.join(each.kinds)}") for each in scored.unseen),
        ]
    )


def bootstrap(films: Sequence[Scored]) -> tuple[float, float]:
    """2.5 and 97.5 percent points of F1 of hard cuts, over draws of the events that were counted.

    Where nothing went wrong every draw is perfect: then the lower end is the F1 at which a run without an
    error would be a chance of one in forty.
    """
    sums = total(films)
    hits, missed, false = sums.hits, sums.cuts - sums.hits, sums.false
    events = hits + missed + false
    if not missed + false:
        share = 0.025 ** (1 / max(events, 1))
        return f1(1, 1, 0) * 2 * share / (1 + share), 1.0
    random = np.random.default_rng(0)
    drawn = random.multinomial(events, np.array([hits, missed, false]) / events, DRAWS)
    scores = [f1(int(h), int(h + m), int(f)) for h, m, f in drawn]
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(low), float(high)


def leave_one_out(films: Sequence[Seen]) -> None:
    """Each film by thresholds fitted on the others."""
    print("\nEvery threshold fitted on the other films alone")
    with ProcessPoolExecutor(2) as pool:
        rest = [[other for other in films if other.name != film.name] for film in films]
        fitted = list(pool.map(refit, rest))
    scored = []
    for film, (thresholds, errors) in zip(films, fitted, strict=True):
        scored.append(film.scored(thresholds))
        print(f"{film.name:<28} {total(scored[-1:])}   ({errors} errors left on the others)")
        for first, last, what in wrongs(scored[-1]):
            print(f"  {film.name} {first}-{last}: {what}")
    print(f"{'ALL':<28} {total(scored)}")


def draw(kind: str, seed: int, folder: Path) -> Path:
    """Write one made-up film with its truth."""
    cv2.setNumThreads(1)
    film = made_film(kind, seed)
    path = folder / f"{film.name}.mp4"
    if not path.with_suffix(".csv").exists():
        write_film(film, path)
        write_truth(film, path.with_suffix(".csv"))
    return path


def made(seeds: Iterable[int], folder: Path, errors: Path | None) -> list[Seen]:
    """Films of every kind, by kind, and gradual transitions by kind and length."""
    wanted = [(kind, seed) for seed in seeds for kind in KINDS]
    with ProcessPoolExecutor(2) as pool:
        paths = list(pool.map(draw, *zip(*wanted, strict=True), [folder] * len(wanted)))
    films = look_at(paths)
    scored = {film.name: film.scored(SHIPPED) for film in films}
    by_kind: dict[str, list[Scored]] = defaultdict(list)
    for name, each in scored.items():
        by_kind[name.rpartition("-")[0]].append(each)
    for kind, parts in by_kind.items():
        print(f"{kind:<28} {total(parts)}")
    print(f"{'ALL':<28} {total(scored.values())}")
    print("\n".join(lengths(scored.values())))
    for film in films:
        wrong = wrongs(scored[film.name])
        for first, last, what in wrong:
            print(f"  {film.name} {first}-{last}: {what}")
        if errors and wrong:
            write_strips(film.path, wrong, errors)
    return films


def lengths(films: Iterable[Scored]) -> list[str]:
    """Gradual transitions seen of all, by what they are, dissolves by frames."""
    seen: dict[str, list[bool]] = defaultdict(list)
    for film in films:
        for each in (*film.seen, *film.unseen):
            seen[_sort(each)].append(each in film.seen)
    return [f"  {name:<26} {sum(found)}/{len(found)}" for name, found in sorted(seen.items())]


def _sort(gradual: Gradual) -> str:
    if set(gradual.kinds) == {"dissolve"}:
        return f"dissolve, {gradual.frames - 1:3} frames" if len(gradual.kinds) == 1 else "dissolves in a row"
    return " + ".join(gradual.kinds[:2])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--made", nargs=2, type=int, metavar=("FIRST", "LAST"))
    parser.add_argument("--errors", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for the films drawn")
    parser.add_argument("--refit", action="store_true")
    parser.add_argument("--peers", action="store_true")
    given = parser.parse_args()
    if given.errors:
        given.errors.mkdir(parents=True, exist_ok=True)
    films = look_at([path for folder in given.folders for path in films_in(folder)])
    if films:
        alone = [film for film in films if film.of is None]
        print("Independent films")
        report(alone, given.errors)
        print("\nFilms made from them")
        report([film for film in films if film.of is not None], given.errors)
        if given.refit:
            leave_one_out(alone)
        if given.peers:
            peer_figures(alone)
    if given.made:
        first, last = given.made
        print(f"\nMade-up films, seeds {first} to {last}")
        with tempfile.TemporaryDirectory() as folder:
            kept = given.keep or Path(folder)
            kept.mkdir(parents=True, exist_ok=True)
            drawn = made(range(first, last + 1), kept, given.errors)
            if given.peers:
                peer_figures(drawn)


if __name__ == "__main__":
    main()
