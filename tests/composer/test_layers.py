"""Which roles may sound, bar by bar."""

from composer.layers import plan_layers
from tests.composer.requests import request


def test_a_chase_has_percussion_unless_a_direction_forbids_it() -> None:
    chase = request(("chase",), bars_each=12)
    assert any("percussion" in roles for roles in plan_layers(chase).bars)
    without = plan_layers(chase.model_copy(update={"drums": False}))
    assert not any("percussion" in roles for roles in without.bars)
    assert any(len(roles) >= 3 for roles in without.bars)


def test_a_bar_under_speech_keeps_two_roles_at_most() -> None:
    layers = plan_layers(request(("chase",), bars_each=12, speech_bars=(4, 5, 6)))
    assert all(len(layers.bars[index]) <= 2 for index in (4, 5, 6))
