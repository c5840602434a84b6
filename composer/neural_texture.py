"""Accompaniment from the conditional GAN, bar by bar, through the exact decoder.

The network says which steps and which degrees are likely; the request says how many. Pads take the
network's rhythm and lengths and the voicing's pitches, so that hands could play them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from composer.contour import Contour, contour_of, laid, shaped
from composer.encoding.piano_roll import ROLE_SLICE, ROWS, STEPS, row_pitch
from composer.encoding.style_tag import TAG_OF_STYLE
from composer.exact import Array, bisected, gumbel, line_at, step_logits, top_steps
from composer.exact_texture import onsets_asked
from composer.figures import PADS, SHAPES, Character, character, pulse, under_melody
from composer.frame import Frame, melody_floor
from composer.grid import GridNote, LayerPlan, sorted_notes
from composer.layers import sections, under_speech
from composer.networks.context import TextureContext, row
from composer.networks.texture_gan import BAR_SHARE, LATENT, SCENE_SHARE, TextureGenerator
from composer.notes import Role
from composer.request import STEPS_PER_BEAT, CueRequest, stage_seed
from composer.texture_step import TextureNow, texture_stepper
from composer.theory import chord_scale, mode_index, nearest_pitch
from composer.weights_file import TEXTURE_KINDS, Bank

GUMBEL_SCALE = 0.5
SAME_GROOVE = 0.95
REPEAT_COST = 2.0  # nats for the same pitch twice: a figure moves
LEAP_COST = 0.35  # nats for each semitone beyond a fifth between neighbours of a line
# Onsets a bar of the roles that do not carry the rhythm, by character.
BASS_ONSETS: dict[Character, int] = {"rest": 1, "neutral": 2, "tension": 2, "drive": 4, "chase": 6}
PAD_ONSETS: dict[Character, int] = {"rest": 1, "neutral": 1, "tension": 1, "drive": 2, "chase": 3}
# Which of the bank's textures a character takes, and among how many of the nearest in density.
LATENTS_OF: dict[Character, tuple[str, ...]] = {
    "rest": ("sparse", "block"),
    "neutral": ("broken", "block"),
    "tension": ("ostinato", "tremolo"),
    "drive": ("ostinato", "broken"),
    "chase": ("ostinato", "tremolo", "broken"),
}
NEAREST_LATENTS = 8
TURN_BARS = 4
# Where music is driven its figure is an ostinato: a shape that hands know, on steady eighths first.
OSTINATI: tuple[Character, ...] = ("drive", "chase")
STEADY = 16.0  # nats that a place of the pulse is worth then
STRUCK_STEPS = 3
FIGURE_STEP = 7.0
SPREAD: dict[Role, float] = {"bass": 3.0, "arpeggio": 7.0}  # semitones: how far a hand strays from its place
LONG_PAD: tuple[Character, ...] = ("rest", "neutral", "tension")

Roll = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Scene:
    """What a section keeps from bar to bar: its latent, character, shape, noise, and its grooves.

    grooves: onset steps by role, for each set of counts that a bar may ask for; contours: the figure's shape
    for each of its rhythms. Both are filled as bars are written.
    """

    first: int
    kind: Character
    latent: Roll
    shape: tuple[float, ...]
    step_noise: Mapping[str, Array]
    row_noise: Mapping[str, Array]
    grooves: dict[tuple[int, ...], dict[str, list[int]]] = field(default_factory=dict)
    contours: dict[tuple[int, ...], Contour] = field(default_factory=dict)


class TextureWriter:
    """Writes a cue's texture bars in order, each from the bar before."""

    def __init__(
        self,
        net: TextureGenerator,
        bank: Bank,
        frame: Frame,
        plan: LayerPlan,
        given: Mapping[Role, Sequence[GridNote]],
    ) -> None:
        self.net, self.bank, self.frame, self.plan = texture_stepper(net), bank, frame, plan
        self.request = frame.request
        self.rng = np.random.default_rng(stage_seed(self.request, "texture"))
        self.given = given
        roles: tuple[Role, ...] = ("bass", "pad", "arpeggio")
        self.notes: dict[Role, list[GridNote]] = {role: list(given.get(role, ())) for role in roles}
        self.previous: Roll = np.zeros((2, ROWS, STEPS), np.float32)
        self.last_centre: float | None = None

    def scene(self, first: int, end: int) -> Scene:
        """Draw a section's latent (from the bank of its character, where there is one) and its noise."""
        bars = self.request.bars[first:end]
        kind = character(
            sum(bar.arousal for bar in bars) / len(bars), sum(bar.tension for bar in bars) / len(bars)
        )
        density = sum(bar.density for bar in bars) / len(bars) / STEPS_PER_BEAT
        drawn = self._latent(kind, density)
        noise = {role: GUMBEL_SCALE * gumbel(self.rng, (STEPS,)) for role in ROLE_SLICE}
        rows = {
            role: GUMBEL_SCALE * gumbel(self.rng, (part.stop - part.start, STEPS))
            for role, part in ROLE_SLICE.items()
        }
        shapes = SHAPES[kind]
        shape = shapes[int(self.rng.random() * len(shapes))]
        return Scene(first, kind, drawn, shape, noise, rows)

    def _latent(self, kind: Character, density: float) -> Roll:
        """One of the bank's latents that play what this character plays, among the nearest in density."""
        wanted = [TEXTURE_KINDS.index(name) for name in LATENTS_OF[kind]]
        fits = [i for i, tag in enumerate(self.bank.tags.tolist()) if tag in wanted]
        fits.sort(key=lambda i: (abs(float(self.bank.densities[i]) - density), i))
        pick = int(self.rng.random() * min(NEAREST_LATENTS, len(fits)))
        latent: Roll = self.bank.latents[fits[pick]].numpy()
        return latent

    def write(self, scene: Scene, bar: int, new: bool) -> None:
        """One bar: logits from the network, then exactly as many onsets as asked for."""
        if new:
            self.previous = np.zeros_like(self.previous)
        counts = self._counts(scene, bar)
        noise = self.rng.standard_normal(LATENT).astype(np.float32)
        now = self._now(bar, counts, None if new else SAME_GROOVE)
        logits = self.net.logits(SCENE_SHARE * scene.latent + BAR_SHARE * noise, now)
        steps = min(self.frame.starts[bar + 1] - self.frame.starts[bar], STEPS)
        self.previous = np.zeros_like(self.previous)
        carried = self._groove(scene, bar, logits, counts, steps)
        for role in ("bass", "pad", "arpeggio"):
            if counts[role] and role not in self.given:
                self._role(scene, role, bar, logits, carried[role], steps)

    def _counts(self, scene: Scene, bar: int) -> dict[str, int]:
        """Onset steps of each role: the carrier (figure, else bass, else pad) has the density asked for."""
        asked = self.request.bars[bar]
        spoken = under_speech(asked)
        whole = onsets_asked(self.frame, bar)
        sounding = self.plan.bars[bar]
        counts = {"bass": BASS_ONSETS[scene.kind], "pad": PAD_ONSETS[scene.kind], "arpeggio": whole}
        if spoken:
            counts |= {"bass": 1, "pad": 1}
        if "arpeggio" not in sounding and "bass" in sounding and not spoken:
            counts["bass"] = whole
        elif set(sounding) <= {"pad", "percussion"} and scene.kind != "rest":
            counts["pad"] = whole
        return {role: min(count, whole) if role in sounding else 0 for role, count in counts.items()}

    def _now(self, bar: int, counts: Mapping[str, int], same: float | None) -> TextureNow:
        request, asked = self.request, self.request.bars[bar]
        start, end = self.frame.starts[bar], self.frame.starts[bar + 1]
        last = len(self.frame.steps) - 1
        first, second, following = (
            self.frame.steps[step].id(request.key_pc)
            for step in (start, min(start + 8, end - 1), min(end, last))
        )
        density = max(counts.values()) / STEPS
        context = TextureContext(
            density=density,
            register=(asked.register - 60) / 12,
            polyphony=asked.polyphony / 8,
            rhythm=None,
            dynamics=asked.dynamics,
            tension=asked.tension,
            arousal=asked.arousal,
            same=same,
            bass=counts["bass"] / STEPS,
            pad=counts["pad"] / STEPS,
            arpeggio=counts["arpeggio"] / STEPS,
        )
        return TextureNow(
            chords=(first, second, following),
            mode=mode_index(request.mode),
            style=TAG_OF_STYLE[request.style],
            context=row(context),
            previous=self.previous,
        )

    def _groove(
        self, scene: Scene, bar: int, logits: Array, counts: Mapping[str, int], steps: int
    ) -> dict[str, list[int]]:
        """The scene's groove for these counts; every fourth bar turns it by the network's own onsets.

        Without it adjacent bars of the prototype were less alike than real ones (.78-.85 against .89).
        """
        key = (*(counts[role] for role in ("bass", "pad", "arpeggio")), steps)
        turns = (bar - scene.first) % TURN_BARS == TURN_BARS - 1
        if turns or key not in scene.grooves:
            found = self._carried(scene, logits, counts, steps)
            scene.grooves.setdefault(key, found)
            return found
        return scene.grooves[key]

    def _carried(
        self, scene: Scene, logits: Array, counts: Mapping[str, int], steps: int
    ) -> dict[str, list[int]]:
        """Onset steps of each role; the others begin only where the carrier does, so density stays exact."""
        carrier = next((role for role in ("arpeggio", "bass", "pad") if counts[role]), None)
        found: dict[str, list[int]] = {"bass": [], "pad": [], "arpeggio": []}
        if carrier is None:
            return found
        likely = {role: step_logits(logits[0, part]) for role, part in ROLE_SLICE.items()}
        # A bar that does not begin with its beat is a gap: the first step always belongs to the carrier.
        places = likely[carrier]
        if scene.kind in OSTINATI:
            places = places + STEADY * pulse(places)
        rest = top_steps(places, scene.step_noise[carrier], counts[carrier] - 1, range(1, steps))
        found[carrier] = [0, *rest]
        for role in ("bass", "pad"):
            if role != carrier and counts[role]:
                allowed = [step for step in found[carrier] if step]
                more = top_steps(likely[role], scene.step_noise[role], counts[role] - 1, allowed)
                found[role] = [0, *more]
        return found

    def _role(
        self,
        scene: Scene,
        role: Role,
        bar: int,
        logits: Array,
        onsets: list[int],
        steps: int,
    ) -> None:
        start = self.frame.starts[bar]
        end = self.frame.starts[bar + 1]
        changes = [v.start - start for v in self.frame.within(start, end)]
        if role in ("pad", "bass"):
            onsets = sorted({*onsets, *(step for step in changes if step < steps)})
        part = ROLE_SLICE[role]
        lengths = self._lengths(scene, role, logits[1, part], onsets, end - start)
        pitches = self._pitches(scene, role, logits[0, part], onsets, lengths, start)
        for onset, length, chosen in zip(onsets, lengths, pitches, strict=True):
            stress = 0.3 if onset == 0 else 0.0 if onset % 4 == 0 else -0.3
            for pitch in chosen:
                note = GridNote(start + onset, pitch, length, stress)
                self.notes[role].append(note)
                self._remember(role, onset, length, start, pitch)

    def _pitches(
        self, scene: Scene, role: Role, logits: Array, onsets: list[int], lengths: list[int], start: int
    ) -> list[list[int]]:
        if role == "pad":
            return [list(self.frame.at(start + onset).pad) for onset in onsets]
        bar = self.frame.bar_of(start)
        low, high = self.frame.role_range(role, bar)
        if role == "arpeggio" and under_melody(scene.kind, self.request.bars[bar]):
            high = min(high, max(melody_floor(self.request, bar) - 1, low + 14))
        heights = np.array([self._heights(role, start + onset) for onset in onsets], float).T  # (R, N)
        scores = logits[:, onsets] + scene.row_noise[role][:, onsets]
        if role == "bass":
            self._only_bass(scores, heights, onsets, start)
            place = np.array([float(self.frame.at(start + onset).bass) for onset in onsets])
        else:
            figure = [GridNote(start + on, 0, steps) for on, steps in zip(onsets, lengths, strict=True)]
            centre = self.frame.figure_centre(bar, figure, self.notes["bass"], self.notes["pad"])
            centre = self._near(scene, bar, min(max(centre, low + 6.0), high - 6.0))
            place = np.full(len(onsets), centre)
            kept = self._kept(scene, bar, onsets)
            if kept is not None:
                return [[pitch] for pitch in self._laid(kept, onsets, start, centre, low, high)]
        scores -= (heights - place) ** 2 / (2 * SPREAD[role] ** 2)
        scores[(heights < low) | (heights > high)] = -1e9
        found: list[list[int]] = []
        repeats = REPEAT_COST if role == "arpeggio" else 0.0
        lines = line_at(scores, heights, float(place.mean()), LEAP_COST, repeats)
        for n, row_index in enumerate(lines):
            step = start + onsets[n]
            scale = chord_scale(self.frame.steps[step], self.request.key_pc, self.request.mode)
            found.append([nearest_pitch(heights[row_index, n], scale, low, high)])
        if role == "arpeggio":
            line = [pitch for [pitch] in found]
            contour = contour_of(
                line,
                [self.frame.steps[start + onset] for onset in onsets],
                [onset % 4 == 0 for onset in onsets],
            )
            scene.contours.setdefault(tuple(onsets), contour)
            return [[pitch] for pitch in self._laid(contour, onsets, start, centre, low, high)]
        return found

    def _near(self, scene: Scene, bar: int, centre: float) -> float:
        """Where the figure lies, no more than a fifth from where it lay in its scene's bar before."""
        if bar > scene.first and self.last_centre is not None:
            centre = min(max(centre, self.last_centre - FIGURE_STEP), self.last_centre + FIGURE_STEP)
        self.last_centre = centre
        return centre

    def _kept(self, scene: Scene, bar: int, onsets: list[int]) -> Contour | None:
        """The shape that the scene's figure has on this rhythm; none yet, or every fourth bar a new one.

        An ostinato has its own shape, whatever the rhythm, and every fourth bar climbs in its second half.
        """
        if scene.kind in OSTINATI:
            climbs = (bar - scene.first) % TURN_BARS == TURN_BARS - 1
            return shaped(scene.shape, onsets, climbs)
        turns = (bar - scene.first) % TURN_BARS == TURN_BARS - 1
        return None if turns else scene.contours.get(tuple(onsets))

    def _laid(
        self, contour: Contour, onsets: list[int], start: int, place: float, low: int, high: int
    ) -> list[int]:
        chords = [self.frame.steps[start + onset] for onset in onsets]
        scales = [chord_scale(chord, self.request.key_pc, self.request.mode) for chord in chords]
        return laid(contour, chords, scales, place, low, high)

    def _only_bass(self, logits: Array, heights: Array, onsets: list[int], start: int) -> None:
        """Where a chord begins the bass has its lowest tone, on beats that or the fifth: a bass that hops to
        thirds reads as a second tune. Passing tones are for weak beats."""
        for n, onset in enumerate(onsets):
            here = self.frame.at(start + onset)
            firm = {here.chord.root, (here.chord.root + 7) % 12} & set(here.chord.pitch_classes)
            tones = firm | {here.chord.bass_pc}
            own = onset == 0 or here.start == start + onset or here.chord.bass is not None
            allowed = {here.chord.bass_pc} if own else tones
            wrong = np.array([int(height) % 12 not in allowed for height in heights[:, n]])
            if not wrong.all() and (own or onset % 4 == 0):
                logits[wrong, n] = -1e6

    def _heights(self, role: Role, step: int) -> tuple[int, ...]:
        number = self.frame.steps[step].id(self.request.key_pc)
        return _row_pitches(role, number, mode_index(self.request.mode), self.request.key_pc)

    def _lengths(self, scene: Scene, role: Role, hold: Array, onsets: list[int], bar: int) -> list[int]:
        """How long each onset is held: to the next one where holds are likely, a hold offset for polyphony.

        Calm pads and basses are held through: their players breathe at the phrase's end.
        """
        ends = [*onsets[1:], bar]
        gaps = [end - onset for onset, end in zip(onsets, ends, strict=True)]
        if role == "pad" and PADS[self.request.style][scene.kind] != "sustain":
            return [min(gap, STRUCK_STEPS) for gap in gaps]
        if role == "pad" or (role == "bass" and scene.kind in LONG_PAD):
            return gaps
        best = hold.max(axis=0)  # (16,) the surest held row at each step
        wanted = {"bass": 0.8, "arpeggio": 0.7}[role] * sum(gaps)

        def lengths(offset: float) -> list[int]:
            found: list[int] = []
            for onset, gap in zip(onsets, gaps, strict=True):
                length = 1
                while length < gap and best[min(onset + length, STEPS - 1)] + offset > 0:
                    length += 1
                found.append(length)
            return found

        offset = bisected(lambda value: float(sum(lengths(value))), wanted, -12.0, 12.0)
        return lengths(offset)

    def _remember(self, role: Role, onset: int, length: int, start: int, pitch: int) -> None:
        """The bar as a roll, for the bar that follows."""
        if onset >= STEPS:
            return
        number = self.frame.steps[start + onset].id(self.request.key_pc)
        nearest = _nearest_row(role, number, mode_index(self.request.mode), self.request.key_pc, pitch)
        self.previous[0, nearest, onset] = 1.0
        self.previous[1, nearest, onset + 1 : min(onset + length, STEPS)] = 1.0


