#!/usr/bin/env python3
"""Grades the verifier's cases with Math-Verify and MathRuler, and with ours when it is given, side by side.

    python3 -m venv VENV && VENV/bin/pip install -r bench/verifier/requirements.txt
    VENV/bin/python bench/verifier/compare.py --cases tests/verifier/cases.open.jsonl [--ours "stagewright grade"]

A case counts as right when the grader's yes or no is the expected one; ungradable is a no. The others know no settings, kinds or
choices, so the common table holds only cases without them. Ours is asked once for each verifier that the cases name (default math),
with the fields of the contract; cases with settings and those of the reward are left to the unit tests. Each answer of the others
has a time limit (the worker process is killed); one that runs out counts as a no. It judges accuracy only, not speed.
"""

import argparse
import collections
import json
import queue
import re
import shlex
import subprocess
import sys
import threading

GRADERS = ["math-verify", "math-verify-letters", "mathruler"]
CONTRACT = ("id", "gold", "pred", "kind", "choices")


def grader(name):
    """The function (gold, pred) -> bool of one grader, called the way its own documentation does."""
    if name == "mathruler":
        from mathruler.grader import extract_boxed_content, grade_answer

        return lambda gold, pred: bool(grade_answer(extract_boxed_content(pred), gold))

    from math_verify import ExprExtractionConfig, LatexExtractionConfig, StringExtractionConfig, parse, verify

    # Math-Verify reads LaTeX only inside a LaTeX environment; verl hands it golds in a box, as here.
    def wrapped(gold):
        return gold if "$" in gold or "\\boxed" in gold else "\\boxed{" + gold + "}"

    if name == "math-verify":
        return lambda gold, pred: bool(verify(parse(wrapped(gold)), parse(pred)))

    letters = [StringExtractionConfig(strings=tuple("ABCDEFGHIJ"))]
    usual = [LatexExtractionConfig(), ExprExtractionConfig()]

    def with_letters(gold, pred):
        if re.fullmatch(r"[A-J]", gold.strip()):
            return bool(verify(parse(gold, letters), parse(pred, letters)))
        return bool(verify(parse(wrapped(gold), usual), parse(pred, usual)))

    return with_letters


def work(name):
    """The worker: one JSON line in, one out."""
    grade = grader(name)
    out = sys.stdout
    sys.stdout = sys.stderr  # A library that prints must not break the protocol.
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        item = json.loads(line)
        try:
            answer = grade(item["gold"], item["pred"])
        except Exception as error:  # A grader that throws has given no yes.
            answer = f"threw {type(error).__name__}"
        print(json.dumps(answer), file=out, flush=True)


class Worker:
    """A grader in a process of its own that can be killed; its imports are not on any answer's clock."""

    def __init__(self, name):
        self.name = name
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--worker", self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self.lines = queue.Queue()
        threading.Thread(target=self.read, args=(self.process.stdout, self.lines), daemon=True).start()
        if self.lines.get(timeout=300) is None:
            sys.exit(f"{self.name} does not start: install bench/verifier/requirements.txt for this Python")

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.put(line)
        lines.put(None)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def ask(self, case, seconds):
        try:
            self.process.stdin.write(json.dumps({"gold": case["gold"], "pred": case["pred"]}) + "\n")
            self.process.stdin.flush()
            line = self.lines.get(timeout=seconds)
        except (queue.Empty, BrokenPipeError):
            line = None
        if line is not None:
            return json.loads(line)
        ended = "out of time" if self.process.poll() is None else "died"
        self.stop()
        self.start()
        return ended


def ask_ours(command, cases):
    """{id: result} of our command, run once for each verifier."""
    results = {}
    for verifier in sorted({case.get("verifier", "math") for case in cases}):
        part = [case for case in cases if case.get("verifier", "math") == verifier]
        lines = [json.dumps({key: case[key] for key in CONTRACT if key in case}) + "\n" for case in part]
        extra = [] if verifier == "math" else ["--verifier", verifier]
        done = subprocess.run(shlex.split(command) + extra, input="".join(lines), stdout=subprocess.PIPE, encoding="utf-8")
        if done.returncode != 0:
            print(f"ours ended with exit code {done.returncode} for verifier {verifier}", file=sys.stderr)
        for line in done.stdout.splitlines():
            result = json.loads(line)
            results[result["id"]] = result
    return results


