"""How lmms-eval asks rows of the digits task, and grades them: the boxed word against the row's answer."""

import re

from PIL import Image


def doc_to_visual(doc):
    # In colour, as its own tasks send pictures.
    return [Image.open(doc["image"]).convert("RGB")] if doc["image"] else []


def doc_to_text(doc, lmms_eval_specific_kwargs=None):
    return doc["problem"]


def process_results(doc, results):
    boxed = re.findall(r"\\boxed\{ (\S+) \}$", results[0].strip())
    return {"accuracy": float(boxed == [doc["answer"]])}
