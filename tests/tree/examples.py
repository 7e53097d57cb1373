#!/usr/bin/env python3
"""Every example in a header of the SDK also exists in tests/sdk/examples_test.cpp, where it is compiled.

An example is a part of a comment that is indented by four more spaces. White space and comments are ignored. In the
test the examples of a header follow a line with its name: // <ezapi/db.hpp>"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "sdk" / "include"


def bare(code):
    code = re.sub(r"//.*", "", code)
    return re.sub(r"\s+", "", code)


def examples_of(header):
    """The blocks of lines that begin with "//     "; a header may have several of them."""
    found, block = [], []
    for line in header.read_text(encoding="utf-8").splitlines() + [""]:
        match = re.match(r"\s*///?     (.*)", line)
        if match:
            block.append(match.group(1))
        elif line.strip() == "//" and block:
            block.append("")
        elif block:
            found.append("\n".join(block))
            block = []
    return found


def main():
    parts = re.split(r"// <(ezapi/[\w/.-]+)>\n", (ROOT / "tests" / "sdk" / "examples_test.cpp").read_text(encoding="utf-8"))
    compiled = {}
    for name, code in zip(parts[1::2], parts[2::2]):
        compiled[name] = compiled.get(name, "") + bare(code)
    faults = tried = 0
    for header in sorted(INCLUDE.rglob("*.hpp")):
        name = str(header.relative_to(INCLUDE))
        for example in examples_of(header):
            for part in filter(None, (bare(piece) for piece in re.split(r"\n\n", example))):
                tried += 1
                if part not in compiled.get(name, ""):
                    faults += 1
                    print(f"{name}: this example is not compiled by tests/sdk/examples_test.cpp:\n{example}\n")
    print(f"{tried} examples, {faults} not compiled")
    return 1 if faults or tried == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
