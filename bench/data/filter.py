"""Plain Python doing what `stagewright data filter --mode paper` does: everything in memory."""
import argparse
import json


def read_jsonl(path):
    rows = []
    with open(path, "r", encoding="utf-8") as f:
        for line in f:
            line = line.strip()
            if line:
                rows.append(json.loads(line))
    return rows


def mcq_id(row):
    meta = row.get("meta", row)
    for key in ("example_id", "image_url", "id"):
        if key in meta:
            return str(meta[key])
    return None


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--mcq", required=True)
    ap.add_argument("--image-preds", nargs="+", required=True)
    ap.add_argument("--caption-preds", nargs="+", required=True)
    ap.add_argument("--out", required=True)
    args = ap.parse_args()

    rows = read_jsonl(args.mcq)
    image = [{p["id"]: p for p in read_jsonl(path)} for path in args.image_preds]
    caption = [{p["id"]: p for p in read_jsonl(path)} for path in args.caption_preds]
    kept = []
    for row in rows:
        rid = mcq_id(row)
        gt = row["generated"]["answer"]
        if not all(preds.get(rid, {}).get("predicted_letter") not in ("", gt) for preds in image):
            continue
        if not all(preds.get(rid, {}).get("predicted_letter") == gt for preds in caption):
            continue
        kept.append(row)
    with open(args.out, "w", encoding="utf-8") as f:
        for row in kept:
            f.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
