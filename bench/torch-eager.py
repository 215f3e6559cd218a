"""The trainer's GRPO step in PyTorch eager, for bench/trainer.mjs: models/model.py at the demo's size, 32 prompts x 8 samples,
two mini-batches, the same parts (noise, sampling, reference, gradient, AdamW) on random questions; the reward is left out.
    python bench/torch-eager.py STEPS THREADS      -> median milliseconds a step on standard output
"""
import statistics
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent / 'models'))
from model import IMAGES, PIXELS, SIZES, TQ, TR, V, initial, loss, sample, score  # noqa: E402

steps, threads = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
torch.manual_seed(0)
size, samples, minis = SIZES['demo'], 256, 2
params = {k: v.requires_grad_(True) for k, v in initial(size, 0).items()}
reference = {k: v.detach().clone() for k, v in params.items()}
optimizer = torch.optim.AdamW(list(params.values()), lr=4e-4, betas=(0.9, 0.99), weight_decay=0.0)
hyper, temperature = torch.tensor([0.2, 0.28, 0.01, 1.0, 1.0, 0.0]), torch.tensor(1.0)


def step():
    images, has_image = torch.rand(samples, IMAGES, PIXELS), torch.ones(samples)
    prompt = torch.randint(0, V, (samples, TQ), dtype=torch.int32)
    with torch.no_grad():
        gumbel = -torch.log(-torch.log(torch.rand(samples, TR, V).clamp(1e-9, 1 - 1e-7)))
        response, old = sample(size, params, images, has_image, prompt, gumbel, temperature)
        ref, _ = score(size, reference, images, has_image, prompt, response, temperature)
    mask, advantage = torch.ones(samples, TR), torch.randn(samples)
    for part in torch.randperm(samples).chunk(minis):
        optimizer.zero_grad()
        rows = [x[part] for x in (images, has_image, prompt, response, mask, advantage, old, ref)]
        total, _ = loss(size, params, *rows, hyper, mask[part].sum())
        total.backward()
        torch.nn.utils.clip_grad_norm_(params.values(), 1.0)
        optimizer.step()


times = []
for i in range(steps):
    start = time.perf_counter()
    step()
    if i >= 3:
        times.append(1000 * (time.perf_counter() - start))
print(statistics.median(times))
