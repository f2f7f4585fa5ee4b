"""The conversation that `chat(discussion)` takes and that an application keeps."""

from __future__ import annotations

import warnings as python_warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from lollms_client.discussion.conversation import Conversation, cut_out
from lollms_client.discussion.failures import BadConversation, UnknownFormat, UnknownMessage
from lollms_client.discussion.message import LollmsMessage, image_part, new_id
from lollms_client.discussion.reading import in_a_row, read_message
from lollms_client.discussion.soundness import check_parents, check_state
from lollms_client.discussion.state import DiscussionState, people
from lollms_client.discussion.table import MessageTable
from lollms_client.discussion.tree import BranchDifference
from lollms_client.extensions import discussion_attribute, extension
from lollms_client.types.accounting import CallWarning
from lollms_client.types.message import Message, TextPart, ToolCallPart

if TYPE_CHECKING:
    from lollms_client.discussion.chatting import Talk
    from lollms_client.discussion.store import LollmsDataManager

__all__ = [
    "BadConversation",
    "BranchDifference",
    "LollmsDataManager",
    "LollmsDiscussion",
    "LollmsMessage",
    "UnknownFormat",
    "UnknownMessage",
]

_STATE_FIELDS = frozenset(DiscussionState.__struct_fields__)


class LollmsDiscussion(Conversation):
    """A tree of messages with a place where it stands, a system prompt, people, pins, a title and metadata.

    It lives in memory and leaves nothing behind, unless `db_manager` (a LollmsDataManager) keeps it. `lollmsClient`
    is only needed to talk to a model.
    """

    def __init__(
        self,
        lollmsClient: Any = None,  # noqa: N803 (the documented name)
        db_manager: Any = None,
        discussion_id: str | None = None,
        db_discussion_obj: Any = None,
        autosave: bool = False,
        max_context_size: int | None = None,
        **fields: Any,
    ) -> None:
        if db_discussion_obj is not None:
            fields["db_discussion_obj"] = db_discussion_obj
        state, table = _opened(db_manager, discussion_id, fields)
        super().__init__(state, table)
        self.lollmsClient = lollmsClient
        self.db_manager = db_manager
        self.autosave = autosave
        self.max_context_size = max_context_size

    @classmethod
    def create_new(cls, lollms_client: Any = None, db_manager: Any = None, **fields: Any) -> Self:
        """A new discussion, kept by `db_manager` where one is given; `fields` are `title`, `system_prompt` …."""
        return cls(lollms_client, db_manager=db_manager, **fields)

    @classmethod
    def from_messages(
        cls, messages: Iterable[Any], lollms_client: Any = None, db_manager: Any = None, **fields: Any
    ) -> Self:
        """A discussion of one branch out of dictionaries, objects, texts, Messages or LollmsMessages.

        Leading system messages become the system prompt. Raises BadConversation.
        """
        system, row = in_a_row(read_message(message) for message in messages)
        fields.setdefault("system_prompt", system)
        discussion = cls(lollms_client, db_manager=db_manager, **fields)
        discussion.attach_all(row)
        return discussion

    # --- in -----------------------------------------------------------------------------------------------------

    @classmethod
    def from_export(cls, format_type: str, data: Any, lollms_client: Any = None, db_manager: Any = None) -> Self:
        """The one conversation in `data` (see `all_from_export`). Raises BadConversation if there is not one."""
        found = cls.all_from_export(format_type, data, lollms_client, db_manager, at_most=1)
        if not found:
            raise BadConversation(f"there is no conversation in this {format_type} export")
        return found[0]

    @classmethod
    def all_from_export(
        cls,
        format_type: str,
        data: Any,
        lollms_client: Any = None,
        db_manager: Any = None,
        at_most: int | None = None,
        warnings: list[CallWarning] | None = None,
    ) -> list[Self]:
        """Every conversation of an export: decoded JSON, JSON text, or the path of a file, a folder or an archive.

        Formats: openai_chat, openai_responses, anthropic, gemini, ollama_chat, json (all of it, as `export` wrote it),
        chatgpt and open_webui (their data exports, with all branches), lollms_client (a database that the public
        package kept). Raises UnknownFormat and BadConversation. Of a data export with something damaged, the sound
        conversations are read where `warnings` is given; it tells of each that was left out, and why.
        """
        from lollms_client.discussion.importing import import_all

        imported = import_all(format_type, data, warnings)
        if at_most is not None and len(imported) > at_most:
            raise BadConversation(f"there are {len(imported)} conversations in this export, not {at_most}")
        discussions: list[Self] = []
        for state, messages in imported:
            check_parents(messages)
            check_state(state, messages)
            fields = {name: getattr(state, name) for name in _STATE_FIELDS if name != "active_branch_id"}
            try:
                discussion = cls(lollms_client, db_manager=db_manager, **fields)
            except BadConversation as error:  # it was imported before
                if warnings is None:
                    raise
                warnings.append(CallWarning(kind="dropped", setting=state.title or state.id, detail=str(error)))
                continue
            discussion.attach_all(messages, stand_at=state.active_branch_id)
            discussions.append(discussion)
        return discussions

    @classmethod
    def import_from_json_str(cls, json_str: str, lollms_client: Any = None, db_manager: Any = None) -> Self:
        """The discussion in a JSON text as `export_to_json_str` gives it, here or in another package of that contract.

        Raises BadConversation.
        """
        part = extension("application")
        if part is None:
            return cls.from_export("json", json_str, lollms_client, db_manager)
        found: Self = part.discussion_from_json(cls, json_str, lollms_client, db_manager)
        return found

    def fork(self, message_id: str | None = None, db_manager: Any = None, **fields: Any) -> Self:
        """A new discussion that begins with a copy of a branch (default: the active one), kept where this one is."""
        state, messages = cut_out(self._state, self.get_messages(message_id))
        given = {name: getattr(state, name) for name in _STATE_FIELDS - {"active_branch_id", "created_at", "id"}}
        store = db_manager if db_manager is not None else self.db_manager
        discussion = type(self)(self.lollmsClient, db_manager=store, **{**given, "id": new_id(), **fields})
        discussion.attach_all(messages)
        return discussion

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return discussion_attribute(self, name)

    # --- with a model -------------------------------------------------------------------------------------------

    def chat(
        self,
        user_message: str | Message | LollmsMessage | Mapping[str, Any] | None = None,
        *,
        sender: str | None = None,
        images: Iterable[Any] | None = None,
        attachments: Iterable[Any] = (),
        branch_tip_id: str | None = None,
        add_user_message: bool = True,
        tools: Sequence[Any] = (),
        approve: Callable[[ToolCallPart], Any] | None = None,
        max_tool_rounds: int = 8,
        max_context_tokens: int | None = None,
        streaming_callback: Callable[..., Any] | None = None,
        client: Any = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Add what the user says, stream the model's answer into the tree, run the tools that it asks for.

        `sender` names the person who speaks, where there are several. `images` and `attachments` (images, sounds,
        files: paths, Media, bytes) go with what the user says. `tools` are Python functions, Tools, dictionaries, or
        pairs of a description and a function. `approve` is asked before each
        call with the ToolCallPart and says True, or False, or in words why not, or gives the arguments (a dictionary)
        with which it may be run instead. After `max_tool_rounds` rounds the model has to answer without. Calls of tools
        that are only described end the exchange, for the application to answer with `add_message`.
        `streaming_callback(text, MSG_TYPE, facts)` hears everything as it comes and stops by returning False; an answer
        under way then stays `partial`. `max_context_tokens` (default: `max_context_size`) bounds what the model is
        given, less `max_tokens` and the descriptions of the tools; `strategy`, `count`, `count_image` and `summarise`
        are as for `export`. Further options (`model`, `temperature`, `timeout` …) go to the client.

        Without anything to say, what the conversation stands at (or `branch_tip_id`) is answered: after a failure once
        more, beside the answer that failed. The answer hangs below what it answers, even if the application or another
        thread has moved on meanwhile; then the conversation goes on where they are.

        Returns `user_message`, `ai_message` (the last answer), `ai_messages`, `tool_messages`, `result` (the last
        ChatResult) and `warnings`. Where a call fails, its message stays as `failed` and the error is raised.
        """
        from lollms_client.discussion.chatting import run

        talk = self._talk(
            True, client, tools, approve, max_tool_rounds, max_context_tokens, streaming_callback, options
        )
        media = [*map(image_part, images or ()), *attachments]
        return run(talk, self._user_turn(talk, user_message, sender, media, branch_tip_id, add_user_message))

    async def achat(
        self,
        user_message: str | Message | LollmsMessage | Mapping[str, Any] | None = None,
        *,
        sender: str | None = None,
        images: Iterable[Any] | None = None,
        attachments: Iterable[Any] = (),
        branch_tip_id: str | None = None,
        add_user_message: bool = True,
        tools: Sequence[Any] = (),
        approve: Callable[[ToolCallPart], Any] | None = None,
        max_tool_rounds: int = 8,
        max_context_tokens: int | None = None,
        streaming_callback: Callable[..., Any] | None = None,
        client: Any = None,
        **options: Any,
    ) -> dict[str, Any]:
        """The same with an AsyncLollmsClient. Cancelling the task stops the answer.

        Tools, `approve` and `streaming_callback` may be coroutine functions; tools and `approve` that are none run in a
        thread.
        """
        import asyncio

        from lollms_client.discussion.chatting import run_async

        talk = self._talk(
            False, client, tools, approve, max_tool_rounds, max_context_tokens, streaming_callback, options
        )
        media = [*map(image_part, images or ()), *attachments]
        given = (user_message, sender, media, branch_tip_id, add_user_message)
        spoken = await asyncio.to_thread(self._user_turn, talk, *given)
        return await run_async(talk, spoken)

    def regenerate_branch(self, branch_tip_id: str | None = None, **settings: Any) -> dict[str, Any]:
        """Answer the last thing that the user said once more, beside the old answer; `settings` are those of `chat`."""
        return self.chat(branch_tip_id=self._said_last(branch_tip_id), add_user_message=False, **settings)

    async def aregenerate_branch(self, branch_tip_id: str | None = None, **settings: Any) -> dict[str, Any]:
        """The same with an AsyncLollmsClient; `settings` are those of `achat`."""
        return await self.achat(branch_tip_id=self._said_last(branch_tip_id), add_user_message=False, **settings)

    def _said_last(self, branch_tip_id: str | None) -> str:
        said = next((message.id for message in self.walk_up(branch_tip_id) if message.sender_type == "user"), None)
        if said is None:
            raise BadConversation("nothing of the user's is on this branch that could be answered: use chat(…) first")
        return said

    def write_title(self, ask: Callable[[str], str] | None = None) -> str:
        """Let a model write the title after the first messages; `ask` takes the request and gives its answer."""
        from lollms_client.discussion.chatting import title_of, title_request

        self.title = title_of((ask or self.ask_model)(title_request(self)))
        return self.title

    async def awrite_title(self) -> str:
        """The same with an AsyncLollmsClient."""
        from lollms_client.discussion.chatting import ask_async, title_of, title_request

        self.title = title_of(await ask_async(self.lollmsClient, title_request(self)))
        return self.title

    def _talk(
        self,
        blocking: bool,
        client: Any,
        tools: Sequence[Any],
        approve: Callable[[ToolCallPart], Any] | None,
        max_tool_rounds: int,
        max_context_tokens: int | None,
        streaming_callback: Callable[..., Any] | None,
        options: dict[str, Any],
    ) -> Talk:
        from lollms_client.discussion.chatting import Talk

        client = client or self.lollmsClient
        understand = getattr(client, "discussion_options", None)
        options = understand(options) if callable(understand) else options
        return Talk(
            self,
            client=client,
            tools=tools,
            approve=approve,
            max_tool_rounds=max_tool_rounds,
            max_context_tokens=max_context_tokens or self.max_context_size,
            streaming_callback=streaming_callback,
            options=options,
            blocking=blocking,
        )

    def _user_turn(
        self, talk: Talk, said: Any, sender: str | None, media: list[Any], branch_tip_id: str | None, add: bool
    ) -> LollmsMessage | None:
        """Add what the user says, if anything, and tell the talk what is to be answered."""
        tip = branch_tip_id if branch_tip_id is not None else self._standing()
        if add and (said is not None or media):
            message = read_message(said if said is not None else "")
            message.add_media(media)
            if not any(not isinstance(part, TextPart) or part.text.strip() for part in message.parts):
                raise BadConversation("what the user says is empty: say something, or nothing at all to be answered")
            message.sender = sender or message.sender
            talk.answer(self.attach(message, tip).id)
            return message
        if said is not None:
            detail = "with add_user_message=False the model answers what the conversation stands at"
            talk.warnings.append(CallWarning(kind="dropped", setting="user_message", detail=detail))
        if tip is None:
            raise BadConversation("there is nothing to answer: say something, the discussion is empty")
        answered = self.get_message(tip)
        if answered.status == "failed" and answered.sender_type == "assistant" and answered.parent_id is not None:
            answered = self.get_message(answered.parent_id)  # another answer beside the one that failed
        self.fork_from(answered.id)
        talk.answer(answered.id)
        return None

    # --- keeping ------------------------------------------------------------------------------------------------

    def commit(self) -> None:
        """Keep what was set on messages or changed in place in the metadata; in memory there is nothing to do."""
        with self._changing():
            self._table.flush()

    def _message_changed(self, message: LollmsMessage) -> None:
        super()._message_changed(message)
        if self.autosave:
            self.commit()


def _opened(
    db_manager: Any, discussion_id: str | None, fields: dict[str, Any]
) -> tuple[DiscussionState, MessageTable | None]:
    aliases = {"discussion_metadata": "metadata"}
    known: dict[str, Any] = {}
    for name, value in fields.items():
        target = aliases.get(name, name)
        if target in _STATE_FIELDS:
            known[target] = people(value) if target == "participants" and value is not None else value
        elif value is not None:
            python_warnings.warn(f"LollmsDiscussion has no setting {name!r}: it is ignored", UserWarning, stacklevel=4)
    if db_manager is not None:
        opened: tuple[DiscussionState, MessageTable] = db_manager.open_discussion(discussion_id, known)
        return opened
    if discussion_id is not None:
        known["id"] = discussion_id
    return DiscussionState(**{name: value for name, value in known.items() if value is not None}), None


def __getattr__(name: str) -> Any:
    """LollmsDataManager is imported when it is first asked for, because it needs SQLAlchemy."""
    if name == "LollmsDataManager":
        from lollms_client.discussion.store import LollmsDataManager

        return LollmsDataManager
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
