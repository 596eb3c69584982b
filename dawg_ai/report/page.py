"""A report as one self-contained HTML file, with text, tables, pictures and audio.

Functions return HTML fragments and escape all text they are given.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #212529; --soft: #5c636a; --line: #dee2e6; --back: #fff; --panel: #f8f9fa;
  --accent: #d9480f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ecef; --soft: #adb5bd; --line: #373b3f; --back: #16181a;
  --panel: #1f2225; --accent: #ff922b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 860px; padding: 40px 24px 80px; background: var(--back); color: var(--ink);
  font: 16px/1.6 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 32px; line-height: 1.2; margin: 0 0 8px; letter-spacing: -0.01em; }
h2 { font-size: 20px; margin: 48px 0 12px; }
p { margin: 0 0 14px; } .lead { font-size: 18px; color: var(--soft); }
img { width: 100%; border: 1px solid var(--line); border-radius: 8px; background: #fff; display: block; }
table { border-collapse: collapse; width: 100%; font-size: 14px; margin: 0 0 22px;
  font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: 500; }
td, th { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); }
td:not(:first-child), th:not(:first-child) { text-align: right; white-space: nowrap; overflow-wrap: normal; }
td:first-child { min-width: 120px; }
tr.ours td { color: var(--accent); font-weight: 600; } .scroll { overflow-x: auto; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin: 28px 0; }
.facts div { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; }
.facts b { display: block; font-size: 24px; line-height: 1.2; } .facts span { color: var(--soft); font-size: 13px; }
pre, .player { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px;
  margin: 0 0 14px; }
pre { overflow-x: auto; font: 14px/1.7 ui-monospace, monospace; }
.player .row { display: flex; gap: 12px; align-items: center; }
.player input { flex: 1; accent-color: var(--accent); }
.player button { font: inherit; font-size: 14px; color: inherit; background: var(--back); cursor: pointer;
  border: 1px solid var(--line); border-radius: 6px; padding: 6px 12px; }
.player button.play { width: 76px; background: var(--accent); border-color: var(--accent); color: #fff; }
.player button[aria-pressed=true] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.player .versions { flex-wrap: wrap; gap: 8px; margin-top: 12px; }
.player p { margin: 10px 0 0; color: var(--soft); font-size: 14px; }
details { font-size: 14px; } summary { cursor: pointer; color: var(--soft); } .player p:empty { display: none; }
.player .time { color: var(--soft); font-size: 13px; min-width: 36px; font-variant-numeric: tabular-nums; }
"""

# All versions share the playback position, so that switching within a note compares that note.
SCRIPT = """
let nearest = document.querySelector(".player");
for (const player of document.querySelectorAll(".player")) {
  const sounds = [...player.querySelectorAll("audio")], buttons = [...player.querySelectorAll(".versions button")];
  const play = player.querySelector(".play"), place = player.querySelector("input");
  const time = player.querySelector(".time"), about = player.querySelector("p");
  let now = sounds[0];
  const show = () => {
    play.textContent = now.paused ? "Play" : "Pause";
    place.max = now.duration || 1; place.value = now.currentTime;
    time.textContent = Math.floor(now.currentTime) + " s";
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", sounds[i] === now));
    about.textContent = buttons[sounds.indexOf(now)].title;
  };
  buttons.forEach((button, i) => button.onclick = () => {
    const { currentTime, paused } = now;
    now.pause(); now = sounds[i]; now.currentTime = currentTime;
    if (!paused) now.play();
    show();
  });
  play.onclick = () => now.paused ? now.play() : now.pause();
  place.oninput = () => { now.currentTime = place.value; };
  const events = ["play", "pause", "timeupdate", "ended", "loadedmetadata"];
  for (const sound of sounds) for (const event of events) sound.addEventListener(event, show);
  for (const event of ["pointerdown", "focusin"]) player.addEventListener(event, () => { nearest = player; });
  show();
}
// Keys go to the player last touched: digits choose a version, space plays.
document.onkeydown = event => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const button = nearest?.querySelectorAll(".versions button")[event.key - 1];
  if (button) button.click();
  else if (event.key === " " && !event.target.closest("button, summary")) {
    event.preventDefault();
    nearest?.querySelector(".play").click();
  }
};
document.addEventListener("play", event => {
  for (const sound of document.querySelectorAll("audio"))
    if (sound.closest(".player") !== event.target.closest(".player")) sound.pause();
}, true);
"""


