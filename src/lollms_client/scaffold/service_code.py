"""Writes the code of a new binding for a service: one request, or a job in steps."""

from __future__ import annotations

import json
import re

from lollms_client.scaffold.expressions import FILES, chat_expression, expression, files
from lollms_client.scaffold.operation import Field, Job
from lollms_client.scaffold.plan import OPEN, Plan

_INDENT = " " * 8
SELF_TEST = """

if __name__ == "__main__":
    from lollms_client.testing import self_test

    self_test(__file__)
"""


def http_code(plan: Plan) -> str:
    """The module of the kind http."""
    name, kind = plan.modality.flow, plan.modality.types
    if plan.binding_type == "llm":
        head = f"    async def {name}(self, request: ChatRequest) -> AsyncGenerator[list[StreamPart], None]:\n"
        body = f"{_send(plan)}{_INDENT}text = {_read(plan)}\n{_INDENT}warned = {_unsent(plan)}\n{_CHAT_END}"
    else:
        head = f"    async def {name}(self, request: {kind}Request) -> {kind}Result:\n"
        what = "media" if plan.modality.media else "text"
        result = f"{_INDENT}return {kind}Result({plan.modality.made}, warnings={_unsent(plan)})\n"
        body = f"{_send(plan)}{_INDENT}{what} = {_read(plan)}\n{result}"
    return _module(plan, f'{head}{_INDENT}"""{_verb(plan)}."""\n{body}', ["HttpBinding"])


def job_code(plan: Plan) -> str:
    """The module of the kind job."""
    kind, job = plan.modality.types, plan.route.job or Job()
    submit = f"    async def submit(self, request: {kind}Request) -> JobHandle:\n"
    submit += f'{_INDENT}"""Start the job; what the service has no field for is told with its result."""\n'
    submit += _send(plan).replace("return ", "reply = ")
    submit += f"{_INDENT}reply = self.decoded(await self.send(http))\n"
    submit += f"{_INDENT}id = str(value_at(reply, {json_text(job.id_path)}))\n"
    submit += f"{_INDENT}return self.handle(request, id, unsent=[item.setting for item in {_unsent(plan)}])\n"
    what = "media" if plan.modality.media else "text"
    made = "str" if plan.binding_type == "llm" else f"{kind}Result"
    collect = f"\n    async def collect(self, handle: JobHandle) -> {made}:\n"
    collect += f'{_INDENT}"""The result of a job that is done."""\n'
    collect += f"{_INDENT}reply = await self.get({_job_path(job.check)})\n{_INDENT}{what} = {_value(plan)}\n"
    collect += f"{_INDENT}return text\n" if made == "str" else _collected(plan)
    stop = ""
    if job.cancel:
        stop = _CANCEL.format(verb=job.cancel_verb, path=_job_path(job.cancel))
    look = _CHECK.format(
        path=_job_path(job.check),
        state=json_text(job.state_path),
        progress=_progress(job),
        given="progress=progress, " if job.progress_path else "",
    )
    code = submit + look + collect + stop + (_CHAT_JOB if plan.binding_type == "llm" else "")
    return _module(plan, code, ["JobBinding", "HttpBinding"], states=dict(job.states))


def _progress(job: Job) -> str:
    if not job.progress_path:
        return ""
    fraction = "Progress(fraction=min(1.0, done / 100 if done > 1 else done))"
    return (
        f"{_INDENT}done = number_at(reply, {json_text(job.progress_path)})\n"
        f"{_INDENT}progress = None if done is None else {fraction}\n"
    )


def _collected(plan: Plan) -> str:
    warnings = f'{_INDENT}warnings = dropped(handle.state.get("unsent", ()))\n'
    return f"{warnings}{_INDENT}return {plan.modality.types}Result({plan.modality.made}, warnings=warnings)\n"


def _job_path(path: str) -> str:
    return 'f"' + path.replace("{id}", "{quote(handle.id, safe='')}") + '"'


_CHECK = '''
    async def check(self, handle: JobHandle) -> JobStatus:
        """How the job stands."""
        reply = await self.get({path})
        word = text_at(reply, {state})
        state = STATES.get(word)
        if state is None:
            raise BadReply(f"the service tells a state of its job that is not known here: {{word!r}}")
{progress}        error = {{"message": f"the service says that the job is {{word}}"}} if state == "failed" else None
        return JobStatus(state=state, {given}error=error)
'''
_CANCEL = '''
    async def cancel_job(self, handle: JobHandle) -> None:
        """Stop the job at the service."""
        await self.send(self.request("{verb}", {path}))
'''
_CHAT_END = """        if warned:
            yield [WarningPart(warning=warning) for warning in warned]
        yield [TextDelta(text=text), Finished(finish="stop")]
"""
_CHAT_JOB = '''
    async def chat_flow(self, request: ChatRequest) -> AsyncGenerator[list[StreamPart], None]:
        """The answer of a job, in one piece."""
        warnings = unsent(request, SENT)
        if warnings:
            yield [WarningPart(warning=warning) for warning in warnings]
        yield [TextDelta(text=await self.run_job(request)), Finished(finish="stop")]
'''


