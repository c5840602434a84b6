"""Accompaniment from the stroke network: a cue's sections side by side, each bar from the one before it.

The generator proposes, the strokes are written as their bar asks: as many onsets, as high, as full. Of a few
draws the one is taken that comes nearest, whose rhythm the network expects, and in which no role is silent.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from composer.encoding.piano_roll import STEPS, TEXTURE_ROLES
from composer.encoding.style_tag import TAG_OF_STYLE
from composer.figures import OSTINATI
from composer.frame import Frame
from composer.grid import GridNote, LayerPlan, sorted_notes
from composer.layers import sections
from composer.networks.context import TextureContext, row
from composer.networks.texture_gan import BAR_SHARE, LATENT, SCENE_SHARE, TextureGenerator
from composer.notes import PITCHED, Role
from composer.stroke_choice import ROLE_OF
from composer.stroke_lanes import Asked
from composer.stroke_scene import Scene, Sound, begun_scene
from composer.stroke_step import stroke_stepper
from composer.stroke_wishes import BarWishes
from composer.stroke_writer import UNIFORMS, Draft, Judged, Written, write_bars
from composer.texture_step import TextureNow, texture_stepper
from composer.theory import mode_index
from composer.weights_file import Bank

TRIES = 4
FIRST_TRIES = 12  # a scene's first bar gives the groove
SURPRISE_COST, FIRST_SURPRISE_COST = 0.1, 1.0  # for each nat by which a rhythm is unlikely
SILENT_COST = 2.0  # for a role that is to play and does not
STEP_OF_A_LINE = 5  # semitones: what is wider is a leap


class TextureWriter:
    """Writes a cue's texture: bar k of every section at once."""

    def __init__(
        self,
        net: TextureGenerator,
        bank: Bank,
        frame: Frame,
        plan: LayerPlan,
        given: Mapping[Role, Sequence[GridNote]],
    ) -> None:
        self.net, self.strokes = texture_stepper(net), stroke_stepper(net)
        self.frame, self.plan, self.given = frame, plan, given
        self.request = frame.request
        self.wishes = BarWishes(frame, plan, given)
        self.sounds: list[Sound] = []

    def write(self, scenes: Sequence[Scene], place: int) -> None:
        """The bar `place` of every scene that has one."""
        lanes = [scene for scene in scenes if scene.first + place < scene.end]
        wishes = [self.wishes.of(scene, scene.first + place) for scene in lanes]
        bars = [
            self._now(scene, scene.first + place, wish.asked)
            for scene, wish in zip(lanes, wishes, strict=True)
        ]
        logits, drafts = [], []
        tries = TRIES if place else FIRST_TRIES
        for scene, wish, bar in zip(lanes, wishes, bars, strict=True):
            noise = scene.rng.standard_normal(LATENT).astype(np.float32)
            logits.append(self.net.logits(SCENE_SHARE * scene.latent + BAR_SHARE * noise, bar))
            uniform = scene.rng.random((tries, STEPS, UNIFORMS))
            drafts += [Draft(wish, one, scene.sounding, scene.previous) for one in uniform]
        told = self.strokes.told(np.stack(logits), bars).repeat(tries, 0)
        previous = np.stack([scene.previous for scene in lanes]).repeat(tries, 0)
        judged = write_bars(self.strokes, told, previous, drafts)
        for n, (scene, wish) in enumerate(zip(lanes, wishes, strict=True)):
            new = scene.kind in OSTINATI and not wish.manner.again
            costs = [self._cost(scene, place, one, new) for one in judged[n * tries : (n + 1) * tries]]
            self._take(scene, scene.first + place, judged[n * tries + int(np.argmin(costs))].written)

    def _cost(self, scene: Scene, place: int, judged: Judged, new_ostinato: bool) -> float:
        """How little a draft of a scene's bar is liked."""
        bar = scene.first + place
        cost = judged.off + (SURPRISE_COST if place else FIRST_SURPRISE_COST) * judged.surprise
        played = {PITCHED[ROLE_OF[row_index]] for _, row_index, _, _ in judged.written.strokes}
        wanted = {role for role in PITCHED if role in self.plan.bars[bar] and role not in self.given}
        leaps = _leaps(judged.written) if new_ostinato else 0.0
        return cost + SILENT_COST * len(wanted - played) + leaps

    def _now(self, scene: Scene, bar: int, wanted: Asked) -> TextureNow:
        request, asked = self.request, self.request.bars[bar]
        before = int(scene.previous[0].max(0).sum())
        start, end = self.frame.starts[bar], self.frame.starts[bar + 1]
        last = len(self.frame.steps) - 1
        first, second, following = (
            self.frame.steps[step].id(request.key_pc)
            for step in (start, min(start + 8, end - 1), min(end, last))
        )
        context = TextureContext(
            density=wanted.strokes / STEPS,
            register=wanted.register,
            polyphony=wanted.polyphony,
            dynamics=asked.dynamics,
            tension=asked.tension,
            arousal=asked.arousal,
            **{
                role: None if own is None else own / STEPS
                for role, own in zip(TEXTURE_ROLES, wanted.roles, strict=True)
            },
            same=None
            if wanted.matches is None
            else 1 - (wanted.strokes + before - 2 * wanted.matches) / STEPS,
        )
        return TextureNow(
            chords=(first, second, following),
            mode=mode_index(request.mode),
            style=TAG_OF_STYLE[request.style],
            context=row(context),
            previous=scene.previous,
        )

    def _take(self, scene: Scene, bar: int, written: Written) -> None:
        """A written bar as notes; those of the bars before go on as long as they did."""
        start, length = self.frame.starts[bar], self.frame.starts[bar + 1] - self.frame.starts[bar]
        kept: dict[int, Sound] = {}
        for row_index, steps in written.on.items():
            scene.open[row_index].steps += steps
            if steps >= min(length, STEPS) and row_index in written.sounding:
                kept[row_index] = scene.open[row_index]
        for step, row_index, pitch, steps in written.strokes:
            role = PITCHED[ROLE_OF[row_index]]
            stress = 0.3 if step == 0 else 0.0 if step % 4 == 0 else -0.3
            sound = Sound(role, start + step, pitch, steps, stress)
            self.sounds.append(sound)
            if step + steps >= min(length, STEPS) and row_index in written.sounding:
                kept[row_index] = sound
        for sound in kept.values():
            sound.steps += max(length - STEPS, 0)
        scene.open, scene.sounding, scene.previous = kept, written.sounding, written.roll

    def notes(self) -> dict[Role, tuple[GridNote, ...]]:
        """All that was written."""
        found: dict[Role, list[GridNote]] = {role: [] for role in PITCHED}
        for sound in self.sounds:
            found[sound.role].append(GridNote(sound.step, sound.pitch, sound.steps, sound.stress))
        return {role: sorted_notes(notes) for role, notes in found.items()}


