#!/usr/bin/env python3
"""dag_to_ron.py DAG.json PIPELINE.ron

Turns a list of stages [{"name", "cmd", "deps", "outs"}], as other build tools are compared on, into a pipeline of
Command stages. A dependency that another stage makes becomes Stage(...), any other a file. `cat A B > OUT` needs no
shell: its output becomes `stdout`. Every other command goes to `sh -c`, with its paths put in place.
"""
import json
import re
import sys


def main(source, target):
    stages = json.load(open(source))
    maker = {out: stage["name"] for stage in stages for out in stage["outs"]}
    lines = [f'        "{stage["name"]}": {command(stage, maker)},' for stage in stages]
    text = 'Pipeline(\n    name: "dag",\n    stages: {\n' + "\n".join(lines) + "\n    },\n)\n"
    open(target, "w").write(text)


def command(stage, maker):
    names = {dep: f"i{at}" for at, dep in enumerate(stage["deps"])}
    inputs = {names[dep]: f'Stage("{maker[dep]}")' if dep in maker else quoted(dep) for dep in names}
    paths = {dep: f"{{in:{names[dep]}}}/{dep}" if dep in maker else f"{{in:{names[dep]}}}" for dep in names}
    inputs = "{" + ", ".join(f"{quoted(name)}: {value}" for name, value in inputs.items()) + "}"
    copy = re.fullmatch(r"cat ([^<>|&;]+) > (\S+)", stage["cmd"])
    if copy and stage["outs"] == [copy[2]]:
        argv = ["cat"] + [paths[word] for word in copy[1].split()]
        return f"Command(argv: {listed(argv)}, inputs: {inputs}, outputs: [], stdout: {quoted(copy[2])})"
    script = stage["cmd"]
    for dep, path in paths.items():
        script = script.replace(dep, path)
    folders = {out.rsplit("/", 1)[0] for out in stage["outs"] if "/" in out}
    script = "".join(f"mkdir -p {folder} && " for folder in sorted(folders)) + script
    return f'Command(argv: {listed(["sh", "-c", script])}, inputs: {inputs}, outputs: {listed(stage["outs"])})'


def quoted(text):
    return json.dumps(text)


def listed(texts):
    return "[" + ", ".join(map(quoted, texts)) + "]"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