def _verb(plan: Plan) -> str:
    text = plan.route.description.rstrip(".").replace('"', "'").replace("\\", "")
    return text[:90] if text else f"Ask {plan.said}"


def _send(plan: Plan) -> str:
    """The lines that make the request `http`."""
    route = plan.route
    body, query = _values(plan, route.of("body")), _values(plan, route.of("query"))
    if route.key_query:
        query = [*query, f"{json_text(route.key_query)}: self.key()"]
    lines = _mapping("query", query)
    path = _path(plan, lines)
    if query:
        path = f"self.url({path}, query)"
    given = ""
    if route.of("header"):
        lines += [*_mapping("headers", _values(plan, route.of("header"))), _HEADERS]
        given = ", headers=given"
    if route.encoding == "form":
        lines += _mapping("fields", body)
        attached = [files(field) for field in route.of("body") if field.ours in FILES and field.constant is None]
        last = f", {' + '.join(attached)}" if attached else ""
        lines.append(f"http = self.form_request({path}, {'fields' if body else '{}'}{last}{given})")
    elif route.encoding == "raw":
        sound = "body=bytes(request.audio), content_type=request.audio.mime_type"
        lines.append(f'http = self.request("{route.verb}", {path}, {sound}{given})')
    elif route.verb == "GET" and not body:
        lines.append(f'http = self.request("GET", {path}{given})')
    else:
        lines += _mapping("body", body)
        lines.append("sent = {name: value for name, value in body.items() if value is not None}")
        lines.append(f'http = self.request("{route.verb}", {path}, json=sent{given})')
    return "".join(f"{_INDENT}{line}\n" for line in lines)


_HEADERS = "given = {name: str(value) for name, value in headers.items() if value is not None}"


def _values(plan: Plan, fields: list[Field]) -> list[str]:
    form = plan.route.encoding == "form"
    return [
        f"{json_text(field.name)}: {_filled(plan, field)}"
        for field in fields
        if not (form and field.ours in FILES and field.place == "body")
    ]


def _filled(plan: Plan, field: Field) -> str:
    if plan.binding_type == "llm":
        return chat_expression(field, plan.method, has_system=plan.route.has_system)
    return expression(field, plan.method)


def _mapping(name: str, items: list[str]) -> list[str]:
    if not items:
        return [f"{name}: dict[str, Any] = {{}}"] if name == "body" else []
    return [f"{name} = {{", *(f"    {item}," for item in items), "}"]


def _path(plan: Plan, lines: list[str]) -> str:
    path = plan.route.path
    known = {field.name: field for field in plan.route.of("path")}
    if not re.search(r"\{[^}]+\}", path):
        return f'"{path}"'
    for number, name in enumerate(re.findall(r"\{([^}]+)\}", path), start=1):
        field = known.get(name, Field(name, place="path"))
        lines.append(f"place_{number} = quote(str({expression(field, plan.method)}), safe='')")
        path = path.replace(f"{{{name}}}", f"{{place_{number}}}")
    return f'f"{path}"'


def _read(plan: Plan) -> str:
    """The media or the text out of the reply to `http`."""
    if plan.route.reply.kind == "media":
        return f'await self.media(http, "{plan.modality.media}")'
    return _value(plan).replace("(reply,", "(self.decoded(await self.send(http)),")


def _value(plan: Plan) -> str:
    reply, kind = plan.route.reply, plan.modality.media
    if reply.kind == "base64":
        return f'media_at(reply, {json_text(reply.path)}, "{kind}")'
    if reply.kind == "url":
        return f"await self.download(text_at(reply, {json_text(reply.path)}))"
    return f"text_at(reply, {json_text(reply.path)})"


def _unsent(plan: Plan) -> str:
    return "unsent(request, SENT)"


