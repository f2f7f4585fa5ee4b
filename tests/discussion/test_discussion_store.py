"""Conversations last: reopened, shared by processes, killed in the middle, searched, encrypted."""

from __future__ import annotations

import importlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest

from lollms_client.lollms_discussion import LollmsDiscussion, LollmsMessage
from tests.discussion.sample_conversations import GIF, PNG, everything

sa = importlib.import_module("sqlalchemy")
importlib.import_module("alembic")

from lollms_client.discussion.failures import (  # noqa: E402
    BadConversation,
    StoreFailed,
    UnknownDiscussion,
    WrongKey,
)
from lollms_client.discussion.store import LollmsDataManager  # noqa: E402
from lollms_client.errors import BadSetting  # noqa: E402

POSTGRES = os.environ.get("LOLLMS_TEST_POSTGRES_URL")


def postgres_schema() -> Iterator[str]:
    """The URL of a fresh schema, dropped afterwards."""
    assert POSTGRES is not None
    address = sa.make_url(POSTGRES).set(drivername="postgresql+psycopg")
    name = f"test_{uuid4().hex}"
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    yield address.update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
    elif POSTGRES is None:
        pytest.skip("`bash .ci/postgres` starts one; set LOLLMS_TEST_POSTGRES_URL to the address it prints")
    else:
        yield from postgres_schema()


@pytest.fixture
def store(url: str) -> Iterator[LollmsDataManager]:
    with LollmsDataManager(url) as opened:
        yield opened


def reopened(store: LollmsDataManager, discussion: LollmsDiscussion) -> LollmsDiscussion:
    again = store.get_discussion(None, discussion.id)
    assert again is not None
    return again


def copied_into(store: LollmsDataManager, discussion: LollmsDiscussion) -> LollmsDiscussion:
    return LollmsDiscussion.from_export("json", discussion.export("json"), db_manager=store)


def test_everything_is_there_after_reopening(store: LollmsDataManager) -> None:
    original = everything()
    original.title = "Cats"
    kept = copied_into(store, original)
    assert kept.export("json") == original.export("json")
    assert reopened(store, kept).export("json") == original.export("json")


def test_changes_are_kept(store: LollmsDataManager) -> None:
    discussion = LollmsDiscussion.create_new(None, store, title="T", system_prompt="SYS")
    first = discussion.add_message(content="one", images=[PNG])
    second = discussion.add_message(sender="assistant", content="two")
    edited = discussion.edit_message(second.id, "deux")
    first.content = "uno"
    first.set_metadata_item("stars", 5)
    discussion.metadata["colour"] = "red"
    discussion.pin(first.id)
    discussion.set_branch_label(second.id, "first try")
    discussion.commit()
    again = reopened(store, discussion)
    assert (again.title, again.system_prompt, again.metadata) == ("T", "SYS", {"colour": "red"})
    assert [message.content for message in again.get_messages()] == ["uno", "deux"]
    assert again.get_messages()[0].metadata == {"stars": 5}
    assert again.active_branch_id == edited.id
    assert (again.pins, again.branch_labels) == ((first.id,), {second.id: "first try"})
    again.delete_branch(first.id)
    assert reopened(store, discussion).messages == []


def test_autosave_keeps_each_change(store: LollmsDataManager) -> None:
    discussion = LollmsDiscussion(None, db_manager=store, autosave=True)
    message = discussion.add_message(content="one")
    message.content = "two"
    assert [message.content for message in reopened(store, discussion).get_messages()] == ["two"]


def test_the_same_message_is_the_same_object(store: LollmsDataManager) -> None:
    discussion = LollmsDiscussion.create_new(None, store)
    message = discussion.add_message(content="a")
    assert discussion.get_message(message.id) is message
    other = reopened(store, discussion)
    other.get_message(message.id).content = "b"
    other.commit()
    assert discussion.get_message(message.id) is message
    assert message.content == "b"


