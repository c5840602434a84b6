"""A cue from its request: legal whatever is asked, hits on their ticks, endings as asked, the same twice."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.compose import compose_cue
from composer.engine import Engine
from composer.grid import GridNote, LayerPlan
from composer.hits import end_tick, out_tick
from composer.layers import plan_layers, under_speech
from composer.notes import CueNotes, EngineName, Role
from composer.request import CueRequest, RequestedHit, ThemeCell
from composer.rules import RulesEngine
from composer.spotting import Ending, HitKind, Mode, Style
from composer.styles import STYLES
from composer.theory import Chord, chord_scale
from tests.composer.requests import MOODS, THEME, request

RULES = RulesEngine()
ENDINGS: tuple[Ending, ...] = ("close", "rest", "hang", "segue", "stop")
MODES: tuple[Mode, ...] = ("ionian", "mixolydian", "lydian", "dorian", "aeolian", "phrygian")
KINDS: tuple[HitKind, ...] = ("turn", "accent", "stop")


def assert_legal(asked: CueRequest, notes: CueNotes) -> None:
    """Every note inside the cue, playable, sorted, and never over its own pitch in its part."""
    last = end_tick(asked)
    ends: dict[tuple[int, int], int] = {}
    order = [(note.tick, note.part, note.pitch) for note in notes.notes]
    assert order == sorted(order)
    for note in notes.notes:
        assert 0 <= note.tick < note.tick + note.ticks <= last
        assert 0 <= note.pitch <= 127 and 1 <= note.velocity <= 127
        assert ends.get((note.part, note.pitch), 0) <= note.tick
        ends[note.part, note.pitch] = note.tick + note.ticks
    assert sum(not part.drums for part in notes.parts) <= 15
    assert all(0 <= control.tick <= last and 0 <= control.value <= 127 for control in notes.controls)


def assert_hits(asked: CueRequest, notes: CueNotes) -> None:
    """A note begins exactly at each hit's tick, or everything ends there."""
    for hit in asked.hits:
        tick = round(hit.beat * 960)
        if hit.kind == "stop":
            assert not any(note.tick < tick < note.tick + note.ticks for note in notes.notes)
        elif tick < end_tick(asked) and not _silenced(asked, tick):
            struck = [note for note in notes.notes if note.tick == tick]
            assert any(note.hit and note.grid_tick == tick for note in struck), hit


def _silenced(asked: CueRequest, tick: int) -> bool:
    return asked.ending in ("stop", "segue") and tick >= out_tick(asked)


@st.composite
def requests(draw: st.DrawFn) -> CueRequest:
    """Requests of all kinds, odd bars and crowded hits included."""
    bars_each = draw(st.integers(1, 6))
    moods = tuple(draw(st.lists(st.sampled_from(sorted(MOODS)), min_size=1, max_size=2)))
    total = bars_each * len(moods)
    odd = draw(st.dictionaries(st.integers(0, total - 1), st.sampled_from((2, 3, 5)), max_size=2))
    beats = draw(st.lists(st.integers(1, 8 * total), max_size=3, unique=True))
    hits = tuple(
        RequestedHit(beat=beat / 2, kind=draw(st.sampled_from(KINDS)), strength=0.7, required=True)
        for beat in sorted(beats)
    )
    found = request(
        moods,
        bars_each=bars_each,
        style=draw(st.sampled_from(tuple(STYLES))),
        mode=draw(st.sampled_from(MODES)),
        key=draw(st.sampled_from(("C", "F#", "Bb"))),
        ending=draw(st.sampled_from(ENDINGS)),
        melody=draw(st.sampled_from(("none", "cell", "theme", "fragment"))),
        theme=draw(st.sampled_from((None, THEME))),
        hits=hits,
        lead_in=draw(st.booleans()),
        speech_bars=tuple(draw(st.lists(st.integers(0, total - 1), max_size=3))),
        irregular=odd,
        seed=draw(st.integers(0, 1 << 40)),
        ring_bars=draw(st.integers(1, 2)),
    )
    last = found.tempo_map.bar_starts()[found.out_bar]
    return found.model_copy(update={"hits": tuple(hit for hit in hits if hit.beat < last)})


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(requests())
def test_any_request_gives_legal_notes_with_its_hits_and_a_first_downbeat(asked: CueRequest) -> None:
    notes = compose_cue(asked, RULES)
    assert_legal(asked, notes)
    assert_hits(asked, notes)
    assert any(note.tick == 0 for note in notes.notes)
    assert notes == compose_cue(asked, RULES)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(requests())
