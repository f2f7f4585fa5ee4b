"""A conversation as one HTML page that needs nothing else: styles and media are inside, every text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from html import escape

from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.turns import arguments_text, described
from lollms_client.types.message import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --user: #3b82f622; --system: #eab30822; --tool: #10b98122 }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
article { border: 1px solid var(--line); border-radius: .6rem; padding: .7rem 1rem; margin: 0 0 1rem }
article.user { background: var(--user) } article.system { background: var(--system) }
article.tool { background: var(--tool) } header { font-size: .85rem; opacity: .8; margin-bottom: .3rem }
.text, pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0 }
img { display: block; max-width: 100%; max-height: 80vh; margin: .3rem 0; border-radius: .4rem } audio { width: 100% }
"""


def to_html(branch: Sequence[LollmsMessage], system_text: str, title: str) -> str:
    """A page with one article for each message."""
    name = escape(title or "Conversation")
    articles = [_article("system", "System", _text(system_text))] if system_text.strip() else []
    articles.extend(_message(message) for message in branch)
    return (
        f'<!doctype html>\n<html lang="und">\n<head>\n<meta charset="utf-8">\n<title>{name}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{name}</h1>\n" + "\n".join(articles) + "\n</body>\n</html>\n"
    )


def _article(role: str, heading: str, body: str) -> str:
    return f'<article class="{role}">\n<header>{heading}</header>\n{body}\n</article>'


def _message(message: LollmsMessage) -> str:
    facts = [f"<strong>{escape(message.sender)}</strong>"]
    if message.kind == "summary":
        facts.append("summary of what came before")
    if message.model_name:
        facts.append(escape(message.model_name))
    stamp = message.created_at.astimezone(UTC)
    facts.append(f'<time datetime="{stamp.isoformat()}">{stamp:%Y-%m-%d %H:%M} UTC</time>')
    if message.status != "complete":
        facts.append(f"<em>{message.status}</em>")
    body = "\n".join(piece for part in message.parts if (piece := _part(part)))
    if message.error:
        body += f"\n<p><em>{escape(str(message.error.get('message', '')))}</em></p>"
    return _article(message.sender_type, " · ".join(facts), body)


def _text(text: str) -> str:
    return f'<div class="text">{escape(text.strip())}</div>' if text.strip() else ""


def _part(part: Part) -> str:
    if isinstance(part, TextPart):
        return _text(part.text)
    if isinstance(part, ReasoningPart):
        return f"<details><summary>Reasoning</summary>{_text(part.text)}</details>" if part.text.strip() else ""
    if isinstance(part, ImagePart):
        source = part.media.data_url() if part.media is not None else part.url or ""
        return f'<img alt="" src="{escape(source)}">'
    if isinstance(part, AudioPart) and part.media is not None:
        player = f'<audio controls src="{escape(part.media.data_url())}"></audio>'
        return player + _text(part.transcript or "")
    if isinstance(part, FilePart) and part.media is not None:
        label = escape(part.name or described(part))
        return f'<a download="{escape(part.name or "file")}" href="{escape(part.media.data_url())}">{label}</a>'
    if isinstance(part, ToolCallPart):
        return f"<p>Tool call <code>{escape(part.name)}</code></p><pre>{escape(arguments_text(part))}</pre>"
    if isinstance(part, ToolResultPart):
        return _result(part)
    return _text(described(part))


def _result(part: ToolResultPart) -> str:
    label = "Tool error" if part.is_error else "Tool result"
    inner = f"<pre>{escape(part.content)}</pre>" if isinstance(part.content, str) else ""
    if not isinstance(part.content, str):
        inner = "\n".join(_part(piece) for piece in part.content)
    return f"<p>{label} <code>{escape(part.name or part.call_id)}</code></p>{inner}"