def test_two_openings_do_not_undo_each_other(store: LollmsDataManager) -> None:
    one = LollmsDiscussion.create_new(None, store)
    root = one.add_message(content="root")
    other = reopened(store, one)
    other.title = "named there"
    other.add_message(content="there")
    one.add_message(content="here", parent_id=root.id)
    again = reopened(store, one)
    assert again.title == "named there"
    assert [message.content for message in again.get_children(root.id)] == ["there", "here"]
    one.refresh()
    assert one.title == "named there"
    other.delete_branch(root.id)
    with pytest.raises(KeyError):
        one.add_message(content="lost", parent_id=root.id)
    assert one.add_message(content="goes on").parent_id is None
    store.delete_discussion(one.id)
    with pytest.raises(UnknownDiscussion):
        one.title = "too late"
    assert one.title == "named there"


def test_media_is_stored_once_and_cleared_with_its_last_message(url: str, store: LollmsDataManager) -> None:
    def stored() -> int:
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            count: int = connection.execute(sa.text("SELECT count(*) FROM lollms_media")).scalar_one()
        engine.dispose()
        return count

    discussion = LollmsDiscussion.create_new(None, store)
    first = discussion.add_message(content="a", images=[PNG, GIF, PNG])
    second = discussion.add_message(content="b", images=[PNG])
    assert stored() == 2
    other = LollmsDiscussion.create_new(None, store)
    other.add_message(content="c", images=[GIF])
    discussion.delete_message(first.id)
    assert stored() == 2
    second.images = []
    discussion.commit()
    assert stored() == 1
    assert store.delete_discussion(other.id) is True
    assert stored() == 0
    assert store.delete_discussion(other.id) is False


def test_lists_and_search(store: LollmsDataManager) -> None:
    titles = ["Bread", "Cheese", "Wine"]
    made = [LollmsDiscussion.create_new(None, store, title=title) for title in titles]
    made[0].add_message(content="How long does the dough rest?")
    made[1].add_message(content="It's a soft \"quoted\" cheese; the dough-like crust isn't.")
    made[0].add_message(content="An hour.")
    assert [facts["title"] for facts in store.list_discussions()] == ["Bread", "Cheese", "Wine"]
    assert [facts["title"] for facts in store.list_discussions(limit=1, offset=1)] == ["Cheese"]
    assert [facts["id"] for facts in store.search_discussions("dough")] == [made[0].id, made[1].id]
    assert [facts["title"] for facts in store.search_discussions("wine")] == ["Wine"]
    (hit,) = store.search_messages("DOUGH rest")
    assert hit["discussion_id"] == made[0].id
    assert "dough" in hit["snippet"]
    assert len(store.search_messages("quot")) == 1  # the last word may be a beginning
    assert store.search_messages("wheat") == []
    for awkward in ('"', "AND", "* OR", "it's", "a:b", "-x", "", "NEAR(", "\\"):
        store.search_messages(awkward)
        store.search_discussions(awkward)
    made[0].delete_branch(made[0].messages[0].id)
    assert [facts["title"] for facts in store.search_discussions("dough")] == ["Cheese"]


SAID = "我爱吃猫粮。 Café Straße, ｆｕｌｌ foo_bar don't it; mail ann@example.org! ปลาทอง हिन्दी नमस्ते 3.14 NEAR AND or"


FOUND = [
    ("猫粮", True),
    ("爱", True),
    ("粮猫", False),
    ("cafe", True),
    ("CAFÉ", True),
    ("strasse", True),
    ("straße", True),
    ("FULL", True),
    ("foo_bar", True),
    ("bar_foo", False),
    ("don't", True),
    ("example", True),
    ("exam", True),
    ("exam ann", False),
    ("ปลา", True),
    ("हिन्दी", True),
    ("3.14", True),
    ("near( and", True),
    ("AND NOT", False),
    ('"foo" OR "nothing"', False),
    ("content:foo", False),
    ("'; DROP TABLE lollms_messages; --", False),
    ("* ^ - \0 \ud800 % _ \\ ' \"", False),
    ("", False),
]


