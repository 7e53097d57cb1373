#!/usr/bin/env python3
"""Who may include whom: a plugin reaches the world through the public SDK only.

Plugins use nothing of ezapi::detail, include no header of the host, and of other plugins' folders only the libraries
that are no plugins. The SDK includes nothing of the host or of a plugin, and the host nothing of a plugin."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'#include ["<]([\w./-]+)[">]')
FOLDERS = sorted(path.name for path in (ROOT / "plugins").iterdir() if path.is_dir())
LIBRARIES = [name for name in FOLDERS if not (ROOT / "plugins" / name / "plugin.cpp").exists()]


def sources(folder):
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in (".h", ".hpp", ".cpp"):
            yield path


def faults_of(path):
    parts = path.relative_to(ROOT).parts
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if parts[0] == "plugins" and re.search(r"\bdetail::", line):
            yield number, "uses a private part of the SDK"
        match = INCLUDE.match(line)
        if not match:
            continue
        first = match.group(1).split("/")
        if parts[0] in ("plugins", "sdk") and first[0] == "host":
            yield number, "includes a header of the host"
        if first[0] == "plugins":
            yield number, "includes by the way through plugins/"
        if parts[0] == "plugins":
            allowed = first[0] == parts[1] or first[0] in LIBRARIES or not (ROOT / "plugins" / match.group(1)).exists()
            if len(first) > 1 and first[0] in FOLDERS and not allowed:
                yield number, "includes a header of another plugin"
        elif len(first) > 1 and first[0] in FOLDERS and (ROOT / "plugins" / match.group(1)).exists():
            yield number, "includes a header of a plugin"


def main():
    count = tried = 0
    for folder in ("plugins", "sdk/include", "host"):
        for path in sources(folder):
            tried += 1
            for number, what in faults_of(path):
                count += 1
                print(f"{path.relative_to(ROOT)}:{number}: {what}")
    print(f"{tried} files, {count} across a border")
    return 1 if count or tried < 100 else 0


sys.exit(main())
