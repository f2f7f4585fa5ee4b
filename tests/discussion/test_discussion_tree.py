"""Any sequence of operations keeps the tree a tree, loses no message, and survives a reload."""

from __future__ import annotations

import copy
import importlib
import pickle
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lollms_client.lollms_discussion import BadConversation, LollmsDiscussion, LollmsMessage, UnknownMessage


class TreeMachine(RuleBasedStateMachine):
    """Does things to a discussion and remembers what must be there."""

    discussion: LollmsDiscussion
    texts: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        self.discussion = self.begin()
        self.texts = {}

    def begin(self) -> LollmsDiscussion:
        return LollmsDiscussion(None)

    def reload(self, discussion: LollmsDiscussion) -> LollmsDiscussion:
        return LollmsDiscussion.from_export("json", discussion.export("json"))

    def pick(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(list(self.texts)))

    def remember(self, *messages: LollmsMessage) -> None:
        self.texts.update({message.id: message.content for message in messages})

    @rule(text=st.text(max_size=5), role=st.sampled_from(["user", "assistant", "system", "tool"]))
    def add(self, text: str, role: str) -> None:
        standing = self.discussion.active_branch_id
        message = self.discussion.add_message(sender=role, content=text)
        assert message.parent_id == standing
        self.remember(message)

    @precondition(lambda self: self.texts)
    @rule(data=st.data(), text=st.text(max_size=5))
    def add_below(self, data: st.DataObject, text: str) -> None:
        self.remember(self.discussion.add_message(sender="user", content=text, parent_id=self.pick(data)))

    @precondition(lambda self: self.texts)
    @rule(data=st.data(), text=st.text(max_size=5))
    def edit(self, data: st.DataObject, text: str) -> None:
        original = self.pick(data)
        edited = self.discussion.edit_message(original, text)
        assert edited.parent_id == self.discussion.get_message(original).parent_id
        self.remember(edited)

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def switch(self, data: st.DataObject) -> None:
        target = self.pick(data)
        leaf = self.discussion.switch_to_branch(target)
        assert self.discussion.get_children(leaf.id) == []
        assert target in [message.id for message in self.discussion.get_messages()]

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def fork(self, data: st.DataObject) -> None:
        target = self.pick(data)
        self.discussion.fork_from(target)
        assert self.discussion.active_branch_id == target

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def delete_branch(self, data: st.DataObject) -> None:
        target = self.pick(data)
        before = set(self.texts)
        count = self.discussion.delete_branch(target)
        gone = before - {message.id for message in self.discussion.messages}
        assert target in gone
        assert len(gone) == count
        for message_id in gone:
            del self.texts[message_id]

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def delete_one(self, data: st.DataObject) -> None:
        target = self.pick(data)
        self.discussion.delete_message(target)
        del self.texts[target]

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        source, target = self.pick(data), self.pick(data)
        only_source = self.discussion.branch_diff(source, target).only_first
        copies = self.discussion.merge_branches(source, target)
        assert [copy.content for copy in copies] == [message.content for message in only_source]
        self.remember(*copies)

    @precondition(lambda self: self.texts)
    @rule(data=st.data(), text=st.text(max_size=5))
    def insert(self, data: st.DataObject, text: str) -> None:
        child = self.pick(data)
        self.remember(self.discussion.insert_between(LollmsMessage(content=text), child))

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def pin_and_label(self, data: st.DataObject) -> None:
        target = self.pick(data)
        self.discussion.pin(target)
        self.discussion.set_branch_label(target, "kept")

    @rule()
    def survives_a_reload(self) -> None:
        again = self.reload(self.discussion)
        assert facts(again) == facts(self.discussion)
        self.discussion = again

    @invariant()
    def is_a_tree_that_lost_nothing(self) -> None:
        messages = self.discussion.messages
        by_id = {message.id: message for message in messages}
        assert len(by_id) == len(messages) == len(self.discussion)
        assert {message.id: message.content for message in messages} == self.texts
        for message in messages:
            assert message.parent_id is None or message.parent_id in by_id
            assert message.id in [child.id for child in self.discussion.get_children(message.parent_id)]
            branch = self.discussion.get_branch(message.id)  # ends, so there is no circle
            assert branch[0].parent_id is None
            assert [above.id for above in branch[:-1]] == [below.parent_id for below in branch[1:]]
        self.check_standing(self.discussion.active_branch_id, by_id)
        leaves = {message.id for message in messages} - {message.parent_id for message in messages}
        assert {leaf.id for leaf in self.discussion.list_branches()} == leaves

    def check_standing(self, standing: str | None, by_id: dict[str, LollmsMessage]) -> None:
        assert standing in by_id if by_id else standing is None
        assert set(self.discussion.pins) <= set(by_id)


def facts(discussion: LollmsDiscussion) -> Any:
    """What must be the same after a reload."""
    children = {
        parent: [child.id for child in discussion.get_children(parent)]
        for parent in [None, *sorted(message.id for message in discussion.messages)]
    }
    contents = {message.id: (message.parts, message.sender, message.created_at) for message in discussion.messages}
    return children, contents, discussion.active_branch_id, discussion.pins, discussion.branch_labels