@pytest.mark.parametrize("sealed", [False, True])
def test_words_of_every_script_are_found(url: str, sealed: bool) -> None:
    with LollmsDataManager(url, encryption_key="k" if sealed else None) as store:
        spoken = LollmsDiscussion.create_new(db_manager=store)
        spoken.add_message(content="x " * 200 + SAID)
        titled = LollmsDiscussion.create_new(db_manager=store, title=SAID)
        for query, found in FOUND:
            hits = [hit["message_id"] for hit in store.search_messages(query)]
            assert hits == [spoken.active_branch_id] * found, query
            holders = {facts["id"] for facts in store.search_discussions(query)}
            assert holders == ({spoken.id, titled.id} if found else set()), query
        assert [facts["id"] for facts in store.search_discussions(title="CAFE STRASSE")] == [titled.id]


@pytest.mark.parametrize(("query", "shown"), [("CAFE", "Café"), ("粮", "猫粮"), ("bar", "foo_bar"), ("नमस्ते", "नमस्ते")])
def test_a_snippet_shows_the_words_as_they_were_written(store: LollmsDataManager, query: str, shown: str) -> None:
    LollmsDiscussion.create_new(db_manager=store).add_message(content="x " * 300 + SAID)
    (hit,) = store.search_messages(query)
    assert shown in hit["snippet"]
    assert len(hit["snippet"]) < 300


def test_pages_begin_at_the_first(store: LollmsDataManager) -> None:
    for limit, offset in ((-1, 0), (1, -1)):
        with pytest.raises(BadSetting, match="0 or more"):
            store.list_discussions(limit=limit, offset=offset)
        with pytest.raises(BadSetting, match="0 or more"):
            store.search_messages("x", limit=limit, offset=offset)
    with pytest.raises(BadSetting, match="text"):
        store.search_messages(None)  # type: ignore[arg-type]


def test_what_two_openings_change_is_put_together(store: LollmsDataManager) -> None:
    one = LollmsDiscussion.create_new(db_manager=store)
    first, second = one.add_message(content="a"), one.add_message(content="b")
    other = reopened(store, one)
    one.pin(first.id)
    other.pin(second.id)
    one.set_metadata_item("a", 1)
    other.set_metadata_item("b", 2)
    again = reopened(store, one)
    assert (again.pins, again.metadata) == ((first.id, second.id), {"a": 1, "b": 2})
    one.refresh()
    one.unpin(second.id)
    assert reopened(store, one).pins == (first.id,)


def test_where_another_one_stood_may_be_deleted(store: LollmsDataManager) -> None:
    one = LollmsDiscussion.create_new(db_manager=store)
    root = one.add_message(content="root")
    other = reopened(store, one)
    leaf = other.add_message(content="leaf")
    other.pin(leaf.id)
    one.delete_branch(leaf.id)
    for each in (one, other, reopened(store, one)):
        assert [message.content for message in each.get_messages()] == ["root"]
        assert LollmsDiscussion.from_export("json", each.export("json")).active_branch_id == root.id
        assert each.add_message(content="next").parent_id == root.id
        one.delete_branch(each.active_branch_id or "")
    store.delete_discussion(one.id)
    with pytest.raises(UnknownDiscussion):
        other.get_messages()


def test_a_change_to_a_message_that_is_gone_keeps_no_other_from_being_kept(store: LollmsDataManager) -> None:
    one = LollmsDiscussion.create_new(db_manager=store)
    first, second = one.add_message(content="a"), one.add_message(content="b")
    first.content, second.content = "A", "B"
    reopened(store, one).delete_message(second.id)
    with pytest.raises(BadConversation, match="deleted"):
        one.commit()
    one.commit()
    assert [message.content for message in reopened(store, one).messages] == ["A"]


def test_a_fork_is_kept_where_its_origin_is(store: LollmsDataManager) -> None:
    one = LollmsDiscussion.create_new(db_manager=store)
    one.add_message(content="a")
    assert [message.content for message in reopened(store, one.fork()).get_messages()] == ["a"]


