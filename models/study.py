"""Settles the demo's set-up: base SFT, then staged GRPO, on the rows and pictures that the product itself writes.

    node models/study-data.mjs DATA SEED...;  python models/study.py DATA OUT.jsonl SEED... [--arms staged,merged,visual]
    python models/study.py table OUT.jsonl

Weights, optimizer, reward and sampling are PyTorch's and Python's own; the three exported graphs (equal to model.py to 1e-7,
see export.py) do the heavy part in onnxruntime, one thread. Rows of seeds that are in OUT.jsonl already are skipped.
"""
import json
import math
import re
import struct
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

import model
from model import IMAGES, PAD, PIXELS, SIZES, TQ, TR, V, WORDS

HERE = Path(__file__).parent
ID = {w: i for i, w in enumerate(WORDS)}
EOS, PLACES = ID['<eos>'], WORDS[37:41]
SIZE = SIZES['demo']
ENTRIES = model.parameters(SIZE)
VISION = {e['name'] for e in ENTRIES if e['group'] == 'vision'}
BOXED = re.compile(r'<think> ((?:(?!<think>|</think>|\\boxed\{|\}|<pad>)\S+ )+)</think> \\boxed\{ (\S+) \}$')


def read_png(path):
    data, at, parts = path.read_bytes(), 8, b''
    while at < len(data):
        n, kind = struct.unpack('>I4s', data[at:at + 8])
        parts += data[at + 8:at + 8 + n] if kind == b'IDAT' else b''
        at += 12 + n
    lines = np.frombuffer(zlib.decompress(parts), np.uint8).reshape(16, 17)
    assert (lines[:, 0] == 0).all(), f'{path}: filtered lines'
    x = (lines[:, 1:].astype(np.float32) / 255 - 0.25) / 0.5  # core/digits/scene.ts
    return x.reshape(2, 8, 2, 8).transpose(0, 2, 1, 3).reshape(IMAGES, PIXELS)


class Data:
    def __init__(self, folder):
        self.rows = [json.loads(line) for line in (folder / 'rows.jsonl').read_text().splitlines()]
        n, pictures = len(self.rows), {}
        self.images, self.has = np.zeros((n, IMAGES, PIXELS), np.float32), np.zeros(n, np.float32)
        self.prompt, self.response = np.full((n, TQ), PAD, np.int32), np.full((n, TR), PAD, np.int32)
        for i, row in enumerate(self.rows):
            words = [ID[w] for w in row['problem'].split() if w != '<image>']
            self.prompt[i, TQ - len(words):] = words
            words = [ID[w] for w in row['meta']['response'].split()] + [EOS]
            self.response[i, :len(words)] = words
            for path in row['images']:
                if path not in pictures:
                    pictures[path] = read_png(folder / path)
                self.images[i], self.has[i] = pictures[path], 1
        self.mask = (self.response != PAD).astype(np.float32)

    def inputs(self, at):
        return {'images': self.images[at], 'has_image': self.has[at], 'prompt': self.prompt[at]}

    def stream(self, size, rng):
        """Endless batches: a fresh permutation each pass; a batch may straddle two."""
        order = np.empty(0, int)
        while True:
            while len(order) < size:
                order = np.concatenate([order, rng.permutation(len(self.rows))])
            yield order[:size]
            order = order[size:]


def session(name):
    o = ort.SessionOptions()
    o.intra_op_num_threads = 1
    return ort.InferenceSession(str(HERE / 'graphs' / 'demo' / f'{name}.onnx'), o, providers=['CPUExecutionProvider'])


GRADIENT, SCORE, SAMPLE = (session(n) for n in ('gradient', 'score', 'sample'))
f32 = np.float32


class AdamW:
    def __init__(self, p, weight_decay=0.0, vision=1.0):
        self.wd, self.t = weight_decay, 0
        self.factor = {k: vision if k in VISION else 1.0 for k in p}
        self.m, self.v = ({k: np.zeros_like(x) for k, x in p.items()} for _ in range(2))

    def step(self, p, grads, lr):
        self.t += 1
        clip = min(1.0, 1 / (math.sqrt(sum(float((g * g).sum()) for g in grads)) + 1e-6))
        for (k, x), g in zip(p.items(), grads):
            g, m, v = g * f32(clip), self.m[k], self.v[k]
            m += f32(0.1) * (g - m)
            v += f32(0.01) * (g * g - v)
            up = m / f32(1 - 0.9 ** self.t) / (np.sqrt(v / f32(1 - 0.99 ** self.t)) + f32(1e-8))
            p[k] = (x - f32(lr * self.factor[k]) * (up + f32(self.wd if x.ndim > 1 else 0) * x)).astype(f32)


