"""Rules of adversaries: replies cut, mixed up, faked or endless; the call ends in time, rightly or with an error."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.testing.attack_ends import Trial
from lollms_client.testing.attack_evidence import AttackEvidence, evidence_of
from lollms_client.testing.attack_judging import told, verdict
from lollms_client.testing.rules import NotApplicable, rule
from lollms_client.testing.subject import Subject

MOST_MEBIBYTES = 768.0  # by which the process may grow under all attacks


def _trials(subject: Subject) -> AttackEvidence:
    return evidence_of(subject, "adversaries")


def _verdicts(subject: Subject, code: str) -> Iterator[str]:
    found = [trial for trial in _trials(subject).trials if trial.rule == code]
    if not found:
        raise NotApplicable("its cases hold nothing that could be attacked so")
    yield from told(found, verdict)


@rule(
    "A101",
    "a reply may arrive in any pieces",
    reason="Networks cut where they like: within a letter, a line end, an event.",
    cure="Collect bytes until a line or a document is complete, and decode then.",
)
def _splits(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A101")


@rule(
    "A102",
    "a reply may be written in any of the right ways",
    reason="Servers and gateways change line ends, send comments to keep a connection, and add fields.",
    cure="Use an event or JSON parser that keeps to its standard; ignore unknown fields and comments.",
)
def _forms(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A102")


@rule(
    "A103",
    "parts lost, repeated or out of order do no harm",
    reason="Proxies lose and repeat parts of streams.",
    cure="Check what you read out of each part; raise BadReply where it does not fit.",
)
def _order(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A103")


@rule(
    "A104",
    "half an answer is no answer",
    reason="A text that stops in the middle looks complete to who reads it.",
    cure="Raise BadReply where a stream ends before its mark of the end, or a body before its length.",
)
def _cut_off(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A104")


@rule(
    "A105",
    "a silent service is given up in time",
    reason="Without a time limit for each wait the application hangs.",
    cure="Give connecting, the first byte, and the wait between two pieces a limit.",
)
def _silence(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A105")


@rule(
    "A106",
    "a broken connection is an error",
    reason="What was read so far is no answer.",
    cure="Turn the connection's failure into Unavailable or BadReply.",
)
def _broken(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A106")


@rule(
    "A107",
    "what is not what it should be is an error",
    reason="Gateways answer with web pages; broken JSON must not be passed over in silence.",
    cure="Decode strictly and look at the type; raise BadReply for a page, broken JSON, or nothing of use.",
)
def _other_type(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A107")


@rule(
    "A108",
    "a field of a wrong type raises nothing foreign",
    reason="Services change and send null; a KeyError or TypeError out of the depth ends applications.",
    cure="Check the type of each field that is read: pass over what is not needed, raise BadReply for the rest.",
)
def _types(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A108")


@rule(
    "A109",
    "an empty reply is an error",
    reason="Nothing is no answer.",
    cure="Raise BadReply where the reply does not hold what the call is for.",
)
def _nothing(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A109")


@rule(
    "A110",
    "an error in disguise is an error",
    reason="Many services send failures with status 200, or in the middle of a stream.",
    cure="Look for an error in every reply and every event; raise where the content is missing.",
)
def _disguised(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A110")


@rule(
    "A111",
    "a reply is read up to a limit",
    reason="An endless or packed reply fills the memory of the application's machine.",
    cure="Give each read a limit in bytes, of what comes out of the unpacking, too.",
)
def _too_large(subject: Subject) -> Iterator[str]:
    yield from told([trial for trial in _trials(subject).trials if trial.rule == "A111"], _taken)


def _taken(trial: Trial) -> str | None:
    return verdict(trial) or trial.left or None


@rule(
    "A112",
    "a packed body is unpacked or refused",
    reason="Proxies pack what nobody asked them to.",
    cure="Look at Content-Encoding; unpack gzip and deflate, refuse what is broken, cut off or unknown.",
)
def _packed(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A112")


@rule(
    "A113",
    "redirects come to an end",
    reason="Services that are set up wrongly redirect in circles.",
    cure="Follow a few redirects at most.",
)
def _circles(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A113")


@rule(
    "A114",
    "no secret goes to another server",
    reason="Whoever can make a service redirect would get the user's key.",
    cure="Refuse redirects to another server, or follow them without the key; do not follow into private addresses.",
)
def _elsewhere(subject: Subject) -> Iterator[str]:
    yield from told(_trials(subject).trials, _carried)
    yield from told([trial for trial in _trials(subject).trials if trial.rule == "A114"], verdict)


def _carried(trial: Trial) -> str | None:
    return f"a secret went to {', '.join(trial.carried)}" if trial.carried else None


@rule(
    "A115",
    "addresses in replies lead to nothing private",
    reason="An address such as http://169.254.169.254/ gives what lies there to whoever sees the result.",
    cure="Fetch with `download`, which checks scheme and address; or check them before fetching.",
)
def _private(subject: Subject) -> Iterator[str]:
    yield from told([trial for trial in _trials(subject).trials if trial.rule in ("A114", "A115")], _reached)
    yield from _verdicts(subject, "A115")


def _reached(trial: Trial) -> str | None:
    if trial.expect != "error" or not trial.reached:
        return None
    return f"it reached for {', '.join(trial.reached)}"


@rule(
    "A116",
    "HTTP written in odd or wrong ways does no harm",
    reason="Between the application and the service stand proxies of all ages.",
    cure="Leave HTTP to a library and its errors to the families, or turn them into errors of ours.",
)
def _framing(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A116")


@rule(
    "A117",
    "a job without an end is given up in time",
    reason="Jobs get stuck at services; the application must not.",
    cure="Stop asking after a time; treat an unknown state as going on, up to that time.",
)
def _endless_jobs(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A117")


@rule(
    "A118",
    "a job that fails, vanishes or goes backwards is told as it is",
    reason="The user should learn why there is no film.",
    cure="Look at the state in each answer; a job that the service does not know any more is an error.",
)
def _jobs(subject: Subject) -> Iterator[str]:
    yield from _verdicts(subject, "A118")


@rule(
    "A119",
    "the process survives every attack",
    reason="A binding runs in the application's process.",
    cure="Do not end the process, and do not wait or work without a limit.",
)
def _survives(subject: Subject) -> Iterator[str]:
    evidence = _trials(subject)
    if not evidence.finished:
        yield f"the check did not come to its end ({evidence.ended}); it was at: {evidence.busy}"


@rule(
    "A120",
    "attacks leave nothing behind",
    reason="A server that meets bad replies all day runs out of connections and threads.",
    cure="Close replies and connections in `finally` or `with`, whatever happened.",
)
def _leaks(subject: Subject) -> Iterator[str]:
    evidence = _trials(subject)
    for name, grown in evidence.grown.items():
        if grown >= 5:
            yield f"{grown:.0f} {name} stayed after {len(evidence.trials)} attacks"


@rule(
    "A121",
    "attacks do not fill the memory",
    reason="One bad reply would end the application.",
    cure="Read with a limit; unpack with a limit; keep no replies.",
)
def _memory(subject: Subject) -> Iterator[str]:
    evidence = _trials(subject)
    if evidence.megabytes > MOST_MEBIBYTES:
        yield f"the process grew by {evidence.megabytes:.0f} MiB"


@rule(
    "A122",
    "the next call works after an attack",
    reason="One bad reply must not break the calls after it.",
    cure="Keep no connection, flag or half-read reply of a failed call.",
)
def _next_call(subject: Subject) -> Iterator[str]:
    yield from told(_trials(subject).trials, lambda trial: trial.after or None)


@rule(
    "A123",
    "no secret shows in an error under attack",
    reason="Bad replies repeat what was sent; the errors about them are logged.",
    cure="Mask what a service repeats before it goes into a message.",
)
def _secrets(subject: Subject) -> Iterator[str]:
    yield from told(
        _trials(subject).trials, lambda trial: f"the value of {trial.secret} shows" if trial.secret else None
    )
