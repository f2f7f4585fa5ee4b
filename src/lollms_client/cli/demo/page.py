"""The demo's page: one HTML file without foreign references that shows and plays what lies beside it."""

from __future__ import annotations

from html import escape
from pathlib import Path

from lollms_client import __version__
from lollms_client.cli.demo.drafts import words_of
from lollms_client.cli.demo.outcome import Outcome
from lollms_client.cli.demo.steps import Demo
from lollms_client.cli.demo.word_errors import align
from lollms_client.cli.terminal import size_words
from lollms_client.secret import redact

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6579; --paper: #f6f3ec; --card: #fffdf8;
  --line: #ddd6c7; --wrong: #b3261e; --accent: #b4472a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9e6df; --soft: #a3abb9; --paper: #131722; --card: #1b2130;
  --line: #313a4e; --wrong: #ff8f86; --accent: #f0a35e; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.6 Georgia, 'Times New Roman', serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 2.3rem; line-height: 1.15; margin: 0 0 .4rem; }
h2 { font-size: 1.1rem; margin: 0; }
.lead, .made, footer, th { color: var(--soft); }
.made, table, footer, .asked { font-family: system-ui, sans-serif; font-size: .85rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 1.25rem; margin: 1.25rem 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1.1rem 1.25rem; }
section.wide { grid-column: 1 / -1; }
img, video { display: block; width: 100%; border-radius: .4rem; margin: .7rem 0; background: #000; }
audio { width: 100%; margin: .7rem 0; }
blockquote { margin: .7rem 0; font-size: 1.2rem; }
.asked { margin: .5rem 0 0; }
.wrong { color: var(--wrong); text-decoration: underline wavy; text-underline-offset: .2em; }
.missing { color: var(--wrong); text-decoration: line-through; }
.failed { color: var(--wrong); }
pre { white-space: pre-wrap; font: inherit; font-size: .9rem; margin: .5rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; }
"""


def write_page(demo: Demo, path: Path) -> Path:
    """Write the page; returns its path."""
    path.write_text(redact(_page(demo)), encoding="utf-8")
    return path


def _page(demo: Demo) -> str:
    made = sum(outcome.error is None for outcome in demo.outcomes)
    lead = (
        f"One little story as text, picture, speech, transcript, film and music: {made} of six made on this machine in "
        f"{demo.elapsed:.0f} seconds by lollms_client {__version__}."
    )
    foot = (
        "Each part names the engine that made it. The files lie beside this page; demo.json tells the same to a "
        "program. `lollms show BINDING` tells the licence, the limits and the settings of each engine."
    )
    parts = [
        f'<h1>A lighthouse at night, six ways</h1>\n<p class="lead">{escape(lead)}</p>\n<div class="grid">',
        _text(demo.outcome("text")),
        _picture(demo.outcome("picture")),
        _film(demo.outcome("film")),
        _speech(demo.outcome("speech")),
        _music(demo.outcome("music")),
        _transcript(demo.outcome("transcript"), demo.outcome("text")),
        "</div>",
        _table(demo),
        f"<footer><p>{escape(foot)}</p></footer>",
    ]
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>A lighthouse at night, six ways</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _section(outcome: Outcome, content: str, *, wide: bool = False) -> str:
    made_by = outcome.binding + (f", {outcome.model}" if outcome.model and outcome.model != outcome.binding else "")
    if outcome.error is not None:
        content = f'<p class="failed">Not made: {escape(str(outcome.error))}</p>'
    notes = "".join(f'<p class="made">Note: {escape(text)}</p>' for text in outcome.notes)
    asked = f'<p class="asked"><b>Asked:</b> {escape(outcome.prompt)}</p>' if outcome.prompt else ""
    return (
        f'<section class="{"wide" if wide else "part"}" id="{outcome.name}">\n<h2>{escape(outcome.title)}</h2>\n'
        f'<p class="made">made by {escape(made_by)} in {outcome.elapsed:.1f} s; {escape(outcome.summary)}</p>\n'
        f"{content}\n{asked}{notes}\n</section>"
    )


def _file(outcome: Outcome) -> str:
    return escape(outcome.files[0].name) if outcome.files else ""


def _text(outcome: Outcome) -> str:
    return _section(outcome, f"<blockquote>{escape(outcome.text)}</blockquote>", wide=True)


def _picture(outcome: Outcome) -> str:
    return _section(outcome, f'<img src="{_file(outcome)}" alt="{escape(outcome.prompt)}">')


def _film(outcome: Outcome) -> str:
    return _section(outcome, f'<video src="{_file(outcome)}#t=1" controls preload="metadata"></video>')


def _speech(outcome: Outcome) -> str:
    section = _section(outcome, f'<audio src="{_file(outcome)}" controls preload="metadata"></audio>')
    return section.replace(f"<b>Asked:</b> {escape(outcome.prompt)}", "<b>Asked:</b> the text above")


def _music(outcome: Outcome) -> str:
    player = f'<audio src="{_file(outcome)}" controls preload="metadata"></audio>'
    return _section(outcome, f"{player}\n<pre>{escape(outcome.text)}</pre>")


def _transcript(outcome: Outcome, story: Outcome) -> str:
    if outcome.error is not None:
        return _section(outcome, "", wide=True)
    alone = float(outcome.facts["word_error_rate_alone"])
    rate = float(outcome.facts["word_error_rate"])
    if outcome.facts["prompted"]:
        explained = (
            f"The recogniser heard the speech above, told the words to expect: {rate:.0%} of the words are wrong. Left "
            f"alone, {alone:.0%} are: it was made for human voices, and this one is a formant synthesiser."
        )
    else:
        explained = f"The recogniser heard the speech above: {rate:.0%} of the words are wrong."
    marked = _marked(words_of(story.text), words_of(outcome.text)) if story.text else escape(outcome.text)
    return _section(outcome, f"<blockquote>{marked}</blockquote>\n<p>{escape(explained)}</p>", wide=True)


def _marked(said: list[str], heard: list[str]) -> str:
    """The words heard, the wrong ones marked and those not heard struck out."""
    parts = []
    for step in align(said, heard):
        if step.kind == "same":
            parts.append(escape(step.heard))
        elif step.kind == "missing":
            parts.append(f'<span class="missing">{escape(step.said)}</span>')
        else:
            title = f' title="said: {escape(step.said)}"' if step.said else ""
            parts.append(f'<span class="wrong"{title}>{escape(step.heard)}</span>')
    return " ".join(parts)


def _table(demo: Demo) -> str:
    rows = []
    for outcome in demo.outcomes:
        size = size_words(sum(path.stat().st_size for path in outcome.files)) if outcome.files else ""
        links = ", ".join(f'<a href="{escape(path.name)}">{escape(path.name)}</a>' for path in outcome.files)
        result = escape(str(outcome.error)) if outcome.error is not None else f"{links}<br>{escape(outcome.summary)}"
        cells = (escape(outcome.title), escape(outcome.binding), f"{outcome.elapsed:.1f} s", size, result)
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{title}</th>" for title in ("What", "Made by", "Took", "Size", "Result"))
    return (
        f'<section class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></section>'
    )
