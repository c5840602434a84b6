"""Cards inside the programme: the main title, and placeholders for scenes that are missing.

Both are lettering on a plain ground.  Only circumstances tell them apart, so neither is surer than a half:
a title stands near the beginning and has sound, a placeholder stands in silence in a film that has sound.
"""

from collections.abc import Sequence
from typing import Final

from vision.analysis import Programme
from vision.cards import Card, find_cards
from vision.heads import Piece
from vision.measures import Rows
from vision.sound_curves import SoundCurves

CARD_LEAST_S: Final = 1.0
TITLE_LEAST_S, TITLE_MOST_S, TITLE_WITHIN = 2.0, 20.0, 1 / 3
SILENT, HEARD = 0.9, 0.5
"""Share of silent half seconds: of a placeholder at least, of the programme at most."""
SURE: Final = 0.5


def name_cards(
    rows: Rows, seconds: Sequence[float], second: int, programme: Programme, heard: SoundCurves
) -> list[Piece]:
    """Title and scene_missing pieces; seconds: each frame's time.

    The title is the card of the programme's first third with the most contrast, where it is held for two
    seconds.  A silent film's intertitles are neither.
    """
    if silence_share(heard, programme.start_s, programme.end_s) > HEARD:
        return []
    cards = [
        card for card in find_cards(rows, round(CARD_LEAST_S * second)) if _is_lettering(card, programme)
    ]
    spans = {card: (seconds[card.start], seconds[card.end - 1]) for card in cards}
    missing = [card for card in cards if silence_share(heard, *spans[card]) >= SILENT]
    titles = [card for card in cards if card not in missing and _may_be_title(card, spans[card], programme)]
    found = [Piece("scene_missing", card.start, card.end, SURE) for card in missing]
    if titles:
        title = max(
            titles, key=lambda card: (float(rows.deviation[card.start + 1 : card.end].mean()), -card.start)
        )
        found.append(Piece("title", title.start, title.end, SURE))
    return found


def silence_share(heard: SoundCurves, start_s: float, end_s: float) -> float:
    """Share of half seconds without sound whose middle lies in [start_s, end_s]; 0 where none does."""
    inside = (heard.sound_time_s >= start_s) & (heard.sound_time_s <= end_s)
    return float((heard.silence[inside] > 0.5).mean()) if inside.any() else 0.0


def _is_lettering(card: Card, programme: Programme) -> bool:
    inside = programme.first_frame <= card.start and card.end <= programme.last_frame + 1
    return inside and card.plain


def _may_be_title(card: Card, span_s: tuple[float, float], programme: Programme) -> bool:
    start_s, end_s = span_s
    early = start_s - programme.start_s <= TITLE_WITHIN * (programme.end_s - programme.start_s)
    return early and TITLE_LEAST_S <= end_s - start_s <= TITLE_MOST_S