def test_a_deep_branch_is_walked_in_steps(store: LollmsDataManager) -> None:
    discussion = LollmsDiscussion.create_new(None, store)
    messages = [LollmsMessage(content=str(number), id=f"m{number}") for number in range(3_000)]
    for above, below in pairwise(messages):
        below.parent_id = above.id
    discussion.attach_all(messages)
    del messages
    again = reopened(store, discussion)
    assert [message.content for message in again.get_messages()] == [str(number) for number in range(3_000)]
    assert [message.content for message in again.get_messages(limit=2)] == ["2998", "2999"]
    assert again.switch_to_branch("m5").id == "m2999"
    assert len(again) == 3_000
    assert again.delete_branch("m10") == 2_990


def test_encryption_hides_everything_and_tells_a_wrong_key(tmp_path: Path) -> None:
    importlib.import_module("cryptography")
    url = f"sqlite:///{tmp_path / 'secret.db'}"
    with LollmsDataManager(url, encryption_key="correct horse") as store:
        discussion = copied_into(store, everything())
        discussion.title = "Plans"
        discussion.add_message(content="the treasure is buried")
        exported = discussion.export("json")
        assert [hit["message_id"] for hit in store.search_messages("treasure buried")] == [discussion.active_branch_id]
        assert [facts["title"] for facts in store.search_discussions("plans")] == ["Plans"]
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (b"treasure", b"Plans", b"zoom", bytes(PNG)[8:], b"SYS", b"image/png"):
        assert secret not in stored
    with LollmsDataManager(url, encryption_key=b"correct horse") as store:
        assert reopened(store, discussion).export("json") == exported
    for wrong in ("wrong horse", None):
        with pytest.raises(WrongKey):
            LollmsDataManager(url, encryption_key=wrong)


def test_the_passphrase_can_be_changed(tmp_path: Path) -> None:
    importlib.import_module("cryptography")
    url = f"sqlite:///{tmp_path / 'secret.db'}"
    with LollmsDataManager(url, encryption_key="one") as store, LollmsDataManager(url, encryption_key="one") as other:
        discussion = copied_into(store, everything())
        for key in ("two", "three"):
            store.change_encryption_key(key)
        reopened(other, discussion).add_message(content="after the change")
        exported = reopened(store, discussion).export("json")
    for wrong in ("one", "two", "", None):
        with pytest.raises((WrongKey, BadSetting)):
            LollmsDataManager(url, encryption_key=wrong)
    with LollmsDataManager(url, encryption_key="three") as store:
        assert reopened(store, discussion).export("json") == exported
    with LollmsDataManager("sqlite://") as plain, pytest.raises(BadSetting, match="not encrypted"):
        plain.change_encryption_key("k")


def test_one_discussion_is_searched(url: str) -> None:
    for key in (None, "k"):
        with LollmsDataManager("sqlite://" if key else url, encryption_key=key) as store:
            first, second = (LollmsDiscussion.create_new(db_manager=store) for _ in range(2))
            for discussion in (first, second):
                discussion.add_message(content="bread")
            hits = store.search_messages("bread", discussion_id=second.id)
            assert [hit["discussion_id"] for hit in hits] == [second.id]
            assert len(store.search_messages("bread")) == 2


def test_a_changed_ciphertext_is_noticed(tmp_path: Path) -> None:
    importlib.import_module("cryptography")
    path = tmp_path / "secret.db"
    with LollmsDataManager(f"sqlite:///{path}", encryption_key="k") as store:
        discussion = LollmsDiscussion.create_new(None, store)
        discussion.add_message(content="one")
        discussion.add_message(content="two")
    with sqlite3.connect(path) as connection:  # swap two sealed messages
        bodies = [row[0] for row in connection.execute("SELECT body FROM lollms_messages ORDER BY sequence DESC")]
        for sequence, body in enumerate(bodies, start=1):
            connection.execute("UPDATE lollms_messages SET body = ? WHERE sequence = ?", (body, sequence))
    connection.close()
    with LollmsDataManager(f"sqlite:///{path}", encryption_key="k") as store, pytest.raises(WrongKey):
        reopened(store, discussion).get_messages()


