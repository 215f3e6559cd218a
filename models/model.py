"""The embedded vision-language model: one definition, sized by `Size`, shared by the exporter and the PyTorch study.

Four image tiles become four tokens (the vision tower), then a word-level causal transformer: pre-norm, RMSNorm, relu^2 MLP.
Sequence = 4 image tokens + TQ prompt tokens (left padded; padding is masked) + TR response tokens.
Written for export: lengths are static, embedding lookup and gather are one-hot products (their backward is a plain matrix
product), sampling noise is an input, and there is no early stop. Not here: data, reward, optimizer (trainers/onnx has them).
"""
import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

WORDS = json.loads((Path(__file__).parent / 'vocabulary.json').read_text())  # a word's id is its place in the list
PAD = WORDS.index('<pad>')
V, TQ, TR = len(WORDS), 18, 17  # words; longest prompt (caption + `at` question); longest response (visual sum, <eos> included)
IMAGES, PIXELS = 4, 64  # tiles of 8x8 pixels, grey 0..1
NEG = -1e9  # added to masked attention scores


@dataclass(frozen=True)
class Size:
    layers: int
    width: int
    heads: int
    hidden: int  # of the transformer's MLPs
    tile_hidden: int  # of the vision tower


SIZES = {'demo': Size(2, 64, 4, 128, 128), 'tiny': Size(1, 16, 2, 32, 32)}


def parameters(z: Size):
    """-> [{name, shape, init, group}] in the order of every graph's inputs. `vision` is what a frozen stage leaves alone."""
    D, out = z.width, []

    def add(name, *shape, std=None, kind='normal', group='language'):
        init = {'kind': kind}
        if kind == 'normal':
            init['std'] = float(f'{1 / math.sqrt(shape[0]) if std is None else std:.8g}')
        out.append({'name': name, 'shape': list(shape), 'init': init, 'group': group})

    add('tile_w1', PIXELS, z.tile_hidden, group='vision')
    add('tile_b1', z.tile_hidden, kind='zeros', group='vision')
    add('tile_w2', z.tile_hidden, D, group='vision')
    add('tile_b2', D, kind='zeros', group='vision')
    add('no_image', D, std=0.02)  # stands in for each tile of a question without a picture
    add('words', V, D, std=0.3)
    add('positions', IMAGES + TQ + TR, D, std=0.1)
    for i in range(z.layers):
        add(f'layer{i}.norm1', D, kind='ones')
        add(f'layer{i}.qkv', D, 3 * D)
        add(f'layer{i}.out', D, D, std=1 / math.sqrt(2 * z.layers * D))
        add(f'layer{i}.norm2', D, kind='ones')
        add(f'layer{i}.up', D, z.hidden)
        add(f'layer{i}.down', z.hidden, D, std=1 / math.sqrt(2 * z.layers * z.hidden))
    add('final_norm', D, kind='ones')
    add('head', D, V, std=0.5 / math.sqrt(D))
    return out


def initial(z: Size, seed: int):
    """Fresh weights as model.json's `init` describes them (PyTorch's generator; the trainer draws its own)."""
    g, p = torch.Generator().manual_seed(seed), {}
    for e in parameters(z):
        kind = e['init']['kind']
        p[e['name']] = (torch.randn(e['shape'], generator=g) * e['init']['std'] if kind == 'normal'
                        else torch.full(e['shape'], 1.0 if kind == 'ones' else 0.0))
    return p


def one_hot(ids):
    return (ids.unsqueeze(-1) == torch.arange(V, dtype=ids.dtype)).to(torch.float32)


def rms(x, w):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6) * w


def image_tokens(p, images, has_image):
    h = torch.relu(images @ p['tile_w1'] + p['tile_b1']) @ p['tile_w2'] + p['tile_b2']
    has = has_image[:, None, None]
    return h * has + p['no_image'] * (1 - has)


