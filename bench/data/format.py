"""Plain Python doing what `stagewright data format` does: everything in memory."""
import argparse
import hashlib
import json
import os

PROMPT = (
    "<image>{question}\nOptions:\nA: {A}\nB: {B}\nC: {C}\nD: {D}\n"
    "Respond using only the letter corresponding to the correct answer.\n"
)


def read_jsonl(path):
    rows = []
    with open(path, "r", encoding="utf-8") as f:
        for line in f:
            line = line.strip()
            if line:
                rows.append(json.loads(line))
    return rows


def split_for(example_id, val_ratio, test_ratio):
    bucket = int(hashlib.sha256(example_id.encode("utf-8")).hexdigest()[:8], 16) / 0xFFFFFFFF
    if bucket < val_ratio:
        return "val"
    return "test" if bucket < val_ratio + test_ratio else "train"


def to_row(rec, index, split, example_id):
    mcq, meta = rec["generated"], rec.get("meta", {})
    image = meta.get("image_file") or meta.get("image_path") or meta.get("image_url") or ""
    options = mcq["options"]
    return {
        "index": str(index),
        "answer": mcq["answer"],
        "example_id": example_id,
        "split": split,
        "image_path": image if isinstance(image, list) else [image],
        "option_A": options["A"],
        "option_B": options["B"],
        "option_C": options["C"],
        "option_D": options["D"],
        "prompt": PROMPT.format(question=mcq["question"].strip(), **options),
    }


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--input", required=True)
    ap.add_argument("--out-dir", required=True)
    args = ap.parse_args()

    buckets = {"train": [], "val": [], "test": []}
    for i, rec in enumerate(read_jsonl(args.input)):
        meta = rec.get("meta", {})
        eid = meta.get("example_id") or meta.get("id") or meta.get("image_url") or f"sample_{i:08d}"
        split = split_for(eid, 0.05, 0.10)
        buckets[split].append(to_row(rec, i, split, eid))
    os.makedirs(args.out_dir, exist_ok=True)
    for split, rows in buckets.items():
        with open(os.path.join(args.out_dir, f"{split}_stage1_perception.jsonl"), "w", encoding="utf-8") as f:
            for row in rows:
                f.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
