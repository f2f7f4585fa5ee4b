"""Composes and synthesises instrumental music from a prompt, without a neural model."""

from lollms_client.engines.music.composer import FORMATS, MODELS, make_music

__all__ = ["FORMATS", "MODELS", "make_music"]
