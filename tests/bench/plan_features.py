"""Plans ten seeded two-hour films and prints what PRACTICE asks of spotting and tempo maps.

Run `python -m tests.bench.plan_features [sparse|normal|tight]` from the repository root.
"""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from composer.directions import Directions
from composer.request import CueRequest
from composer.score_plan import ScorePlan
from composer.settings import ComposerSettings
from composer.spotter import plan_score
from tests.composer.analyses import synthetic_film

FILMS = 10
MINUTES = 120
# A tempo change of more than this is a written rit., its a tempo, or a section join: not a step.
STEP_SHARE = 0.0201


def share(values: Sequence[float], part: float) -> float:
    """The value that `part` of the values lie under."""
    return sorted(values)[min(int(part * len(values)), len(values) - 1)]


def steps(request: CueRequest) -> list[float]:
    """Relative tempo changes of one cue, the rounding's own (under 10 us) left out."""
    tempi = [change.us_per_beat for change in request.tempo_map.changes]
    return [abs(b / a - 1) for a, b in pairwise(tempi) if abs(b - a) > 10]


def tell(plans: Sequence[ScorePlan], seconds: Sequence[float]) -> None:
    """Print the figures."""
    hits = [hit for plan in plans for hit in plan.spotting.hits]
    cues = [cue for plan in plans for cue in plan.spotting.cues]
    drafts = [draft for plan in plans for draft in plan.drafts]
    required = [hit for hit in hits if hit.required]
    met = [hit for hit in required if hit.bar and -0.001 <= hit.error_ms <= 1.0]
    errors = [hit.error_ms for hit in hits if hit.bar]
    changes = [change for draft in drafts for change in steps(draft)]
    small = [change for change in changes if change <= STEP_SHARE]
    bars = [beats for draft in drafts for beats in draft.tempo_map.bars[: draft.out_bar]]
    scored_s = sum(cue.out_s - cue.start_s for cue in cues)
    inner = [hit for hit in hits if hit.kind in ("turn", "accent") and hit.bar]
    lengths = [cue.end_s - cue.start_s for cue in cues]
    print(f"required hits within 1 ms: {len(met)} of {len(required)}; earliest {min(errors):.4f} ms")
    print(f"error: median {share(errors, 0.5):.4f} ms, worst {max(errors):.4f} ms")
    print(f"tempo steps: {len(small)}, median {share(small, 0.5):.2%}, p90 {share(small, 0.9):.2%}")
    print(f"rits, a-tempi and joins: {len(changes) - len(small)}")
    print(f"irregular bars: {sum(beats != 4 for beats in bars) / len(bars):.2%} of {len(bars)}")
    print(f"demoted or merged: {sum(len(plan.spotting.demoted) for plan in plans)}")
    print(f"hits a scored minute between in and out: {60 * len(inner) / scored_s:.2f}")
    print(f"accents: {sum(hit.kind == 'accent' for hit in hits) / len(hits):.1%} of {len(hits)} hits")
    print(
        f"cues a film: {min(len(p.spotting.cues) for p in plans)}-{max(len(p.spotting.cues) for p in plans)}"
    )
    print(f"cue lengths: median {share(lengths, 0.5):.0f} s, {min(lengths):.0f}-{max(lengths):.0f} s")
    print(f"coverage: {min(p.spotting.coverage for p in plans)}-{max(p.spotting.coverage for p in plans)}")
    print(f"endings: {dict(Counter(cue.ending for cue in cues).most_common())}")
    print(f"entries: {dict(Counter(cue.entry for cue in cues).most_common())}")
    print(f"modes: {dict(Counter(cue.mode for cue in cues).most_common())}")
    print(f"themes: {dict(Counter(cue.theme_use for cue in cues).most_common())}")
    print(f"planning a film: at most {max(seconds):.2f} CPU s")


def main(arguments: Sequence[str]) -> int:
    """Plan the films and tell."""
    wanted = ComposerSettings.model_validate({"hits": arguments[0] if arguments else "normal"})
    plans, seconds = [], []
    for seed in range(FILMS):
        film = synthetic_film(seed=seed, minutes=MINUTES)
        start = time.process_time()
        plans.append(plan_score(film.analysis, film.curves, wanted, Directions(), seed))
        seconds.append(time.process_time() - start)
    tell(plans, seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
