"""What can be wrong with a recording."""

from __future__ import annotations

from lollms_client.errors import ConfigurationError


class BadRecording(ConfigurationError):
    """A recording cannot be read, or a call cannot be written into it."""

    code = "bad_recording"


class NotRecorded(ConfigurationError):
    """The recording holds no such call; the message names the nearest one and what differs."""

    code = "not_recorded"
