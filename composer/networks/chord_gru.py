"""The chord planner.

A GRU that reads the last chord and what is wanted, and gives the next chord's logits; what the piece did
before votes with it.
"""

import torch
from torch import Tensor, nn

from composer.encoding.chord import CHORD_COUNT, MODES, NO_CHORD, QUALITY_COUNT, ROOTS
from composer.encoding.style_tag import STYLE_TAGS
from composer.networks.context import ChordContext, width
from composer.networks.recall import Alphabet, Recall

START = CHORD_COUNT  # fed before the first chord
PHRASE = 16  # half bars in an eight-bar phrase
UNKNOWN_MODE = len(MODES)
_IDS = range(NO_CHORD)
# A chord is its root and quality; by class the roots alone match.
CHORDS = Alphabet(
    size=CHORD_COUNT,
    values=(*(i // QUALITY_COUNT for i in _IDS), -1, -1),
    colours=(*(i % QUALITY_COUNT for i in _IDS), QUALITY_COUNT, QUALITY_COUNT + 1),
    classes=(*(i // QUALITY_COUNT for i in _IDS), ROOTS, ROOTS + 1),
    octave=ROOTS,
    bar=2,
    history=128,
)


class ChordGRU(nn.Module):
    """About 0.4 M parameters. Chord ids are those of composer.encoding.chord, one step a half bar.

    Composing (chord_step.py): `state = stepper(net).start()`, then for each half bar
        state = stepper(net).after(now, context, state); logits = stepper(net).logits(state)
    previous: [B] long, chord id before (START at first).  phrase: [B] long, half bar within its phrase,
    0..15. mode: [B] long, index of MODES or UNKNOWN_MODE.  style: [B] long, index of STYLE_TAGS.
    context: [B, width(ChordContext)] float32, rows of `context.row`.
    logits: [B, 193] float32.
    """

    def __init__(self, hidden: int = 256, embedding: int = 96) -> None:
        super().__init__()
        self.hidden = hidden
        self.chord = nn.Embedding(CHORD_COUNT + 1, embedding)
        self.phrase = nn.Embedding(PHRASE, 16)
        self.mode = nn.Embedding(len(MODES) + 1, 12)
        self.style = nn.Embedding(len(STYLE_TAGS), 12)
        self.gru = nn.GRU(embedding + 40 + width(ChordContext), hidden, batch_first=True)
        self.dropout = nn.Dropout(0.4)
        self.head = nn.Linear(hidden, CHORD_COUNT)
        self.recall = Recall(CHORDS, hidden)

    def forward(
        self,
        previous: Tensor,
        phrase: Tensor,
        mode: Tensor,
        style: Tensor,
        context: Tensor,
        votes: Tensor,
        state: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """All inputs with a time axis: [B, T] long, context [B, T, C]; votes [B, T, 3, 193] of the past.

        votes: `self.recall.votes(previous)`, of the true chords where some of `previous` are hidden.
        Returns logits [B, T, 193] and the state.
        """
        parts = [self.chord(previous), self.phrase(phrase), self.mode(mode), self.style(style), context]
        out, state = self.gru(torch.cat(parts, -1), state)  # (B, T, H)
        out = self.dropout(out)
        return self.recall(self.head(out), out, votes), state