def block(z, p, i, x, mask, start=0):
    """One layer. `start`: only positions from there on are wanted; the earlier ones serve as keys and values (last layer).
    -> x, its keys transposed [B, H, D/H, n] and values [B, H, n, D/H]."""
    D, H = z.width, z.heads

    def split(t):
        return t.reshape(-1, t.shape[1], H, D // H).transpose(1, 2)

    h, w = rms(x, p[f'layer{i}.norm1']), p[f'layer{i}.qkv']
    if start == 0:
        q, k, v = (h @ w).split(D, -1)
    else:
        q = h[:, start:] @ w[:, :D]
        k, v = (h @ w[:, D:]).split(D, -1)
    q, k, v = split(q) * (1 / math.sqrt(D // H)), split(k).transpose(-1, -2), split(v)
    a = torch.softmax(q @ k + mask, -1) @ v
    n = x.shape[1] - start
    x = x[:, start:] + a.transpose(1, 2).reshape(-1, n, D) @ p[f'layer{i}.out']
    return mlp(p, i, x), k, v


def mlp(p, i, x):
    return x + torch.relu(rms(x, p[f'layer{i}.norm2']) @ p[f'layer{i}.up']).square() @ p[f'layer{i}.down']


def step(z, p, i, x, mask, prefix, own):
    """One layer for one new token, x [B, D]. Its attention goes over the prefix's keys and values, which are never copied, and
    over those of the tokens since (`own`, which grows). -> x, own."""
    D, H = z.width, z.heads
    q, k, v = (rms(x, p[f'layer{i}.norm1']) @ p[f'layer{i}.qkv']).split(D, -1)
    q = q.reshape(-1, H, 1, D // H) * (1 / math.sqrt(D // H))
    k, v = k.reshape(-1, H, D // H, 1), v.reshape(-1, H, 1, D // H)
    if own is not None:
        k, v = torch.cat([own[0], k], 3), torch.cat([own[1], v], 2)
    n = prefix[0].shape[-1]
    a = torch.softmax(torch.cat([q @ prefix[0] + mask, q @ k], -1), -1)
    y = a[..., :n] @ prefix[1] + a[..., n:] @ v
    return mlp(p, i, x + y.reshape(-1, D) @ p[f'layer{i}.out']), (k, v)


def padding(prompt):
    """[B, 1, 1, 4 + TQ]: NEG where the prompt is padding."""
    return F.pad((prompt == PAD).to(torch.float32) * NEG, (IMAGES, 0))[:, None, None]


def causal(n, start=0):
    return torch.triu(torch.full((n, n), NEG), 1)[start:]


def logits(z, p, images, has_image, prompt, response):
    """[B, TR, V]: the scores from which each response token was drawn."""
    text = one_hot(torch.cat([prompt, response[:, :-1]], 1)) @ p['words']
    x = torch.cat([image_tokens(p, images, has_image), text], 1) + p['positions'][:-1]
    n, first = IMAGES + TQ + TR - 1, IMAGES + TQ - 1
    pad = F.pad(padding(prompt), (0, TR - 1))
    for i in range(z.layers):
        start = first if i == z.layers - 1 else 0
        x, _, _ = block(z, p, i, x, causal(n, start) + pad, start=start)
    return rms(x, p['final_norm']) @ p['head']


def score(z, p, images, has_image, prompt, response, temperature):
    """-> log-probability and entropy of each response token [B, TR], under logits / temperature."""
    lp = torch.log_softmax(logits(z, p, images, has_image, prompt, response) / temperature, -1)
    return (lp * one_hot(response)).sum(-1), -(lp.exp() * lp).sum(-1)


def loss(z, p, images, has_image, prompt, response, mask, advantage, old_logp, ref_logp, hyper, norm):
    """-> loss, stats[5]. hyper = clip_low, clip_high, kl_coef, temperature, w_rl, w_sft; sums over masked tokens / norm.

    GRPO: per-token ratio clipped to [1 - clip_low, 1 + clip_high]; k3 KL exp(d) - d - 1 of d = ref - logp. As verl does
    (core_algos.py), both log differences are clamped to +-20 and k3 to +-10: beyond, the term gives no gradient.
    stats = policy loss, k3, entropy, share of tokens on which the clip bites, SFT negative log-likelihood.
    """
    clip_low, clip_high, kl_coef, temperature, w_rl, w_sft = hyper.unbind(0)
    logp, entropy = score(z, p, images, has_image, prompt, response, temperature)
    ratio = (logp - old_logp).clamp(-20, 20).exp()
    a = advantage[:, None]
    free, clipped = ratio * a, torch.minimum(torch.maximum(ratio, 1 - clip_low), 1 + clip_high) * a
    policy = -torch.minimum(free, clipped)
    d = (ref_logp - logp).clamp(-20, 20)
    k3 = (d.exp() - d - 1).clamp(-10, 10)
    total = (((policy + kl_coef * k3) * w_rl - logp * w_sft) * mask).sum() / norm
    bites = (clipped < free).to(torch.float32)
    stats = torch.stack([(t.detach() * mask).sum() / norm for t in (policy, k3, entropy, bites, -logp)])
    return total, stats


def sample(z, p, images, has_image, prompt, gumbel, temperature):
    """argmax(logits / temperature + gumbel), token by token with cached keys and values; zero noise is greedy.
    -> response [B, TR] int32 (what follows <eos> is for the caller to mask), its log-probability under logits / temperature."""
    n, last = IMAGES + TQ, z.layers - 1
    x = torch.cat([image_tokens(p, images, has_image), one_hot(prompt) @ p['words']], 1) + p['positions'][:n]
    pad, prefix, own = padding(prompt), [], [None] * z.layers
    for i in range(z.layers):
        start = n - 1 if i == last else 0
        x, k, v = block(z, p, i, x, causal(n, start) + pad, start=start)
        prefix.append((k, v))
    x, words, logps = x[:, 0], [], []
    for t in range(TR):
        s = rms(x, p['final_norm']) @ p['head'] / temperature
        word = torch.argmax(s + gumbel[:, t], -1)
        hot = one_hot(word)
        words.append(word.to(torch.int32))
        logps.append((torch.log_softmax(s, -1) * hot).sum(-1))
        if t < TR - 1:
            x = hot @ p['words'] + p['positions'][n + t]
            for i in range(z.layers):
                x, own[i] = step(z, p, i, x, pad, prefix[i], own[i])
    return torch.stack(words, 1), torch.stack(logps, 1)