def test_a_plain_store_is_not_encrypted_afterwards(tmp_path: Path) -> None:
    importlib.import_module("cryptography")
    url = f"sqlite:///{tmp_path / 'plain.db'}"
    with LollmsDataManager(url) as store:
        LollmsDiscussion.create_new(None, store)
    with pytest.raises(WrongKey, match="not encrypted"):
        LollmsDataManager(url, encryption_key="k")


def test_a_store_in_memory_works() -> None:
    with LollmsDataManager("sqlite:///:memory:") as store:
        discussion = LollmsDiscussion.create_new(None, store)
        discussion.add_message(content="a")
        assert len(reopened(store, discussion)) == 1


def test_wrong_addresses_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadSetting):
        LollmsDataManager("store.db")
    with pytest.raises(BadSetting, match="mysql"):
        LollmsDataManager("mysql://localhost/x")
    with pytest.raises(StoreFailed):
        LollmsDataManager(f"sqlite:///{tmp_path / 'missing' / 'x.db'}")
    (tmp_path / "text.db").write_text("this is no database, but a text that is long enough to be looked at" * 20)
    with pytest.raises(StoreFailed):
        LollmsDataManager(f"sqlite:///{tmp_path / 'text.db'}")


@pytest.mark.parametrize("package", ["sqlalchemy", "alembic"])
def test_a_missing_package_is_named(package: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from lollms_client.errors import MissingDependency\n"
        "try:\n"
        "    from lollms_client.lollms_discussion import LollmsDataManager; LollmsDataManager('sqlite://')\n"
        "except MissingDependency as error: print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "lollms_client[store]" in said


def test_a_file_may_be_given_as_a_path_and_a_missing_folder_is_named(tmp_path: Path) -> None:
    with LollmsDataManager(tmp_path / "talks.db") as store:
        LollmsDiscussion.create_new(db_manager=store)
    assert (tmp_path / "talks.db").is_file()
    with pytest.raises(StoreFailed, match=r"no folder .*missing"):
        LollmsDataManager(f"sqlite:///{tmp_path / 'missing' / 'talks.db'}")
    with pytest.raises(BadSetting, match=r"sqlite:///talks\.db"):
        LollmsDataManager("talks.db")


def test_a_closed_store_says_so(store: LollmsDataManager) -> None:
    discussion = LollmsDiscussion.create_new(db_manager=store)
    store.close()
    with pytest.raises(StoreFailed, match="closed"):
        discussion.add_message(content="too late")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is of POSIX systems: run this on one")
def test_forked_processes_go_on_with_an_open_store(store: LollmsDataManager) -> None:
    discussion = LollmsDiscussion.create_new(db_manager=store)
    discussion.add_message(content="before")
    child = os.fork()
    if child == 0:  # nothing of the test run may go on in here
        try:
            for number in range(10):
                discussion.add_message(content=f"child {number}")
            os._exit(0)
        except BaseException:
            os._exit(1)
    for number in range(10):
        discussion.add_message(content=f"parent {number}")
    assert os.waitpid(child, 0)[1] == 0
    assert len(discussion) == 21


def test_an_existing_id_is_not_taken_twice(store: LollmsDataManager) -> None:
    discussion = copied_into(store, everything())
    with pytest.raises(BadConversation):
        copied_into(store, discussion)


WRITER = """
import sys
from lollms_client.lollms_discussion import LollmsDiscussion, LollmsDataManager
url, discussion_id, name, count = sys.argv[1:]
store = LollmsDataManager(url)
discussion = LollmsDiscussion(None, db_manager=store, discussion_id=discussion_id)
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(count)):
    discussion.add_message(content=f"{name}{number}")
    print(number, flush=True)
"""


StartWriter = Callable[[str, str, int], "subprocess.Popen[str]"]


@pytest.fixture
def start_writer(url: str) -> Iterator[StartWriter]:
    """Starts processes that add messages; none outlives the test."""
    with ExitStack() as running:

        def start(discussion_id: str, name: str, count: int) -> subprocess.Popen[str]:
            arguments = [sys.executable, "-c", WRITER, url, discussion_id, name, str(count)]
            writer = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            running.enter_context(writer)
            running.callback(writer.kill)
            return writer

        yield start


def test_two_processes_write_at_once(url: str, start_writer: StartWriter) -> None:
    writers = [start_writer("shared", name, 40) for name in ("a", "b")]  # both make the tables, too
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.communicate("go\n")[0].split()[-1] == "39"
        assert writer.returncode == 0
    with LollmsDataManager(url) as store:
        discussion = store.get_discussion(None, "shared")
        assert discussion is not None
        contents = {message.content for message in discussion.messages}
        assert contents == {f"{name}{number}" for name in "ab" for number in range(40)}
        for name in "ab":
            leaf = next(message for message in discussion.list_branches() if message.content == f"{name}39")
            branch = [message.content for message in discussion.get_branch(leaf.id)]
            assert [content for content in branch if content[0] == name] == [f"{name}{number}" for number in range(40)]


def test_a_killed_writer_loses_nothing_that_it_reported(url: str, start_writer: StartWriter) -> None:
    writer = start_writer("killed", "k", 100_000)
    assert writer.stdin is not None
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    writer.stdin.write("go\n")
    writer.stdin.flush()
    while int(writer.stdout.readline()) < 25:
        pass
    writer.send_signal(signal.SIGKILL)
    rest = writer.stdout.read().split("\n")[:-1]
    writer.wait()
    reported = int(rest[-1]) if rest else 25
    with LollmsDataManager(url) as store:
        discussion = store.get_discussion(None, "killed")
        assert discussion is not None
        branch = [message.content for message in discussion.get_messages()]
        assert branch[: reported + 1] == [f"k{number}" for number in range(reported + 1)]
        assert len(branch) == len(discussion) <= reported + 2
        discussion.add_message(content="goes on")


def test_the_tables_are_those_of_the_newest_migration(url: str, store: LollmsDataManager) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from lollms_client.discussion.store_schema import HEAD, VERSION_TABLE, metadata

    config = Config()
    config.set_main_option("script_location", "lollms_client.discussion:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": False}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()
    ours = [entry for entry in differences if "search" not in str(entry) and "words" not in str(entry)]
    assert ours == []


def test_a_store_of_a_newer_version_is_left_alone(url: str, store: LollmsDataManager) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE lollms_schema_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreFailed, match="newer"):
        LollmsDataManager(url)


def test_an_older_store_is_brought_up_to_date_with_what_is_in_it(url: str) -> None:
    from alembic import command
    from alembic.config import Config

    from lollms_client.discussion.store_schema import HEAD

    config = Config()
    config.set_main_option("script_location", "lollms_client.discussion:migrations")
    with LollmsDataManager(url) as store:
        discussion = copied_into(store, everything())
        discussion.title = "Das Straßenfest"
        discussion.add_message(content="我爱吃猫粮, très bien")
        exported = discussion.export("json")
    engine = sa.create_engine(url)
    with engine.begin() as connection:  # as version 0001 wrote it: the texts as they are
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        connection.execute(
            sa.text("UPDATE lollms_messages SET content = '我爱吃猫粮, très bien' WHERE content LIKE '%bien'")
        )
        connection.execute(sa.text("UPDATE lollms_discussions SET title = 'Das Straßenfest'"))
    engine.dispose()
    with LollmsDataManager(url) as store:
        assert reopened(store, discussion).export("json") == exported
        assert [hit["message_id"] for hit in store.search_messages("猫粮 TRES")] == [discussion.active_branch_id]
        assert len(store.search_discussions("STRASSENFEST")) == 1
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM lollms_schema_version")).scalar() == HEAD
    engine.dispose()