def test_every_pitched_note_is_in_the_sounding_chords_scale(asked: CueRequest) -> None:
    notes = compose_cue(asked, RULES)
    for note in notes.notes:
        if notes.parts[note.part].drums:
            continue
        beat = min(note.grid_tick / 960, asked.tempo_map.beats - 0.01)
        span = next(c for c in notes.chords if c.beat <= beat < c.beat + c.beats)
        chords = [
            Chord(span.root_pc, q) for q in QUALITIES if set(span.pitch_classes) == _pcs(span.root_pc, q)
        ]
        allowed = set().union(*(chord_scale(c, asked.key_pc, asked.mode) for c in chords)) | {asked.key_pc}
        assert note.pitch % 12 in allowed


QUALITIES = ("maj", "min", "7", "maj7", "min7", "sus4", "sus2", "dim", "dim7", "hdim", "aug", "minmaj7",
             "maj7#11", "add9", "power", "pedal")  # fmt: skip


def _pcs(root: int, quality: str) -> set[int]:
    return set(Chord(root, quality).pitch_classes)


@pytest.mark.parametrize("ending", ("close", "rest", "hang"))
def test_the_final_chord_is_struck_on_the_outs_downbeat_and_rings_to_the_end(ending: Ending) -> None:
    asked = request(("walk",), ending=ending, mode="dorian", key="A")
    notes = compose_cue(asked, RULES)
    out, last = out_tick(asked), end_tick(asked)
    after = [note for note in notes.notes if note.tick >= out]
    assert after and all(note.tick == out for note in after)
    assert max(note.tick + note.ticks for note in after) == last
    third = (asked.key_pc + 3) % 12
    sounding = {note.pitch % 12 for note in after}
    assert (third in sounding) == (ending == "close")
    lowest = min(note.pitch for note in after)
    assert ending == "hang" or lowest % 12 == asked.key_pc


@pytest.mark.parametrize("ending", ("stop", "segue"))
def test_everything_ends_at_the_out_of_a_stop_or_a_segue_and_something_ends_there(ending: Ending) -> None:
    asked = request(("chase",), ending=ending)
    ends = [note.tick + note.ticks for note in compose_cue(asked, RULES).notes]
    assert max(ends) == out_tick(asked)


def test_a_close_is_reached_from_another_chord() -> None:
    for seed in range(8):
        names = [c.root_pc for c in compose_cue(request(ending="close", seed=seed), RULES).chords]
        assert names[-1] == 2 and names[-2] != 2


def under_no_pedal(notes: CueNotes, start: int, end: int) -> bool:
    """Whether every pedal that goes down before `end` is up by `start`."""
    for part in range(len(notes.parts)):
        own = [c for c in notes.controls if c.part == part and c.controller == 64]
        downs, ups = ([c.tick for c in own if (c.value >= 64) == down] for down in (True, False))
        if any(down < end and up > start for down, up in zip(downs, ups, strict=True)):
            return False
    return True


@pytest.mark.parametrize("mood", ["walk", "drive"])
def test_under_speech_at_most_two_roles_sound_softly_and_no_note_is_held_in_the_voices_range(
    mood: str,
) -> None:
    for style in STYLES:
        spoken = (2, 3, 4, 5)
        asked = request((mood,), style=style, melody="cell", speech_bars=spoken)
        notes = compose_cue(asked, RULES)
        starts = [beat * 960 for beat in asked.tempo_map.bar_starts()]
        for bar in spoken:
            here = [n for n in notes.notes if starts[bar] <= n.grid_tick < starts[bar + 1]]
            assert len({notes.parts[n.part].role for n in here}) <= 2
            assert not any(notes.parts[n.part].role == "melody" for n in here)
            seconds = asked.tempo_map.time_s(starts[bar + 1] / 960) - asked.tempo_map.time_s(
                starts[bar] / 960
            )
            assert len({n.grid_tick for n in here}) <= 2 * seconds + 1
            assert not any(n.ticks > 1100 and 60 <= n.pitch <= 84 for n in here), style
            assert max((n.velocity for n in here), default=0) <= 56
            pedals = [c.value for c in notes.controls if c.controller == 64]
            assert not pedals or under_no_pedal(notes, starts[bar], starts[bar + 1])


