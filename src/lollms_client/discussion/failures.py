"""What can go wrong with a conversation, beyond the errors that every part of the package has."""

from __future__ import annotations

from lollms_client.errors import CallError, ConfigurationError


class UnknownMessage(ConfigurationError, KeyError):
    """The conversation has no message (and so no branch) of that id."""

    code = "unknown_message"


class UnknownDiscussion(ConfigurationError, KeyError):
    """The store has no discussion of that id."""

    code = "unknown_discussion"


class UnknownFormat(ConfigurationError, ValueError):
    """No export or import format of that name; the message names those there are."""

    code = "unknown_format"


class BadConversation(ConfigurationError, ValueError):
    """What was given cannot be read as a conversation, or would break its tree; the message says where."""

    code = "bad_conversation"


class StoreFailed(CallError):
    """The database refused, is unreachable, or is not one of ours; the cause is chained."""

    code = "store_failed"


class WrongKey(ConfigurationError):
    """The encryption key does not open this store, or what is stored was changed by someone without it."""

    code = "wrong_key"
