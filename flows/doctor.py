"""What a machine has and lacks for scoring, each lack with the way to mend it."""

import os
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from vision.artifact import Frozen
from vision.process import ToolFailed, ffmpeg_path, run_tool
from vision.rejected import RejectedInput

INSTALL = "run `make install` in the project's folder"


class Finding(Frozen):
    """optional: scoring works without it.  remedy: how to get it, or something better; empty where fine."""

    part: str
    ok: bool
    seen: str
    remedy: str = ""
    optional: bool = False


def examine() -> tuple[Finding, ...]:
    """Look at every part that the line needs, without touching the network."""
    return tuple(look() for look in (_installed, _ffmpeg, _speech, _synth, _font, _weights, _device, _engine))


def _installed() -> Finding:
    missing = [name for name in ("av", "cv2", "numpy", "torch", "moviepy", "mido") if find_spec(name) is None]
    if missing:
        return Finding(part="installed", ok=False, seen=f"missing {', '.join(missing)}", remedy=INSTALL)
    return Finding(
        part="installed", ok=True, seen=f"reelscore {version('reelscore')}, {os.cpu_count()} cores"
    )


def _ffmpeg() -> Finding:
    try:
        said = run_tool([ffmpeg_path(), "-version"], timeout_s=30).stdout.decode("utf-8", "replace")
    except (ToolFailed, RuntimeError, OSError) as error:
        return Finding(part="ffmpeg", ok=False, seen=str(error), remedy=INSTALL)
    return Finding(part="ffmpeg", ok=True, seen=" ".join(said.split()[:3]))


def _speech() -> Finding:
    spec = find_spec("silero_vad")
    found = spec is not None and find_spec("onnxruntime") is not None
    seen = f"silero-vad {_version('silero-vad')} on onnxruntime {_version('onnxruntime')}"
    return Finding(part="speech model", ok=found, seen=seen, remedy="" if found else INSTALL)


def _synth() -> Finding:
    if find_spec("tinysoundfont") is None:
        remedy = f"{INSTALL}; by hand: pip install --no-deps tinysoundfont==0.3.7 (its pyaudio is never used)"
        return Finding(part="synth", ok=False, seen="tinysoundfont is not installed", remedy=remedy)
    return Finding(part="synth", ok=True, seen=f"tinysoundfont {_version('tinysoundfont')}")


def _font() -> Finding:
    if find_spec("tinysoundfont") is None:
        return Finding(part="soundfont", ok=False, seen="needs the synth", remedy=INSTALL)
    from flows.weights import font_facts

    try:
        font = font_facts(None)
    except RejectedInput as rejection:
        return Finding(part="soundfont", ok=False, seen=rejection.reason, remedy=rejection.remedy)
    better = "a better one, where you may: apt install musescore-general-soundfont, or --soundfont FILE"
    return Finding(
        part="soundfont",
        ok=True,
        seen=f"{font.name} ({font.licence}, sha256 {font.sha256[:12]})",
        remedy=better if font.embedded else "",
    )


def _weights() -> Finding:
    from flows.weights import SHIPPED, weights_sha256

    files = sorted(path.name for path in SHIPPED.glob("*.safetensors"))
    if not files:
        return Finding(
            part="weights", ok=False, seen=f"none in {SHIPPED}", remedy="reinstall, or `reelscore train`"
        )
    return Finding(
        part="weights", ok=True, seen=f"{', '.join(files)} (sha256 {weights_sha256('neural', None)[:12]})"
    )


def _device() -> Finding:
    if find_spec("torch") is None:
        return Finding(part="device", ok=False, seen="torch is not installed", remedy=INSTALL)
    import torch

    name = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "CPU"
    return Finding(part="device", ok=True, seen=f"torch {torch.__version__} on {name}")


def _engine() -> Finding:
    found = find_spec("prefect") is not None
    seen = f"prefect {_version('prefect')}" if found else "prefect is not installed"
    return Finding(part="flow engine", ok=found, seen=seen, remedy="" if found else INSTALL, optional=True)


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "(not installed)"
