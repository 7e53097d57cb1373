"""Reads the C headers of the ABI.

  structs.py list HEADER...           each struct with the rule by which it crosses; exit 1 when a
                                      struct breaks the rules that abi.h states
  structs.py members HEADER...        SIZED, FIXED, MEMBER and ENUM lines for a C test
  structs.py grow FOLDER HEADER...    copies in which every struct that has a size is one member longer
"""

import os
import re
import sys

COMMENT = re.compile(r"/\*.*?\*/", re.S)
STRUCT = re.compile(r"typedef struct (\w+) \{(.*?)\n\} \1;", re.S)
ENUM = re.compile(r"^enum \{(.*?)\};", re.S | re.M)


def members_of(body):
    for line in COMMENT.sub("", body).split(";"):
        line = " ".join(line.split())
        if not line:
            continue
        function = re.search(r"\(\*\s*(\w+)\)\s*\(", line)
        yield function.group(1) if function else re.search(r"(\w+)(\[\w+\])?$", line).group(1)


def is_sized(body):
    return re.match(r"\s*uint32_t size;", COMMENT.sub("", body)) is not None


def structs_of(text):
    """Name -> (may it grow, members in order), of the structs that are written out."""
    return {name: (is_sized(body), list(members_of(body))) for name, body in STRUCT.findall(text)}


def enumerators_of(text):
    for body in ENUM.findall(COMMENT.sub("", text)):
        yield from re.findall(r"(\w+)\s*=", body)


def rules_of(name, sized, code):
    if not sized:
        return ["never changes"]
    if re.search(r"_api$|_v\d+$|^ez_host$", name):
        return ["table"]
    rules = []
    if re.search(rf"\b{name}\* ?out\b", code):
        rules.append("out")
    if re.search(rf"const {name}\*( \w+)?, size_t", code):
        rules.append("array")
    elif re.search(rf"const {name}\b", code):
        rules.append("in")
    return rules or ["unused"]


def faults_of(text, structs):
    comment = " ".join(re.search(r"A struct without a size never changes: (.*?)\.", text, re.S).group(1).split())
    frozen = set(comment.replace("* ", "").split(", "))
    for name, (sized, _) in structs.items():
        if sized == (name in frozen):
            yield f"{name}: begins with its size, or is listed as one that never changes: not both, not neither"
    yield from (f"{name}: is listed, but no struct" for name in frozen - set(structs))


def main(command, *arguments):
    folder, paths = (arguments[0], arguments[1:]) if command == "grow" else (None, arguments)
    texts = {path: open(path, encoding="utf-8").read() for path in paths}
    whole = "\n".join(texts.values())
    structs = structs_of(whole)
    if command == "list":
        code = COMMENT.sub("", whole)
        faults = list(faults_of(whole, structs))
        for name, (sized, _) in structs.items():
            rules = rules_of(name, sized, code)
            print(f"{name:24} {', '.join(rules)}")
            if "unused" in rules:
                faults.append(f"{name}: crosses nowhere")
        print("\n".join(faults))
        return 1 if faults else 0
    if command == "members":
        for name, (sized, members) in structs.items():
            print(f"{'SIZED' if sized else 'FIXED'}({name}, {members[-1]})")
            print("\n".join(f"MEMBER({name}, {member})" for member in members))
        print("\n".join(f"ENUM({name})" for name in enumerators_of(whole)))
        return 0
    for path, text in texts.items():
        def longer(match):
            name, body = match.groups()
            grown = body + "\n    uint64_t grown;" if is_sized(body) else body
            return f"typedef struct {name} {{{grown}\n}} {name};"
        target = os.path.join(folder, "ezapi", os.path.basename(path))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as out:
            out.write(STRUCT.sub(longer, text))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
