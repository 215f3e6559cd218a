"""The openai package against `stagewright serve`: every way of asking that clients use, and what they are told when refused.

Usage: openai_client.py BASE_URL MODEL ROWS, with ROWS as run.mjs writes them: id, problem, image (path or ""), response (what the
product's own evaluation got). Prints one JSON object; a check that fails ends it with a traceback.
"""

import base64
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import openai

base_url, model, rows_file = sys.argv[1:]
client = openai.OpenAI(base_url=base_url, api_key="none", max_retries=0, timeout=60)
rows = [json.loads(line) for line in open(rows_file, encoding="utf-8")]
shown = next(row for row in rows if row["image"])
figures = {"package": openai.__version__}


def content(row):
    text = {"type": "text", "text": row["problem"]}
    if not row["image"]:
        return [text]
    data = base64.b64encode(open(row["image"], "rb").read()).decode()
    return [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}, text]


def ask(row, **more):
    asked = {"model": model, "temperature": 0, "messages": [{"role": "user", "content": content(row)}], **more}
    return client.chat.completions.create(**asked)


def refused(kind, status, call):
    try:
        call()
    except kind as error:
        assert error.status_code == status, (error.status_code, status)
        assert error.message, "a refusal says why"
        return
    raise AssertionError(f"answered, in place of {kind.__name__}")


models = [one.id for one in client.models.list().data]
assert models == [model], models
figures["models"] = models

begun = time.perf_counter()
with ThreadPoolExecutor(32) as pool:
    answers = list(pool.map(ask, rows))
figures["seconds"] = round(time.perf_counter() - begun, 2)
texts = [answer.choices[0].message.content for answer in answers]
same = sum(text == row["response"] for text, row in zip(texts, rows))
figures["rows"] = len(rows)
figures["with_image"] = sum(row["image"] != "" for row in rows)
figures["answers_as_in_the_evaluation"] = same
assert same == len(rows), f"{same} of {len(rows)} answers are those of the evaluation"
figures["prompt_tokens"] = sum(answer.usage.prompt_tokens for answer in answers)
figures["completion_tokens"] = sum(answer.usage.completion_tokens for answer in answers)
assert all(answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens for answer in answers)

drawn = [[choice.message.content for choice in ask(shown, n=16, seed=seed, temperature=1.5).choices] for seed in (1, 1, 2)]
assert len(drawn[0]) == 16 and drawn[0] == drawn[1] and drawn[0] != drawn[2]
figures["different_answers_of_16_samples"] = len(set(drawn[0]))

whole = ask(shown)
stream = ask(shown, stream=True, stream_options={"include_usage": True})
parts, usage, finish = [], None, None
for chunk in stream:
    usage = chunk.usage or usage
    for choice in chunk.choices:
        parts.append(choice.delta.content or "")
        finish = choice.finish_reason or finish
assert "".join(parts) == whole.choices[0].message.content
assert finish == whole.choices[0].finish_reason == "stop" and usage == whole.usage
figures["chunks_of_a_stream"] = len(parts)

cut = ask(shown, max_tokens=2).choices[0]
assert cut.finish_reason == "length" and cut.message.content == " ".join(whole.choices[0].message.content.split()[:2])
assert ask(shown, stop=["</think>"]).choices[0].finish_reason == "stop"

prose = client.chat.completions.with_raw_response.create(
    model=model, messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Describe the image, please."}]
)
assert prose.headers["x-stagewright-dropped-words"] == "3" and prose.parse().choices[0].message.content
figures["prose"] = "answered, 3 words left out"

refused(openai.NotFoundError, 404, lambda: ask(shown, model="gpt-4o"))
refused(openai.BadRequestError, 400, lambda: ask(shown, temperature=9))
refused(openai.BadRequestError, 400, lambda: ask(shown, temperature=1, top_p=0.5))
refused(openai.BadRequestError, 400, lambda: ask(shown, n=65))
bad = [{"type": "image_url", "image_url": {"url": "https://127.0.0.1/picture.png"}}]
refused(openai.BadRequestError, 400, lambda: ask(shown, messages=[{"role": "user", "content": bad}]))
refused(openai.APIStatusError, 413, lambda: ask(shown, user="x" * (33 * 2**20)))
figures["refusals"] = 6

print(json.dumps(figures))
