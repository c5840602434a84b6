"""The learned style tag: eight families of the corpus, and which of them each style of Reelscore asks for."""

STYLE_TAGS: tuple[str, ...] = ("unknown", "orchestra", "quartet", "song", "piano", "game", "film", "folk")
UNKNOWN = 0
# Seven styles of the product, eight families of the corpus. There is no jazz in the corpus: noir asks for the
# late-romantic song (its chromatic harmony is nearest), and its colour comes from orchestration.
TAG_OF_STYLE: dict[str, int] = {
    "orchestral": 1,
    "chamber": 2,
    "noir_jazz": 3,
    "silent_piano": 4,
    "electronic_tension": 5,
    "ambient": 6,
    "folk_western": 7,
}
INSTRUMENT_CLASSES: tuple[str, ...] = (
    "unknown",
    "keys",
    "plucked",
    "strings",
    "winds",
    "brass",
    "voice",
    "synth",
)


def instrument_class(programme: int) -> int:
    """Index into INSTRUMENT_CLASSES of a General MIDI programme 0..127."""
    families = ((24, 1), (40, 2), (52, 3), (56, 6), (64, 5), (80, 4), (104, 7), (112, 2))
    return next((index for end, index in families if programme < end), 0)
