"""Settings: every option and --set lands in its place or says what was meant."""

import pytest

from flows.settings import JobSettings, job_settings, setting_names
from vision.rejected import RejectedInput


def test_options_left_out_keep_their_defaults() -> None:
    assert job_settings({"seed": None, "composer.style": None}) == JobSettings()


def test_set_reaches_every_package_and_wins_over_the_option() -> None:
    settings = job_settings(
        {"composer.tone": "dark"},
        ["composer.tone=light", "render.loudness=ebu", "vision.threads=1", "seed=9"],
    )
    assert settings.composer.tone == "light"
    assert settings.render.loudness == "ebu"
    assert (settings.vision.threads, settings.seed) == (1, 9)


def test_set_takes_lists_and_nothing_at_all() -> None:
    settings = job_settings({}, ["composer.range_s=[1.5, 20]", "composer.key=null"])
    assert settings.composer.range_s == (1.5, 20.0) and settings.composer.key is None


@pytest.mark.parametrize(
    ("assignment", "meant"),
    [
        ("composer.stile=chamber", "composer.style"),
        ("stile=chamber", "composer.style"),
        ("composer.style=chambre", "chamber"),
        ("render.loudness=EBU", "ebu"),
        ("composer.takes=two", "integer"),
        ("seed", "key=value"),
    ],
)
def test_a_wrong_setting_says_what_was_meant(assignment: str, meant: str) -> None:
    with pytest.raises(RejectedInput, match=meant):
        job_settings({}, [assignment])


def test_every_named_setting_can_be_set_to_its_own_default() -> None:
    for name in setting_names():
        value: object = JobSettings().model_dump(mode="json")
        for part in name.split("."):
            assert isinstance(value, dict)
            value = value[part]
        assert job_settings({name: value}) == JobSettings()