def _leaps(written: Written) -> float:
    """What an ostinato costs that jumps about: semitones beyond a fourth between neighbours, on the mean."""
    line = {
        step: pitch
        for step, row_index, pitch, _ in written.strokes
        if PITCHED[ROLE_OF[row_index]] == "arpeggio"
    }
    pitches = [pitch for _, pitch in sorted(line.items())]
    leaps = [max(abs(b - a) - STEP_OF_A_LINE, 0) for a, b in pairwise(pitches)]
    return sum(leaps) / max(len(leaps), 1)


def neural_texture(
    net: TextureGenerator,
    bank: Bank,
    frame: Frame,
    plan: LayerPlan,
    given: Mapping[Role, Sequence[GridNote]],
) -> dict[Role, tuple[GridNote, ...]]:
    """Bass, pad and arpeggio of every bar before the out.  given: the roles that are written by rule."""
    writer = TextureWriter(net, bank, frame, plan, given)
    scenes = [
        begun_scene(frame.request, bank, first, end)
        for first, end in sections(frame.request)
        if first < frame.request.out_bar
    ]
    for place in range(max(scene.end - scene.first for scene in scenes)):
        writer.write(scenes, place)
    return {**writer.notes(), **{role: sorted_notes(notes) for role, notes in given.items()}}
