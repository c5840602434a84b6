"""What can be known to fail before the long work begins: directions, weights and font are looked at first."""

from flows.job import Job
from flows.line_compose import engine, engine_name
from flows.weights import font_facts, synth_name, weights_sha256


def admit(job: Job) -> None:
    """Raise RejectedInput where something that the user named can't be used."""
    from composer.directions import read_directions

    settings = job.settings
    read_directions(settings.directions, settings.directions_name)
    weights_sha256(engine_name(job), settings.composer.weights)
    if settings.composer.weights is not None:
        engine(engine_name(job), settings.composer.weights)
    font_facts(settings.render.soundfont)
    synth_name(settings.render)
