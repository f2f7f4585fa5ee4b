"""One answer while it is being made: its parts become a message of the tree, which a store keeps up to date."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from lollms_client.discussion.mending import mended_part
from lollms_client.discussion.message import LollmsMessage, Status, new_id
from lollms_client.errors import Cancelled, LollmsError
from lollms_client.types.chat import ChatAccumulator, ChatResult, StreamPart
from lollms_client.types.message import Part, ToolCallPart

if TYPE_CHECKING:
    from lollms_client.discussion.tree import MessageTree

SAVE_INTERVAL = 0.5  # seconds: what a crash can lose of an answer


class AnswerWriter:
    """Use it in a `with` block around the stream: `add` each part; the end of the block settles the message's status.

    A partial message stands in the tree from the beginning. In a store it is saved twice a second by a thread of its
    own, so that also what came before a long silence is kept.
    """

    def __init__(self, tree: MessageTree, message: LollmsMessage) -> None:
        self.message = message
        self.stopped = False
        self._tree = tree
        self._accumulator = ChatAccumulator()
        self._lock = threading.Lock()
        self._pending = False
        self._began = self._saved = time.monotonic()
        self._first: float | None = None
        self._over = threading.Event()
        self._failure: LollmsError | None = None
        self._thread = threading.Thread(target=self._keep_saving, daemon=True) if tree.is_lasting else None

    def __enter__(self) -> Self:
        if self._thread is not None:
            self._thread.start()
        return self

    def add(self, part: StreamPart) -> None:
        """Fold a part. Raises StoreFailed where the answer could not be saved."""
        with self._lock:
            if self._failure is not None:
                raise self._failure
            self._accumulator.add(part)
            self._pending = True
            if self._first is None:
                self._first = time.monotonic()
            if self._thread is None and time.monotonic() - self._saved >= SAVE_INTERVAL:
                self._show()

    def stop(self) -> None:
        """The application wants no more of it."""
        self.stopped = True

    @property
    def result(self) -> ChatResult:
        """What has been folded so far."""
        return self._accumulator.result()

    def _show(self) -> None:
        self.message.set_quietly(parts=self._accumulator.result().message.parts)
        self._pending = False
        self._saved = time.monotonic()

    def _keep_saving(self) -> None:
        while not self._over.wait(SAVE_INTERVAL):
            with self._lock:
                if self._pending and self._failure is None:
                    self._show()
                    try:
                        self._tree.keep_message(self.message)
                    except LollmsError as error:
                        self._failure = error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        result = self._accumulator.result()
        status, finish = self._outcome(error, result)
        self.message.set_quietly(
            parts=_with_ids(map(mended_part, result.message.parts)),
            status=status,
            finish=finish,
            error=_error_facts(error) if status == "failed" else None,
            usage=result.usage,
            warnings=result.warnings,
            model_name=result.model or self.message.model_name,
            metadata={**self.message.metadata, **self._timing()},
        )
        self._tree.keep_message(self.message)

    def _outcome(self, error: BaseException | None, result: ChatResult) -> tuple[Status, str | None]:
        if isinstance(error, Exception) and not isinstance(error, Cancelled):
            return "failed", "error"
        if error is not None or self.stopped:
            return "partial", "cancelled"
        if not self._accumulator.finished:
            return "partial", None
        return ("failed", "error") if result.finish == "error" else ("complete", result.finish)

    def _timing(self) -> dict[str, Any]:
        timing = {"seconds": round(time.monotonic() - self._began, 3)}
        if self._first is not None:
            timing["seconds_to_first_part"] = round(self._first - self._began, 3)
        return timing


def _error_facts(error: BaseException | None) -> dict[str, Any]:
    if isinstance(error, LollmsError):
        return error.as_dict()
    return {"status": "error", "code": "error", "message": str(error) if error else "the service reported an error"}


def _with_ids(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts, each call of a tool with an id of its own, also where a service gave none or the same to several."""
    made: list[Part] = []
    seen: set[str] = set()
    for part in parts:
        if isinstance(part, ToolCallPart):
            if not part.id or part.id in seen:
                part = msgspec.structs.replace(part, id=f"call_{new_id()}")
            seen.add(part.id)
        made.append(part)
    return tuple(made)
