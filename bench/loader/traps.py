"""What Hugging Face `datasets` does with sets that `stagewright data map` refuses, and with those that it writes.

    pip install datasets; python3 bench/loader/traps.py [FILE.jsonl ...]

Exits with 1 where the loader does otherwise than core/data/trainer-schema.ts expects, or a FILE cannot be loaded.
"""
import json
import os
import sys
import tempfile

import datasets

datasets.disable_progress_bars()
datasets.logging.set_verbosity(datasets.logging.CRITICAL)

PAD = "x" * 2000
CHUNK = 6000  # rows of 2 kB: more than the 10 MiB that settle a column's type
BASE = {"problem": PAD, "answer": "A", "images": ["a.png"]}


def load(path, folder):
    return datasets.load_dataset("json", data_files=path, split="train", cache_dir=folder)


def outcome(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.jsonl")
        with open(path, "w") as out:
            for row in rows:
                out.write(json.dumps(row) + "\n")
        try:
            loaded = load(path, folder)
            return "loads", loaded.features, loaded[0], loaded[-1]
        except Exception as error:  # the loader raises many kinds
            return "breaks", str(error.__cause__ or error).split("\n")[0][:100], None, None


def row(**more):
    return {**BASE, **more}


# name, rows, what the loader does; `changes`: it loads, and a value is no longer what was written
TRAPS = [
    ("one type a column", [row()] * 2, "loads"),
    ("integers and fractions in the first piece", [row(n=1), row(n=0.5)], "loads"),
    ("fractions, then integers", [row(n=0.5)] * CHUNK + [row(n=1)], "loads"),
    ("a value, then null", [row(n="x")] * CHUNK + [row(n=None)], "loads"),
    ("empty lists only, then members", [row(images=[])] * CHUNK + [row()], "breaks"),
    ("null only, then a value", [row(n=None)] * CHUNK + [row(n="x")], "breaks"),
    ("integers only, then a fraction", [row(n=1)] * CHUNK + [row(n=0.5)], "breaks"),
    ("a column from later on", [row()] * CHUNK + [row(n="x")], "breaks"),
    ("dates only, then another text", [row(n="2024-01-01 00:00:00")] * CHUNK + [row(n="x")], "breaks"),
    ("an answer that is a number", [row()] * CHUNK + [row(answer=3)], "changes"),
    ("images that are null", [row(), row(images=None)], "null images"),
    ("images that are missing", [row(), {"problem": PAD, "answer": "A"}], "null images"),
    ("answers that are dates", [row(answer="2024-01-01 00:00:00")] * 2, "changes"),
]

print(f"datasets {datasets.__version__}")
wrong = 0
for name, rows, expected in TRAPS:
    found, detail, first, last = outcome(rows)
    if found == "loads" and last["images"] is None:
        found = "null images"
    elif found == "loads" and last["answer"] != rows[-1]["answer"]:
        found = "changes"
    wrong += found != expected
    mark = "" if found == expected else f"   EXPECTED {expected}"
    print(f"  {found:12} {name}{'' if found != 'breaks' else f' ({detail})'}{mark}")
for path in sys.argv[1:]:
    with tempfile.TemporaryDirectory() as folder:
        loaded = load(path, folder)
        print(f"  loads        {path}: {len(loaded)} rows, {', '.join(loaded.column_names)}")
sys.exit(1 if wrong else 0)