def test_a_chase_has_more_notes_a_second_than_a_walk_and_a_walk_than_a_night() -> None:
    for style in STYLES:
        rates = []
        for mood in ("night", "walk", "chase"):
            asked = request((mood,), style=style)
            rates.append(len(compose_cue(asked, RULES).notes) / asked.length_s)
        assert rates[0] < rates[1] < rates[2], style


def test_no_drum_kit_plays_in_orchestral_or_chamber_style() -> None:
    for style in ("orchestral", "chamber"):
        notes = compose_cue(request(("chase",), bars_each=16, style=style), RULES)
        assert not any(part.drums for part in notes.parts)


def test_roles_enter_one_after_another() -> None:
    plan = plan_layers(request(("drive",), bars_each=16, lead_in=True))
    sizes = [len(roles) for roles in plan.bars]
    assert sizes[0] == 1 and max(sizes) == 3
    assert [i for i, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False)) if b > a] == [3, 7]


def test_below_c3_there_are_single_notes_or_octaves() -> None:
    for style in STYLES:
        notes = compose_cue(request(("walk", "drive"), style=style), RULES)
        for note in notes.notes:
            same = [n.pitch for n in notes.notes if n.grid_tick == note.grid_tick and n.pitch < 48
                    and notes.parts[n.part].role in ("bass", "pad")]  # fmt: skip
            assert len({pitch % 12 for pitch in same}) <= 1


def test_no_bars_speech_share_is_lost_between_request_and_layers() -> None:
    asked = request(("walk",), speech_bars=(1,))
    assert under_speech(asked.bars[1]) and not under_speech(asked.bars[0])


@dataclass(frozen=True)
class Faulty:
    """An engine whose texture or melody is what a sick model gives."""

    notes: tuple[GridNote, ...]
    name: EngineName = "neural"
    weights_sha256: str = ""

    def chords(self, request: CueRequest) -> tuple[Chord, ...]:
        return RULES.chords(request)

    def melody(self, request: CueRequest, chords: tuple[Chord, ...]) -> tuple[GridNote, ...]:
        return self.notes

    def texture(
        self, request: CueRequest, chords: tuple[Chord, ...], plan: LayerPlan
    ) -> Mapping[Role, tuple[GridNote, ...]]:
        return {"bass": self.notes, "pad": self.notes, "arpeggio": self.notes, "percussion": self.notes}

    def theme(self, mode: Mode, style: Style, seed: int) -> tuple[ThemeCell, ThemeCell]:
        return RULES.theme(mode, style, seed)


EVERY_NOTE = tuple(GridNote(step, pitch, 9999) for step in range(64) for pitch in range(128))
STUCK = tuple(GridNote(0, 60, 1 << 30) for _ in range(3))
OUTSIDE = (GridNote(-5, 300, 4), GridNote(1 << 20, -9, 0))


@pytest.mark.parametrize(
    "written", [(), EVERY_NOTE, STUCK, OUTSIDE], ids=("nothing", "all", "stuck", "outside")
)
def test_a_sick_model_is_repaired_and_the_finding_says_so(written: tuple[GridNote, ...]) -> None:
    asked = request(("walk",), melody="cell")
    engine: Engine = Faulty(written)
    notes = compose_cue(asked, engine)
    assert_legal(asked, notes)
    assert any(notes.parts[note.part].role == "pad" for note in notes.notes)
    assert notes.findings


def test_one_cues_seed_changes_that_cue_alone() -> None:
    one, other = request(uid="a"), request(uid="b")
    before = compose_cue(other, RULES)
    again = compose_cue(one.model_copy(update={"seed": 99}), RULES)
    assert again != compose_cue(one, RULES)
    assert compose_cue(other, RULES) == before