def _key(plan: Plan) -> str:
    route = plan.route
    if route.key_query:
        return _AUTH.format(words="The key travels in the address.", value="{}")
    if (route.key_header, route.key_prefix) == ("Authorization", "Bearer "):
        return ""
    derived = f'found.derive("{route.key_prefix}{{}}")' if route.key_prefix else "found"
    value = f'{{"{route.key_header}": {derived}}} if found else {{}}'
    return _AUTH.format(words=f"The key travels in the header {route.key_header}.", value=value)


_AUTH = '''    def auth_headers(self) -> Headers:
        """{words}"""
        found = self.key()
        return {value}

'''


def _module(plan: Plan, methods: str, families: list[str], states: dict[str, str] | None = None) -> str:
    kind = plan.binding_type
    base = f"Lollms{kind.upper()}Binding"
    constants = [f'BindingName = "{plan.class_name}"', _tuple("SENT", plan.route.ours)]
    if states is not None:
        pairs = "".join(f'    {json_text(word)}: "{ours}",\n' for word, ours in states.items())
        constants.append(f"STATES: dict[str, JobState] = {{  # the service's words for ours\n{pairs}}}")
    code = _key(plan).replace("        found = self.key()\n        return {}\n", "        return {}\n") + methods
    if plan.operation is None:
        constants.insert(1, f"# {OPEN}: the paths and the names of the fields are a beginning; write your service's")
    constants[1:1] = [f"# {OPEN}: the document does not say {guess}" for guess in plan.route.guesses if plan.operation]
    head = "\n".join(constants)
    return (
        f'"""{plan.said}, over HTTP."""\n\n{_imports(head + code, kind, base, families)}\n\n{head}\n\n\n'
        f'class {plan.class_name}({", ".join(families)}, {base}):\n    """{plan.said}."""\n\n{code}{SELF_TEST}'
    )


def _tuple(name: str, items: list[str]) -> str:
    line = f"{name} = ({', '.join(json_text(item) for item in items)}{',' if len(items) == 1 else ''})"
    comment = "  # the fields of the typed request that the service knows"
    return line + comment if len(line) + len(comment) <= 110 else _wrapped(name, items)


def _wrapped(name: str, items: list[str]) -> str:
    rows = "".join(f"    {json_text(item)},\n" for item in items)
    return f"{name} = (  # the fields of the typed request that the service knows\n{rows})"


def json_text(text: str) -> str:
    """A text as a literal of Python."""
    return json.dumps(text, ensure_ascii=False)


_MODULES = {
    "lollms_client.errors": ("BadReply",),
    "lollms_client.families.http": ("Headers", "HttpBinding"),
    "lollms_client.families.jobs": ("JobBinding",),
    "lollms_client.families.multipart": ("FormFile",),
    "lollms_client.families.reply_values": ("media_at", "number_at", "text_at", "value_at"),
    "lollms_client.families.unsent": ("dropped", "unsent"),
    "lollms_client.types": (
        "ChatRequest", "Finished", "ImageRequest", "ImageResult", "MusicRequest", "MusicResult", "Progress",
        "SpeechRequest", "SpeechResult", "StreamPart", "TextDelta", "TranscriptionRequest", "TranscriptionResult",
        "VideoRequest", "VideoResult", "WarningPart",
    ),
    "lollms_client.types.job": ("JobHandle", "JobState", "JobStatus"),
}  # fmt: skip
_STANDARD = {"collections.abc": "AsyncGenerator", "typing": "Any", "urllib.parse": "quote"}


def _imports(code: str, kind: str, base: str, families: list[str]) -> str:
    text = f"{code} {' '.join(families)}"

    def used(name: str) -> bool:
        return re.search(rf"(?<![\w.]){name}\b(?!=)", re.sub(r'"[^"\n]*"', _spaces, text)) is not None

    standard = [f"from {module} import {name}" for module, name in _STANDARD.items() if used(name)]
    own = {module: [name for name in names if used(name)] for module, names in _MODULES.items()}
    own[f"lollms_client.lollms_{kind}_binding"] = [base]
    lines = [f"from {module} import {', '.join(names)}" for module, names in sorted(own.items()) if names]
    return "\n".join(standard + [""] * bool(standard) + lines)


def _spaces(found: re.Match[str]) -> str:
    """Of a text in the code only what stands in braces."""
    return " ".join(["", *re.findall(r"\{([^{}]+)\}", found[0]), ""])


def broken_import(line: str) -> str:
    """A line of code; an import that is too long for the usual width with a line for each name."""
    if len(line) <= 88 or not line.startswith("from "):
        return line
    head, _, names = line.partition(" import ")
    return f"{head} import (\n" + "".join(f"    {name},\n" for name in names.split(", ")) + ")"
