"""Writes the linker script that lays side by side what a short run of mccas calls: order_functions.py MAP TRACE... > scripts/start.ld

MAP is what lld's -Map writes of a static binary, each TRACE what callgrind writes of a run of it. Called by order-functions.sh.
"""

import re
import sys

HEAD = """\
/* Written by `make order`: the functions that a short run calls, in the order of who calls them first, side by side. A new page of
   code costs more than the thousands of instructions on it, and else these lie on as many pages as there are. The names have
   gaps for the hashes in them; one that is not there any more does no harm, and one that is missing costs its page. */
"""


def called(trace):
    """The functions of a run."""
    names = re.findall(r"^c?fn=\(\d+\) (.+?)(?:'\d+)?$", open(trace).read(), re.MULTILINE)
    return dict.fromkeys(names)


def places(text):
    """Where each function is: the file (of an archive: its member), and the section in it."""
    found, place = {}, None
    for line in text.splitlines():
        words = line.split(None, 4)
        if len(words) < 5:
            continue
        section = re.fullmatch(r"(.*):\((\.text[^()]*)\)", words[4])
        if section:
            place = section.groups()
        elif place and not words[4].startswith(("/", "<internal>", ".")):
            found.setdefault(words[4], place)
        elif words[4].startswith("."):
            place = None
    return found


def pattern(file, section):
    """The section in the words of a linker script, whatever the compiler and its hashes are; nothing if it has no name of its own."""
    member = re.search(r"([^/]+\.a)\(([^()]+\.o)\)$", file)
    if member and not member[1].startswith("libring"):
        # The C library has several functions in one section.
        return f"*{member[1]}:{member[2]}({section})"
    if section == ".text":
        return None
    section = re.sub(r"17h[0-9a-f]{16}E", "17h*", section)
    if "._R" in section:
        section = re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", section)
        section = re.sub(r"B[0-9A-Za-z]*_", "B*_", section)
    return f"*({section})"


def main():
    places_of = places(open(sys.argv[1]).read())
    patterns = {}
    for trace in sys.argv[2:]:
        for name in called(trace):
            if name in places_of:
                patterns.setdefault(pattern(*places_of[name]))
    patterns.pop(None, None)
    print(HEAD + "SECTIONS\n{\n  .text.start :\n  {")
    for one in patterns:
        print(f"    {one}")
    print("  }\n}\nINSERT BEFORE .text;")


main()