def gradient(p, inputs, response, mask, advantage, old, ref, hyper):
    out = GRADIENT.run(None, {**p, **inputs, 'response': response, 'mask': mask, 'advantage': advantage, 'old_logp': old,
                              'ref_logp': ref, 'hyper': np.array(hyper, f32), 'norm': np.array(mask.sum(), f32)})
    return out[:len(p)], out[-1]


def sample(p, inputs, gumbel, temperature=1.0):
    return SAMPLE.run(None, {**p, **inputs, 'gumbel': gumbel, 'temperature': np.array(temperature, f32)})


def sft(p, data, s, seed):
    p, rng, opt = dict(p), np.random.default_rng(seed), AdamW(p, s['weight_decay'])
    batches, zero = data.stream(s['batch_size'], rng), np.zeros((s['batch_size'], TR), f32)
    for i in range(s['steps']):
        at = next(batches)
        grads, _ = gradient(p, data.inputs(at), data.response[at], data.mask[at], zero[:, 0], zero, zero, [0.2, 0.2, 0, 1, 0, 1])
        decay = s['final'] + (1 - s['final']) * 0.5 * (1 + math.cos(math.pi * i / (s['steps'] - 1)))
        opt.step(p, grads, s['learning_rate'] * min(1, (i + 1) / s['warmup_steps']) * decay)
    return p


def words_of(ids):
    ids = list(ids)
    return ' '.join(WORDS[i] for i in ids[:ids.index(EOS)]) if EOS in ids else None


def grade(row, ids):
    """-> format, answer, trace: core/digits/grade.ts for everything but captions."""
    text = words_of(ids)
    m = BOXED.match(text) if text is not None else None
    return (True, m[2], m[1].split()) if m else (False, None, (text or '').split())


def token_mask(response):
    ends = response == EOS
    return ((np.cumsum(ends, 1) - ends) == 0).astype(f32)


def grpo(p, data, steps, s, seed):
    p, ref, rng, opt = dict(p), dict(p), np.random.default_rng(seed), AdamW(p, 0.0, s['vision_learning_rate_factor'])
    batches, K, curve = data.stream(s['batch_size'], rng), s['rollouts'], []
    for i in range(steps):
        at = np.repeat(next(batches), K)
        inputs = data.inputs(at)
        u = np.clip(rng.random((len(at), TR, V), f32), 1e-9, 1 - 1e-7)
        response, old = sample(p, inputs, -np.log(-np.log(u)), s['temperature'])
        graded = [grade(data.rows[n], ids) for n, ids in zip(at, response.tolist())]
        R = np.array([0.9 * (a == data.rows[n]['answer']) + 0.1 * f for n, (f, a, _) in zip(at, graded)]).reshape(-1, K)
        advantage = ((R - R.mean(1, keepdims=True)) / (R.std(1, ddof=1, keepdims=True) + 1e-4)).reshape(-1).astype(f32)
        mask = token_mask(response)
        reference, _ = SCORE.run(None, {**ref, **inputs, 'response': response, 'temperature': np.array(s['temperature'], f32)})
        lr = s['learning_rate'] * min(1, (i + 1) / s['warmup_steps']) * (1 - (1 - s['final']) * i / (steps - 1))
        hyper = [s['clip_low'], s['clip_high'], s['kl_coefficient'], s['temperature'], 1, 0]
        for part in np.array_split(rng.permutation(len(at)), s['updates_per_batch']):
            cut = {k: v[part] for k, v in inputs.items()}
            grads, stats = gradient(p, cut, response[part], mask[part], advantage[part], old[part], reference[part], hyper)
            opt.step(p, grads, lr)
        curve.append((R.mean(), *map(float, stats[1:3])))
    return p, [round(float(np.mean([c[0] for c in curve[j:j + 20]])), 3) for j in range(0, steps, 20)]


def evaluate(p, data):
    tally = {}

    def add(key, good):
        tally.setdefault(key, []).append(bool(good))

    for start in range(0, len(data.rows), 256):
        at = np.arange(start, min(start + 256, len(data.rows)))
        response, _ = sample(p, data.inputs(at), np.zeros((len(at), TR, V), f32))
        for n, ids in zip(at, response.tolist()):
            row = data.rows[n]
            form, answer, trace = grade(row, ids)
            good = answer == row['answer']
            add('format', form)
            add(row['kind'], good)
            if row['capability'] == 'perception':
                add('perception', good)
            if row['kind'] == 'at':
                add('letter ' + row['answer'], good)
            if row['kind'] == 'visual_sum':
                read = {}
                for a, b in zip(trace, trace[1:]):
                    if a in PLACES and b in WORDS[:10]:
                        read.setdefault(a, int(b))
                seen = [read.get(place) == d for place, d in zip(PLACES, row['meta']['digits'])]
                for d, ok in zip(row['meta']['digits'], seen):
                    add(f'digit {d}', ok)
                    add('read', ok)
                if not good:
                    add('misread', not all(seen))
    return {k: round(float(np.mean(v)), 4) for k, v in sorted(tally.items())}


