"""Plain Python doing what `stagewright data curriculum` does for each input: everything in memory."""
import argparse
import json
import os
import random


def read_jsonl(path):
    rows = []
    with open(path, "r", encoding="utf-8") as f:
        for line in f:
            line = line.strip()
            if line:
                rows.append(json.loads(line))
    return rows


def write_jsonl(path, rows):
    with open(path, "w", encoding="utf-8") as f:
        for row in rows:
            f.write(json.dumps(row, ensure_ascii=False) + "\n")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--input", nargs="+", required=True)
    ap.add_argument("--out-dir", required=True)
    ap.add_argument("--seed", type=int, default=42)
    args = ap.parse_args()

    os.makedirs(args.out_dir, exist_ok=True)
    for path in args.input:
        rows = read_jsonl(path)
        random.seed(args.seed)
        groups = {}
        for row in rows:
            groups.setdefault(row.get("pass_rate", 0), []).append(row)
        for rate in groups:
            random.shuffle(groups[rate])
        ordered = [row for rate in sorted(groups, reverse=True) for row in groups[rate]]
        name, ext = os.path.splitext(os.path.basename(path))
        write_jsonl(os.path.join(args.out_dir, f"{name}_curriculum{ext}"), ordered)
        filtered = [row for row in ordered if row.get("pass_rate", 0) != 1]
        write_jsonl(os.path.join(args.out_dir, f"{name}_curriculum_filtered_new{ext}"), filtered)


if __name__ == "__main__":
    main()
