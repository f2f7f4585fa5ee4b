"""The events of a streamed image: partial images on the way, and the reply that they end in.

Wire: https://platform.openai.com/docs/api-reference/images-streaming and OpenAI's API document as of 2026-08-21.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lollms_client import errors
from lollms_client.families.openai_compatible.media import media_from_base64
from lollms_client.types.accounting import Progress
from lollms_client.types.media import Media


class ImageStream:
    """Takes events one after the other; `finish` gives what a reply that was not streamed would have held."""

    def __init__(self, expected: int) -> None:
        self.partials: list[Media] = []
        self._expected = expected
        self._done: list[Mapping[str, Any]] = []
        self._text: list[str] = []

    def take(self, value: Any) -> Progress | None:
        """One decoded event; progress to report, None where there is none. Unknown events are passed over."""
        if not isinstance(value, Mapping):
            return None
        kind = str(value.get("type") or "")
        if kind.endswith(".partial_image") and value.get("b64_json"):
            self.partials.append(media_from_base64(value["b64_json"]))
            number = len(self.partials)
            return Progress(
                fraction=number / (max(number, self._expected) + 1), stage="partial image", detail=str(number)
            )
        if kind.endswith(".completed") or isinstance(value.get("data"), list):
            self._done.append(value)
            return Progress(fraction=1.0, stage="image")
        if isinstance(value.get("delta"), str):
            self._text.append(value["delta"])
        return None

    def finish(self) -> dict[str, Any]:
        """The reply. Raises BadReply where the stream ended before an image was complete."""
        if not self._done:
            raise errors.BadReply(
                "the service's stream broke off before the image was complete", partial_images=len(self.partials)
            )
        rows: list[Any] = []
        for value in self._done:
            rows.extend(value["data"] if isinstance(value.get("data"), list) else [value])
        last = self._done[-1]
        return {
            **last,
            "data": rows,
            "created": last.get("created_at") or last.get("created"),
            "text": "".join(self._text),
        }