BRIEF = ('perception', 'at', 'largest', 'smallest', 'caption_at', 'text_sum', 'visual_sum', 'format', 'read', 'misread')


def run(folder, out, seed, arms, c):
    held = Data(folder / 'heldout')
    seen = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    have = {(r['seed'], r['arm']) for r in seen}

    def save(arm, p, since, **more):
        r = {'seed': seed, 'arm': arm, 'seconds': round(time.time() - since, 1), **evaluate(p, held), **more}
        print(seed, arm, f'{r["seconds"]:.0f}s', ' '.join(f'{k} {r[k]:.3f}' for k in BRIEF if k in r), more.get('reward', ''), flush=True)
        with out.open('a') as f:
            f.write(json.dumps(r) + '\n')

    if all((seed, a) in have for a in ['base', *arms]):
        return
    t, kept = time.time(), folder / f'base-{c["base"]["steps"]}.npz'
    if kept.exists():
        base = dict(np.load(kept))
    else:
        start = {k: v.numpy() for k, v in model.initial(SIZE, seed).items()}
        base = sft(start, Data(folder / 'base'), c['base'], seed)
        np.savez(kept, **base)
    if (seed, 'base') not in have:
        save('base', base, t)
    total = sum(c['steps'].values())
    for arm in arms:
        if (seed, arm) in have:
            continue
        if arm == 'staged':
            p = base
            for i, stage in enumerate(('perception', 'textual', 'visual')):
                t = time.time()
                p, reward = grpo(p, Data(folder / stage), c['steps'][stage], c['rlvr'], 100 * seed + i)
                save('staged' if stage == 'visual' else f'after {stage}', p, t, reward=reward)
        else:
            t = time.time()
            p, reward = grpo(base, Data(folder / arm), total, c['rlvr'], 100 * seed + 9)
            save(arm, p, t, reward=reward)


def table(path):
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    by = {(r['seed'], r['arm']): r for r in rows}
    seeds, arms = sorted({r['seed'] for r in rows}), list(dict.fromkeys(r['arm'] for r in rows))
    show = lambda r: ' / '.join(f'{r[k]:.3f}' for k in ('perception', 'text_sum', 'visual_sum'))
    print('| seed | ' + ' | '.join(arms) + ' | base caption `at` | base format |\n|' + '---|' * (len(arms) + 3))
    for s in seeds:
        b = by[s, 'base']
        print(f'| {s} | ' + ' | '.join(show(by[s, a]) if (s, a) in by else '' for a in arms) + f' | {b["caption_at"]:.3f} | {b["format"]:.3f} |')
    mean = lambda a, k: np.mean([by[s, a][k] for s in seeds if (s, a) in by])
    print('| **mean** | ' + ' | '.join(show({k: mean(a, k) for k in BRIEF}) for a in arms) + f' | {mean("base", "caption_at"):.3f} | {mean("base", "format"):.3f} |')
    for a, b in (('staged', 'base'), ('after perception', 'base'), ('staged', 'merged'), ('staged', 'visual')):
        for k in ('visual_sum', 'perception', 'text_sum'):
            x = np.array([by[s, a][k] - by[s, b][k] for s in seeds if (s, a) in by and (s, b) in by])
            if len(x) > 2:
                q = {3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}[len(x)]  # t, 97.5 %
                h = q * x.std(ddof=1) / len(x) ** 0.5
                print(f'{a} - {b}, {k}: {100 * x.mean():+.1f} [{100 * (x.mean() - h):+.1f}, {100 * (x.mean() + h):+.1f}] points, {(x > 0).sum()} of {len(x)} above 0')


if __name__ == '__main__':
    torch.set_num_threads(1)
    args = sys.argv[1:]
    if args[0] == 'table':
        table(Path(args[1]))
    else:
        arms = ['staged']
        if '--arms' in args:
            arms = [a for a in args[args.index('--arms') + 1].split(',') if a != 'base']
            args = args[:args.index('--arms')]
        for seed in map(int, args[2:]):
            run(Path(args[0]) / str(seed), Path(args[1]), seed, arms, json.loads((HERE / 'study.json').read_text()))
