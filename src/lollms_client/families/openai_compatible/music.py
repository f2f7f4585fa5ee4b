"""Music on the wires that servers beside OpenAI's own routes offer: a description in, the sound's bytes out.

OpenAI has no such route. Wires: the servers' own documents, named in their manifests.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lollms_client.families.openai_compatible.media import MediaBinding
from lollms_client.families.openai_compatible.parameters import Parameters
from lollms_client.lollms_ttm_binding import LollmsTTMBinding
from lollms_client.types.accounting import Usage
from lollms_client.types.music import MusicRequest, MusicResult

_COMMON = (
    "negative_prompt",
    "lyrics",
    "seconds",
    "tempo",
    "key",
    "instrumental",
    "seed",
    "output_format",
)
_IN_WORDS = ("genre", "mood", "instruments", "tempo", "key", "instrumental")


class MusicQuirks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs between servers that make music; `service: quirks: media:` of a ttm manifest."""

    route: str
    text_field: str = "input"
    model_field: str = "model"
    needs_model: bool = False
    whole_tempo: bool = False  # the tempo is a whole number


class OpenAIMusicBinding(MediaBinding, LollmsTTMBinding):
    """A server that makes music or sounds from a description."""

    async def music_flow(self, request: MusicRequest) -> MusicResult:
        """Make music."""
        quirks = self.media_quirks(MusicQuirks)
        model = self.model_of(request, needed=quirks.needs_model)
        parameters = Parameters(self, request, "generate_music", model)
        body: dict[str, Any] = {quirks.model_field: model} if model else {}
        body[quirks.text_field] = _described(request, parameters)
        names = [name for name in _COMMON if name not in _IN_WORDS or name in parameters.declared]
        body.update(parameters.common({name: name for name in names}))
        body.update(parameters.own())
        parameters.drop(
            ("audio",) if "audio" not in parameters.declared else (), "the server makes music from words only"
        )
        tempo = parameters.wire_name("tempo")
        if quirks.whole_tempo and isinstance(body.get(tempo), float):
            body[tempo] = round(body[tempo])
        body = self.finished_body("music", body, request)
        audio = await self.media(self.patient(self.request("POST", self.path(quirks.route, model), json=body)), "audio")
        return MusicResult(
            audio=audio,
            seed=request.seed if "seed" in body else None,
            usage=Usage(characters=len(request.prompt)),
            warnings=tuple(parameters.warnings),
            model=model or None,
        )


def _described(request: MusicRequest, parameters: Parameters) -> str:
    """The prompt, with what the server has no field for in words."""
    words = [request.prompt]
    for name in _IN_WORDS:
        value = getattr(request, name)
        if value in (None, (), False) or name in parameters.declared:
            continue
        words.append(_in_words(name, value))
        parameters.warn("replaced", name, "the server has no field for it, so it is said in the prompt")
    return ", ".join(word for word in words if word)


def _in_words(name: str, value: Any) -> str:
    if name == "instrumental":
        return "instrumental"
    if name == "tempo":
        return f"{value:g} bpm"
    if name == "key":
        return f"in {value}"
    return f"with {', '.join(value)}" if name == "instruments" else str(value)
