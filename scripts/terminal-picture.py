#!/usr/bin/env python3
"""Draws what a terminal shows as an SVG: reads the output of `tmux capture-pane -e -p` on stdin, writes the picture on stdout.

Usage: terminal-picture.py COLUMNS [TITLE]

Knows the colours and styles that mccas uses; every run of equal style is one <text> of a fixed width, so that it
looks the same whatever font the reader has.
"""

import re
import sys
from html import escape

CELL_WIDTH, CELL_HEIGHT, MARGIN, BAR = 8.4, 18, 16, 34
GROUND, INK = "#1d2021", "#ddd6c1"
COLOURS = {30: "#665c54", 31: "#fb4934", 32: "#b8bb26", 33: "#fabd2f", 34: "#83a598", 35: "#d3869b", 36: "#8ec07c", 37: INK}
ESCAPE = re.compile(r"\x1b\[([0-9;]*)m|\x1b\][^\x07]*\x07|\x1b[()]B|[\x0e\x0f]")


def styled(line, style):
    """The runs of a line: (column, text, style), and the style after it."""
    runs, column, at = [], 0, 0
    for match in list(ESCAPE.finditer(line)) + [None]:
        text = line[at : match.start() if match else len(line)]
        if text:
            runs.append((column, text, dict(style)))
            column += len(text)
        if match is None:
            break
        at = match.end()
        for code in [int(code or 0) for code in (match.group(1) or "0").split(";")] if match.group(1) is not None else []:
            if code == 0:
                style = {}
            elif code in (1, 2):
                style = {**style, "weight": code}
            elif code == 22:
                style = {name: value for name, value in style.items() if name != "weight"}
            elif code == 39:
                style = {name: value for name, value in style.items() if name != "colour"}
            elif 30 <= code <= 37 or 90 <= code <= 97:
                style = {**style, "colour": code if code < 90 else code - 60}
    return runs, style


def text_of(run, row):
    column, text, style = run
    if not text.strip():
        return ""
    attributes = ['fill="%s"' % COLOURS.get(style.get("colour"), INK)]
    if style.get("weight") == 1:
        attributes.append('font-weight="bold"')
    if style.get("weight") == 2:
        attributes.append('opacity="0.65"')
    return '<text x="%.1f" y="%d" textLength="%.1f" xml:space="preserve" %s>%s</text>' % (
        MARGIN + column * CELL_WIDTH,
        BAR + MARGIN + row * CELL_HEIGHT + 13,
        len(text) * CELL_WIDTH,
        " ".join(attributes),
        escape(text),
    )


def main():
    columns = int(sys.argv[1])
    title = sys.argv[2] if len(sys.argv) > 2 else ""
    lines = [line.rstrip("\n") for line in sys.stdin]
    while lines and not ESCAPE.sub("", lines[-1]).strip():
        lines.pop()
    width = columns * CELL_WIDTH + 2 * MARGIN
    height = BAR + len(lines) * CELL_HEIGHT + 2 * MARGIN
    print('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s"' % (width, height, escape(title)))
    print('  font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="14">')
    print('<rect width="%.0f" height="%.0f" rx="8" fill="%s"/>' % (width, height, GROUND))
    for n, colour in enumerate(("#fb4934", "#fabd2f", "#b8bb26")):
        print('<circle cx="%d" cy="17" r="6" fill="%s"/>' % (22 + 20 * n, colour))
    print('<text x="%.0f" y="22" text-anchor="middle" fill="%s" opacity="0.65">%s</text>' % (width / 2, INK, escape(title)))
    style = {}
    for row, line in enumerate(lines):
        runs, style = styled(line, style)
        for run in runs:
            if text := text_of(run, row):
                print(text)
    print("</svg>")


main()
