"""From an error to a message of one or two lines on the error output, and to an exit code."""

from __future__ import annotations

import json
import sys

from lollms_client import errors
from lollms_client.cli.terminal import visible
from lollms_client.secret import redact, redact_data, words_of

FAILED, USAGE, MISSING, INTERRUPTED = 1, 2, 3, 130
_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (errors.MissingKey, MISSING),
    (errors.MissingDependency, MISSING),
    (errors.MissingAsset, MISSING),
    (errors.BindingLoadFailed, FAILED),
    (errors.ConfigurationError, USAGE),
    (errors.Cancelled, INTERRUPTED),
)


def exit_code(error: BaseException) -> int:
    """2 for wrong usage or settings, 3 for what is missing, 130 for a cancelled call, else 1."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)


def report(error: BaseException, *, as_json: bool = False, debug: bool = False) -> int:
    """Tell an error on the error output, secrets masked, and return the exit code."""
    if debug:
        import traceback

        print(redact("".join(traceback.format_exception(error))), file=sys.stderr)
    if as_json and isinstance(error, errors.LollmsError):
        facts = {**error.as_dict(), "message": _in_options(error.as_dict()["message"])}
        print(json.dumps(redact_data(facts), ensure_ascii=False, default=str), file=sys.stderr)
    elif as_json:
        facts = {"status": "error", "message": _message(error), "code": "unexpected", "retryable": False}
        print(json.dumps(facts, ensure_ascii=False), file=sys.stderr)
    else:
        print(f"error: {_message(error)}", file=sys.stderr)
    return exit_code(error)


def _message(error: BaseException) -> str:
    text = visible(words_of(error)).strip()
    if isinstance(error, errors.LollmsError):
        return _in_options(text) or type(error).__name__
    if isinstance(error, OSError):
        return text
    return f"{type(error).__name__}: {redact(text) or 'no explanation'} (please report it; --debug shows where)"


def _in_options(text: str) -> str:
    """A message with the command's option in place of the argument that it stands for."""
    return text.replace("the time limit `total`", "`--timeout`")
