#!/usr/bin/env python3
"""Answers a second of `stagewright grade`, of Math-Verify and of MathRuler, on the same answers of 1,100 characters in one run.

    VENV/bin/python bench/verifier/speed.py [--sizes 20000,220000] [--others 300,1300]

Each is asked twice, with a small and a large file; the difference of both is what is counted, so that start-up is left out. Ours is the
whole command: it reads a file on standard input and writes to another. The others run in as many processes as there are cores, each
with an equal share of the file; their default settings, MathRuler without a limit of time. Wall-clock seconds and seconds of CPU are given:
on a machine that others use, only those of CPU say something.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CORES = os.cpu_count() or 1


def grade_share(name, file, part, parts):
    from compare import grader

    grade = grader(name)
    right = 0
    with open(file, encoding="utf-8") as lines:
        for at, line in enumerate(lines):
            if at % parts == part:
                item = json.loads(line)
                right += grade(item["gold"], item["pred"])
    print(right)


def timed(commands, stdin=None):
    """Wall and CPU seconds of commands side by side."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    with tempfile.TemporaryFile() as out:
        source = open(stdin, "rb") if stdin else subprocess.DEVNULL
        running = [subprocess.Popen(command, stdin=source, stdout=out, stderr=subprocess.DEVNULL) for command in commands]
        codes = [process.wait() for process in running]
    if any(codes):
        sys.exit(f"{commands[0]} ended with {codes}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - start, cpu


def commands_of(name, file):
    if name == "stagewright":
        return [["node", str(ROOT / "dist/cli/main.js"), "grade"]], file
    share = [sys.executable, __file__, "--share", name, str(file)]
    return [[*share, str(part), str(CORES)] for part in range(CORES)], None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="20000,220000")
    parser.add_argument("--others", default="300,1300", help="sizes for the other graders")
    parser.add_argument("--share", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.share:
        name, file, part, parts = options.share
        return grade_share(name, file, int(part), int(parts))

    print(f"{CORES} cores; load before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("stagewright", "math-verify", "mathruler"):
            taken = []
            sizes = [int(size) for size in (options.sizes if name == "stagewright" else options.others).split(",")]
            for size in sizes:
                file = pathlib.Path(folder) / f"{size}.jsonl"
                with open(file, "wb") as out:
                    subprocess.run(["node", str(HERE / "mix.mjs"), str(size)], stdout=out, check=True)
                taken.append(timed(*commands_of(name, file)))
            answers = sizes[1] - sizes[0]
            wall, cpu = (taken[1][i] - taken[0][i] for i in (0, 1))
            print(
                f"{name}: {answers / wall:,.0f} answers/s by the clock; {1e6 * cpu / answers:,.1f} µs of CPU each, "
                f"which is {CORES * answers / cpu:,.0f} answers/s if {CORES} cores were its own"
            )


if __name__ == "__main__":
    main()
