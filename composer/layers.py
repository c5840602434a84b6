"""Which roles sound when: few at first, one more every four bars, fewer under speech."""

from collections.abc import Sequence

from composer.figures import section_character
from composer.grid import LayerPlan
from composer.notes import Role
from composer.request import BarCondition, CueRequest
from composer.spotting import Style

# In which order texture roles enter. Chamber and ambient have no percussion at all.
ENTRY_ORDER: dict[Style, tuple[Role, ...]] = {
    "orchestral": ("pad", "bass", "arpeggio", "percussion"),
    "chamber": ("pad", "arpeggio", "bass"),
    "electronic_tension": ("pad", "arpeggio", "bass", "percussion"),
    "silent_piano": ("bass", "pad", "arpeggio"),
    "folk_western": ("arpeggio", "bass", "pad", "percussion"),
    "noir_jazz": ("bass", "pad", "percussion", "arpeggio"),
    "ambient": ("pad", "arpeggio", "bass"),
}
# Where nothing drives and nothing waits, a figure over the pad moves more than a bass would.
MOVING_ORDER: dict[Style, tuple[Role, ...]] = {"orchestral": ("pad", "arpeggio", "bass", "percussion")}
# What is driven stands on its bass and the low percussion that doubles it; chords come last.
DRIVEN_ORDER: dict[Style, tuple[Role, ...]] = {
    "orchestral": ("bass", "percussion", "arpeggio", "pad"),
    "electronic_tension": ("bass", "percussion", "arpeggio", "pad"),
    "folk_western": ("bass", "percussion", "arpeggio", "pad"),
}
# One player's two hands, or a rhythm section: at an order's head these enter together and count as one layer.
TOGETHER: dict[Style, frozenset[Role]] = {
    "orchestral": frozenset({"bass", "percussion"}),
    "electronic_tension": frozenset({"bass", "percussion"}),
    "folk_western": frozenset({"bass", "percussion"}),
    "silent_piano": frozenset({"bass", "pad"}),
    "noir_jazz": frozenset({"bass", "pad"}),
}
ENTRY_BARS = 4
PERCUSSION_AROUSAL = 0.6
SPEECH_SHARE = 0.25  # a bar counts as spoken over from here: PRACTICE.md, "Melody"
SPEECH_ROLES = 2
SPEECH_ONSETS_A_SECOND = 2.0
SHORTEST_RETURN_BARS = 2
# Brushes and a ride belong to noir's pulse, not to its energy.
PERCUSSION_FROM: dict[Style, float] = {"noir_jazz": 0.35, "electronic_tension": 0.5}


def under_speech(bar: BarCondition) -> bool:
    """Whether a bar is treated as lying under speech."""
    return bar.speech >= SPEECH_SHARE


def sections(request: CueRequest) -> list[tuple[int, int]]:
    """[first, end) bars of each section, in order."""
    found: list[tuple[int, int]] = []
    for index, bar in enumerate(request.bars):
        if found and request.bars[index - 1].section == bar.section:
            found[-1] = (found[-1][0], index + 1)
        else:
            found.append((index, index + 1))
    return found


def _wanted(request: CueRequest, first: int, end: int) -> list[Role]:
    bars = request.bars[first:end]
    arousal = sum(bar.arousal for bar in bars) / len(bars)
    count = sorted(bar.layers for bar in bars)[len(bars) // 2]
    kind = section_character(bars)
    least = PERCUSSION_FROM.get(request.style, PERCUSSION_AROUSAL)
    usual = ENTRY_ORDER[request.style]
    special = MOVING_ORDER if kind == "neutral" else DRIVEN_ORDER if kind in ("drive", "chase") else {}
    # What fades in from nothing does so on a pad.
    order = usual if request.lead_in and first == 0 else special.get(request.style, usual)
    struck = request.drums and arousal >= least
    order = tuple(role for role in order if role != "percussion" or struck)
    return list(order[: _with_companions(request.style, order, count)])


def _with_companions(style: Style, order: Sequence[Role], layers: int) -> int:
    """How many roles so many layers are: the companions at the head of the order count once."""
    pair = TOGETHER.get(style, frozenset())
    return layers + 1 if layers and pair and set(order[:2]) == pair else layers


def plan_layers(request: CueRequest) -> LayerPlan:
    """The roles of every bar.

    A section has at most the layers asked for beneath its melody. At its start only one role more than
    before may enter (at the cue's start two, three from arousal .6, one where it fades in), then one every
    four bars; a turn hit on the section's downbeat opens all of them. Under speech two roles stay.
    """
    bars: list[tuple[Role, ...]] = []
    starts = request.tempo_map.bar_starts()
    turns = {hit.beat for hit in request.hits if hit.kind in ("turn", "in")}
    sounding: list[Role] = []
    for first, end in sections(request):
        wanted = _wanted(request, first, end)
        kept = [role for role in sounding if role in wanted]
        entering = [role for role in wanted if role not in kept]
        at_once = _entries_at_once(request, first, starts[first] in turns)
        for index in range(first, end):
            count = _with_companions(request.style, entering, at_once + (index - first) // ENTRY_BARS)
            sounding = kept + entering[:count]
            bars.append(tuple(sounding))
    return LayerPlan(_under_speech(request, bars))


def _entries_at_once(request: CueRequest, first: int, turn: bool) -> int:
    if first == 0:
        if request.lead_in:
            return 1
        return 3 if request.bars[0].arousal >= PERCUSSION_AROUSAL else 2
    return 4 if turn else 1


def _under_speech(request: CueRequest, bars: list[tuple[Role, ...]]) -> tuple[tuple[Role, ...], ...]:
    """Two roles under speech, and no role comes back between two lines for less than two bars."""
    spoken = [under_speech(bar) for bar in request.bars]
    for index in range(1, len(spoken) - 1):
        window = spoken[index : index + SHORTEST_RETURN_BARS + 1]
        if not spoken[index] and spoken[index - 1] and any(window):
            spoken[index] = True
    quiet = [role for role in ENTRY_ORDER[request.style] if role != "percussion"]
    return tuple(
        tuple(role for role in roles if role in quiet)[:SPEECH_ROLES] if silent else roles
        for roles, silent in zip(bars, spoken, strict=True)
    )