def document(title: str, *pieces: str) -> str:
    """The HTML page.

    Args:
        title: Heading and title, as plain text.
        pieces: HTML fragments from the other functions, in order.

    Returns:
        Self-contained HTML.
    """
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        f"<head>{head}<title>{escape(title)}</title><style>{STYLE}</style></head>",
        f"<body><h1>{escape(title)}</h1>",
        *pieces,
        f"<script>{SCRIPT}</script></body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def heading(text: str) -> str:
    """A heading of the second level."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str, kind: str = "") -> str:
    """Running text.

    Args:
        text: `**word**` is strong and a word in backticks is code, as in Markdown.
        kind: A class of `STYLE`, such as "lead".

    >>> paragraph("**loud** & clear", "lead")
    '<p class="lead"><strong>loud</strong> &amp; clear</p>'
    """
    return f'<p class="{escape(kind)}">{_inline(text)}</p>' if kind else f"<p>{_inline(text)}</p>"


def _inline(text: str) -> str:
    strong = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text))
    return re.sub(r"`(.+?)`", r"<code>\1</code>", strong)


def facts(values: Mapping[str, str]) -> str:
    """A row of figures in boxes, name -> value with its unit."""
    boxes = (f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for name, value in values.items())
    return f'<div class="facts">{"".join(boxes)}</div>'


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table.

    Args:
        head: The heading of each column.
        rows: Cells as text, marked up as in `paragraph`; a row whose first cell is strong is highlighted.
    """
    lines = [f"<tr>{''.join(f'<th>{_inline(cell)}</th>' for cell in head)}</tr>"]
    for row in rows:
        kind = ' class="ours"' if row[0].startswith("**") else ""
        lines.append(f"<tr{kind}>{''.join(f'<td>{_inline(cell)}</td>' for cell in row)}</tr>")
    return f'<div class="scroll"><table>{"".join(lines)}</table></div>'


def markdown(text: str) -> str:
    """Convert Markdown paragraphs and tables to HTML; other Markdown is not supported.

    >>> markdown("so **good** & so on")
    '<p>so <strong>good</strong> &amp; so on</p>'
    """
    pieces = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if lines[0].startswith("|"):
            cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
            pieces.append(table(cells[0], cells[2:]))
        else:
            pieces.append(paragraph(" ".join(lines)))
    return "\n".join(pieces)


def image(png: bytes, meaning: str) -> str:
    """A picture, embedded.

    Args:
        png: The PNG file.
        meaning: Text alternative.
    """
    return f'<img alt="{escape(meaning)}" src="data:image/png;base64,{b64encode(png).decode()}">'


def player(versions: Mapping[str, tuple[str, bytes]]) -> str:
    """One player for several versions of a sound; switching between them keeps the position.

    Args:
        versions: Name on the button -> (description, MP3 or Ogg file), all time-aligned.
    """
    sounds = "".join(
        f'<audio preload="auto" src="data:{_media_type(sound)};base64,{b64encode(sound).decode()}"></audio>'
        for _, sound in versions.values()
    )
    buttons = "".join(
        f'<button title="{escape(about)}">{escape(name)}</button>' for name, (about, _) in versions.items()
    )
    row = '<button class="play">Play</button><input type="range" min="0" value="0" step="0.01" aria-label="Place">'
    return (
        f'<div class="player"><div class="row">{row}<span class="time"></span></div>'
        f'<div class="row versions">{buttons}</div><p></p>{sounds}</div>'
    )


def _media_type(sound: bytes) -> str:
    return "audio/ogg" if sound.startswith(b"OggS") else "audio/mpeg"


def reveal(question: str, answer: str) -> str:
    """A question whose answer is hidden until it is opened."""
    return f"<details><summary>{escape(question)}</summary>{_inline(answer)}</details>"


def text(lines: str) -> str:
    """Preformatted text."""
    return f"<pre>{escape(lines)}</pre>"


def commands(lines: Mapping[str, str]) -> str:
    """Shell commands, command -> what it does."""
    return text("\n\n".join(f"# {about}\n{line}" for line, about in lines.items()))
