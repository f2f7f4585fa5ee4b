"""A conversation beside its tree: its prompt, people and facts, and what of it goes out to models and to people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from lollms_client.discussion.exporting import OPENED_BY_THE_USER, PROMPT_FORMATS, check_format, export_branch
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.soundness import sound_state
from lollms_client.discussion.state import DiscussionState, people
from lollms_client.discussion.tree import MessageTree
from lollms_client.discussion.turns import OPENING, to_turns
from lollms_client.errors import BadSetting
from lollms_client.extensions import shown_messages, shown_system
from lollms_client.types.accounting import CallWarning
from lollms_client.types.media import Media
from lollms_client.types.message import Message

if TYPE_CHECKING:
    from lollms_client.discussion.context import Budget, Strategy


class _StateText:
    """A text of the discussion's state as an attribute."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, discussion: Conversation, owner: type | None = None) -> str:
        text: str = getattr(discussion._state, self._name)
        return text

    def __set__(self, discussion: Conversation, text: str | None) -> None:
        discussion._set(**{self._name: text or ""})


class Conversation(MessageTree):
    """A tree of messages with a system prompt, people, metadata and a title, that can be given to others."""

    lollmsClient: Any = None  # noqa: N815 (the documented name)

    title = _StateText()
    system_prompt = _StateText()
    memory = _StateText()
    user_data_zone = _StateText()
    discussion_data_zone = _StateText()
    personality_data_zone = _StateText()

    # --- facts --------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The discussion's identifier."""
        return self._state.id

    @property
    def created_at(self) -> datetime:
        """When it began, in UTC."""
        return self._state.created_at

    @property
    def metadata(self) -> dict[str, Any]:
        """Facts of the application's own, in JSON values; kept at `commit` where they are changed in place."""
        return self._state.metadata

    @metadata.setter
    def metadata(self, values: Mapping[str, Any]) -> None:
        self._set(metadata=dict(values))

    discussion_metadata = metadata

    def set_metadata_item(self, key: str, value: Any) -> None:
        """Set one entry of the metadata."""
        self._set(metadata={**self._state.metadata, key: value})

    @property
    def participants(self) -> dict[str, dict[str, Any]]:
        """Who takes part: the sender's name and facts such as an icon."""
        return self._state.participants

    @participants.setter
    def participants(self, values: Mapping[str, Mapping[str, Any]] | Iterable[str]) -> None:
        self._set(participants=people(values))

    @property
    def branch_labels(self) -> dict[str, str]:
        """Names of branches by message id."""
        return dict(self._state.branch_labels)

    @property
    def system_text(self) -> str:
        """What a model is told before everything: the system prompt and the data zones."""
        return self._state.system_text

    def _set(self, **changes: Any) -> None:
        with self._changing():
            for name, value in changes.items():
                setattr(self._state, name, value)

    # --- out ----------------------------------------------------------------------------------------------------

    def to_messages(
        self,
        branch_tip_id: str | None = None,
        max_allowed_tokens: int | None = None,
        *,
        strategy: Strategy = "keep_pinned",
        count: Callable[[str], int] | None = None,
        count_image: Callable[[Media | None], int] | None = None,
        summarise: Callable[[str], str] | None = None,
        warnings: list[CallWarning] | None = None,
    ) -> tuple[Message, ...]:
        """The branch as typed messages, the system text first: what a model is given.

        With `max_allowed_tokens` only what fits: see `export`. Raises UnknownMessage, ContextTooLong.
        """
        notes = warnings if warnings is not None else []
        budget = self._budget(max_allowed_tokens, strategy, count, count_image, summarise, notes)
        branch, system = self._window(branch_tip_id, self.system_text, budget, notes)
        return to_turns(branch, system)

    def export(
        self,
        format_type: str,
        branch_tip_id: str | None = None,
        max_allowed_tokens: int | None = None,
        *,
        limit: int | None = None,
        strategy: Strategy = "keep_pinned",
        count: Callable[[str], int] | None = None,
        count_image: Callable[[Media | None], int] | None = None,
        summarise: Callable[[str], str] | None = None,
        suppress_system_prompt: bool = False,
        system_prompt_override: str | None = None,
        warnings: list[CallWarning] | None = None,
    ) -> Any:
        """A branch (default: the active one) in another form.

        `openai_chat` and `ollama_chat` give a list of messages; `openai_responses`, `anthropic` and `gemini` a
        dictionary of request fields; `lollms_text`, `openai_completion` (a plain prompt), `markdown` and `html` text;
        `json` the text of the whole tree, or of one branch where `branch_tip_id` is given, which `from_export` reads
        back. `limit` takes the newest messages only.

        `max_allowed_tokens` bounds what is exported. `strategy` says how: `drop_oldest`; `keep_pinned` (drop the oldest
        that are not pinned); `summarise` (ask a model for a summary of the oldest, which stays in the tree as a node
        of its kind). `count` and `count_image` tell tokens; the default asks the client's model, and without a client
        estimates. What was dropped, estimated, or cannot be held by the format is told in `warnings`.

        Raises UnknownFormat (a ValueError), UnknownMessage (a KeyError), ContextTooLong.
        """
        check_format(format_type)
        if format_type == "json":
            return self._export_json(branch_tip_id, limit, max_allowed_tokens)
        notes = warnings if warnings is not None else []
        given = self.system_text if system_prompt_override is None else system_prompt_override
        system = given if not suppress_system_prompt else ""
        budget = self._budget(max_allowed_tokens, strategy, count, count_image, summarise, notes)
        if budget is not None and format_type in OPENED_BY_THE_USER:
            budget = msgspec.structs.replace(budget, opening=OPENING)
        while True:
            told: list[CallWarning] = []
            branch, whole = self._window(branch_tip_id, system, budget, told, limit)
            exported = export_branch(format_type, branch, whole, self._state.title, told)
            excess = _excess(format_type, exported, budget)
            if budget is None or excess <= 0:
                notes.extend(told)
                return exported
            budget = msgspec.structs.replace(budget, tokens=budget.tokens - excess)

    def _budget(
        self,
        tokens: int | None,
        strategy: Strategy,
        count: Callable[[str], int] | None,
        count_image: Callable[[Media | None], int] | None,
        summarise: Callable[[str], str] | None,
        notes: list[CallWarning],
    ) -> Budget | None:
        if tokens is None:
            return None
        from lollms_client.discussion.context import Budget, counter_of

        if count is None:
            count = counter_of(self.lollmsClient, notes)
        if summarise is None and strategy == "summarise" and self.lollmsClient is not None:
            summarise = self.ask_model
        budget = Budget(tokens=tokens, count=count, strategy=strategy, summarise=summarise)
        return budget if count_image is None else msgspec.structs.replace(budget, count_image=count_image)

    def _window(
        self,
        branch_tip_id: str | None,
        system: str,
        budget: Budget | None,
        notes: list[CallWarning],
        limit: int | None = None,
    ) -> tuple[list[LollmsMessage], str]:
        system = shown_system(self, system)
        if budget is None:
            return shown_messages(self, self.get_messages(branch_tip_id, limit)), system
        from lollms_client.discussion.window import fit

        window = fit(self, branch_tip_id, system, budget, notes)
        shown = shown_messages(self, window.messages)
        added = sum(map(budget.cost, shown)) - sum(map(budget.cost, window.messages)) if shown != window.messages else 0
        if added > 0:  # images of the whole discussion
            smaller = msgspec.structs.replace(budget, tokens=budget.tokens - added)
            window = fit(self, branch_tip_id, system, smaller, notes)
        newest = window.messages if limit is None else window.messages[max(0, len(window.messages) - limit) :]
        return shown_messages(self, newest), "\n\n".join(text for text in (system, window.summary) if text)

    def _export_json(self, branch_tip_id: str | None, limit: int | None, tokens: int | None) -> str:
        if tokens is not None:
            raise BadSetting("json keeps everything: it has no max_allowed_tokens", setting="max_allowed_tokens")
        from lollms_client.discussion.export_json import to_json

        if branch_tip_id is None and limit is None:
            messages = self.messages
            return to_json(sound_state(self._state, messages), messages)
        return to_json(*cut_out(self._state, self.get_messages(branch_tip_id, limit)))

    def ask_model(self, question: str) -> str:
        """The answer of the client's model to a question that stands outside the conversation."""
        from lollms_client.discussion.chatting import ask

        return ask(self, question)


def _excess(format_type: str, exported: Any, budget: Budget | None) -> int:
    """How many tokens a prompt has more than it may, which its form as a whole may cause."""
    if budget is None or format_type not in PROMPT_FORMATS:
        return 0
    return budget.count(exported) - budget.tokens


def cut_out(state: DiscussionState, branch: list[LollmsMessage]) -> tuple[DiscussionState, list[LollmsMessage]]:
    """A branch on its own: copies of its messages, and the state with what concerns them."""
    kept = {message.id for message in branch}
    copies = [message.copy(id=message.id, parent_id=message.parent_id) for message in branch]
    if copies:
        copies[0].parent_id = None
    cut = msgspec.structs.replace(
        state,
        active_branch_id=copies[-1].id if copies else None,
        pins=[pinned for pinned in state.pins if pinned in kept],
        branch_labels={name: label for name, label in state.branch_labels.items() if name in kept},
    )
    return cut, copies