def table(title, cases, columns):
    """Right answers, false yes and false no of each grader, for each category and in all."""
    print(f"\n{title}: {len(cases)} cases, {sum(case['expect'] != 'correct' for case in cases)} of them negatives")
    width = max([len(name) for name in columns] + [20])
    print("category".ljust(22) + "cases".rjust(6) + "".join(name.rjust(width + 2) for name in columns))
    groups = collections.defaultdict(list)
    for case in cases:
        groups[case["category"]].append(case)
    for category, group in [*sorted(groups.items()), ("all", cases)]:
        row = category.ljust(22) + str(len(group)).rjust(6)
        for answers in columns.values():
            wanted = [(case["expect"] == "correct", answers.get(case["id"]) is True) for case in group]
            right = sum(want == said for want, said in wanted)
            yes = sum(said and not want for want, said in wanted)
            no = sum(want and not said for want, said in wanted)
            row += f"{100 * right / len(group):.1f} %  +{yes} -{no}".rjust(width + 2)
        print(row)
    for name, answers in columns.items():
        odd = collections.Counter(said for said in answers.values() if not isinstance(said, bool))
        if odd:
            print(f"{name}: " + ", ".join(f"{text} {count}" for text, count in odd.most_common()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", action="append", help="a file of cases; may be given again")
    parser.add_argument("--ours", help="our command; it reads JSON lines and answers JSON lines")
    parser.add_argument("--only", action="append", choices=GRADERS, help="ask only this one of the others; may be given again")
    parser.add_argument("--none", action="store_true", help="ask none of the others")
    parser.add_argument("--seconds", type=float, default=10, help="time limit of one answer (default 10)")
    parser.add_argument("--misses", help="write every wrong answer to this file, JSON lines")
    parser.add_argument("--worker", choices=GRADERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return work(options.worker)
    if not options.cases:
        parser.error("--cases FILE is missing")

    cases = []
    for file in options.cases:
        with open(file, encoding="utf-8") as lines:
            cases += [json.loads(line) for line in lines]
    defaults = [case for case in cases if "settings" not in case and "verifier" not in case]
    common = [case for case in defaults if "choices" not in case and "kind" not in case]

    columns = {}
    for name in [] if options.none else options.only or GRADERS:
        worker = Worker(name)
        columns[name] = {case["id"]: worker.ask(case, options.seconds) for case in common}
        worker.stop()
        print(f"{name} has answered", file=sys.stderr)
    asked = [case for case in cases if "settings" not in case and case.get("verifier") != "reward"]
    ours = ask_ours(options.ours, asked) if options.ours else {}
    if options.ours:
        columns["ours"] = {id: result.get("correct") for id, result in ours.items()}

    print("Right answers in per cent, +false yes, -false no.")
    table("Common to all graders", common, columns)
    if options.ours:
        table("All that the command takes", asked, {"ours": columns["ours"]})
        verdicts = [case for case in asked if case["id"] in ours]
        same = [case for case in verdicts if ours[case["id"]].get("verdict") in (case["expect"], case.get("also"))]
        print(f"\nours: verdict (correct, wrong, ungradable) as expected {len(same)} of {len(asked)}, not answered {len(asked) - len(verdicts)}")
    if options.misses:
        with open(options.misses, "w", encoding="utf-8") as out:
            for name, answers in columns.items():
                for case in asked if name == "ours" else common:
                    if (answers.get(case["id"]) is True) != (case["expect"] == "correct"):
                        print(json.dumps({"grader": name, "said": answers.get(case["id"]), **case}), file=out)


if __name__ == "__main__":
    main()