@lru_cache(maxsize=8192)
def _row_pitches(role: Role, chord: int, mode: int, key_pc: int) -> tuple[int, ...]:
    """The pitch of each of a role's rows over a chord."""
    part = ROLE_SLICE[role]
    return tuple(row_pitch(r, chord, mode, key_pc) for r in range(part.start, part.stop))


@lru_cache(maxsize=65536)
def _nearest_row(role: Role, chord: int, mode: int, key_pc: int, pitch: int) -> int:
    """The row of a roll that stands for a pitch in a role over a chord: the nearest, the lower on a tie."""
    heights = _row_pitches(role, chord, mode, key_pc)
    nearest = min(range(len(heights)), key=lambda row: abs(heights[row] - pitch))
    return int(ROLE_SLICE[role].start) + nearest


def neural_texture(
    net: TextureGenerator,
    bank: Bank,
    frame: Frame,
    plan: LayerPlan,
    given: Mapping[Role, Sequence[GridNote]],
) -> dict[Role, tuple[GridNote, ...]]:
    """Bass, pad and arpeggio of every bar before the out.  given: the roles that are written by rule."""
    writer = TextureWriter(net, bank, frame, plan, given)
    request: CueRequest = frame.request
    for first, end in sections(request):
        scene = writer.scene(first, end)
        for bar in range(first, min(end, request.out_bar)):
            writer.write(scene, bar, new=bar == first)
    return {role: sorted_notes(found) for role, found in writer.notes.items()}