class StoredTreeMachine(TreeMachine):
    """The same with a discussion in a database, opened anew by a reload."""

    def begin(self) -> LollmsDiscussion:
        store = importlib.import_module("lollms_client.discussion.store")
        self.store = store.LollmsDataManager("sqlite://")
        return LollmsDiscussion(None, db_manager=self.store)

    def reload(self, discussion: LollmsDiscussion) -> LollmsDiscussion:
        return LollmsDiscussion(None, db_manager=self.store, discussion_id=discussion.id)

    def teardown(self) -> None:
        self.store.close()


class TwoHandlesMachine(StoredTreeMachine):
    """The same with a discussion that is open twice: what one does, the other finds, and neither is left hanging."""

    def __init__(self) -> None:
        super().__init__()
        self.other = self.reload(self.discussion)

    def check_standing(self, standing: str | None, by_id: dict[str, LollmsMessage]) -> None:
        tips = [message.id for message in self.discussion.get_messages()][-1:]
        standing = self.discussion.active_branch_id  # None where it was opened before the other added anything
        assert tips == ([standing] if standing is not None else [])

    @rule()
    def go_to_the_other(self) -> None:
        self.discussion, self.other = self.other, self.discussion

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def both_pin(self, data: st.DataObject) -> None:
        first, second = self.pick(data), self.pick(data)
        self.discussion.pin(first)
        self.other.pin(second)
        assert {first, second} <= set(self.reload(self.discussion).pins)

    @rule()
    def survives_a_reload(self) -> None:
        self.discussion.refresh()
        super().survives_a_reload()

    @invariant()
    def the_other_reads_on(self) -> None:
        branch = [message.id for message in self.other.get_messages()]
        assert (branch[-1] if branch else None) == self.other.active_branch_id
        assert set(branch) <= set(self.texts)
        saved = self.other.export("json")
        assert len(LollmsDiscussion.from_export("json", saved)) == len(self.texts)


TestTree = TreeMachine.TestCase
TestTree.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestStoredTree = StoredTreeMachine.TestCase
TestStoredTree.settings = settings(max_examples=5, stateful_step_count=20, deadline=None)
TestTwoHandles = TwoHandlesMachine.TestCase
TestTwoHandles.settings = settings(max_examples=5, stateful_step_count=20, deadline=None)


def test_an_edit_keeps_the_old_version_with_what_follows() -> None:
    discussion = LollmsDiscussion.from_messages(["a", {"role": "assistant", "content": "b"}])
    first, answer = discussion.messages
    edited = discussion.edit_message(first.id, "A")
    assert [message.content for message in discussion.get_messages()] == ["A"]
    assert [message.content for message in discussion.get_branch(answer.id)] == ["a", "b"]
    assert discussion.get_siblings(edited.id) == [first]
    assert discussion.switch_to_branch(first.id) is answer


def test_a_comparison_names_the_fork() -> None:
    discussion = LollmsDiscussion(None)
    root = discussion.add_message(content="root")
    one = discussion.add_message(content="one")
    other = discussion.add_message(content="other", parent_id=root.id)
    difference = discussion.branch_diff(one.id, other.id)
    assert (difference.fork_id, difference.only_first, difference.only_second) == (root.id, [one], [other])


def test_many_messages_are_added_all_or_none() -> None:
    discussion = LollmsDiscussion(None)
    good = LollmsMessage(content="a", id="a")
    for bad in (
        [good, LollmsMessage(content="b", id="a")],
        [good, LollmsMessage(content="b", parent_id="missing")],
        [LollmsMessage(id="x", parent_id="y"), LollmsMessage(id="y", parent_id="x")],
    ):
        with pytest.raises(BadConversation):
            discussion.attach_all(bad)
    assert len(discussion) == 0
    with pytest.raises(UnknownMessage):
        discussion.add_message(content="x", parent_id="missing")


def test_a_message_belongs_to_one_discussion() -> None:
    message = LollmsDiscussion(None).add_message(content="a")
    with pytest.raises(BadConversation, match="copy"):
        LollmsDiscussion(None).attach(message, None)


def test_a_summary_in_between_leaves_versions_together() -> None:
    discussion = LollmsDiscussion(None)
    for number in range(8):
        discussion.add_message(sender=["user", "assistant"][number % 2], content=f"n{number} " * 5)
    kept = discussion.get_messages()
    others = [discussion.edit_message(message.id, "other") for message in kept]
    discussion.to_messages(
        kept[-1].id, 60, count=lambda text: len(text.split()), strategy="summarise", summarise=lambda request: "short"
    )
    assert [message.kind for message in discussion.get_messages(kept[-1].id)].count("summary") == 1
    assert [discussion.get_siblings(message.id) for message in kept] == [[other] for other in others]
    assert [discussion.get_siblings(other.id) for other in others] == [[message] for message in kept]


def test_a_copied_conversation_is_another_one() -> None:
    discussion = LollmsDiscussion.from_messages(["a", "b"])
    again = pickle.loads(pickle.dumps(copy.deepcopy(discussion)))
    again.add_message(content="c")
    assert [message.content for message in again.get_messages()] == ["a", "b", "c"]
    assert len(discussion) == 2


def test_the_newest_messages_of_a_long_branch() -> None:
    discussion = LollmsDiscussion.from_messages([str(number) for number in range(2_000)])
    assert [message.content for message in discussion.get_messages(limit=3)] == ["1997", "1998", "1999"]
    assert len(discussion.get_messages()) == 2_000
    assert discussion.export("lollms_text", limit=1) == "!@>user:\n1999"
