"""Exports the model's three graphs at each size to models/graphs/<size>/, checks them against PyTorch, prints times.

    python models/export.py [demo tiny ...]      (pinned packages: models/requirements.txt)

The gradient graph is forward and backward in one: torch.export of the loss, the joint graph of
`_export_forward_backward`, core ATen decompositions, then every weight turned from parameter into a separate input (one flat
vector would make the backward of each slice write full-size zeros). Producer, doc strings and node metadata are stripped, so
that a second run writes the same bytes.
"""
import hashlib
import json
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
import torch.fx as fx
from torch._decomp import core_aten_decompositions
from torch.export.experimental import _export_forward_backward

import model
from model import IMAGES, PIXELS, SIZES, TQ, TR, V, WORDS

OPSET = 18
VERSION = 1
HERE = Path(__file__).parent
B = torch.export.Dim('B', min=2, max=65536)
GRADIENT = ['images', 'has_image', 'prompt', 'response', 'mask', 'advantage', 'old_logp', 'ref_logp', 'hyper', 'norm']
SCORE = ['images', 'has_image', 'prompt', 'response', 'temperature']
SAMPLE = ['images', 'has_image', 'prompt', 'gumbel', 'temperature']
FIXED = {'hyper', 'norm', 'temperature'}  # inputs without a batch axis


def batch(n, seed=0):
    """Every input a graph may take, at batch size n; a third of the rows without an image, prompts of all lengths."""
    g = torch.Generator().manual_seed(seed)

    def words(width):
        return torch.randint(0, V, (n, width), generator=g, dtype=torch.int32)

    prompt, lengths = words(TQ), torch.randint(0, TQ - 4, (n, 1), generator=g)
    prompt = torch.where(torch.arange(TQ) < lengths, torch.tensor(model.PAD, dtype=torch.int32), prompt)
    u = torch.rand(n, TR, V, generator=g).clamp(1e-9, 1 - 1e-7)
    logp = torch.randn(n, TR, generator=g) * 0.3 - 4
    return {
        'images': torch.rand(n, IMAGES, PIXELS, generator=g),
        'has_image': (torch.arange(n) % 3 > 0).to(torch.float32),
        'prompt': prompt, 'response': words(TR),
        'mask': (torch.arange(TR) < torch.randint(5, TR, (n, 1), generator=g)).to(torch.float32),
        'advantage': torch.randn(n, generator=g), 'old_logp': logp, 'ref_logp': logp + torch.randn(n, TR, generator=g) * 0.2,
        'hyper': torch.tensor([0.2, 0.28, 0.01, 0.9, 1.0, 0.5]), 'norm': torch.tensor(n * 10.0),
        'gumbel': -torch.log(-torch.log(u)), 'temperature': torch.tensor(0.9),
    }


def dynamic(names):
    return tuple({} if n in FIXED else {0: B} for n in names)


def inputs_of(names, n):
    b = batch(n)
    return tuple(b[k] for k in names)


class Joint(torch.nn.Module):
    """Runs the joint graph with weights as ordinary inputs."""

    def __init__(self, graph, spec, constants):
        super().__init__()
        self.graph, self.spec, self.const = graph, spec, constants

    def forward(self, params, *args):
        ps, rest = iter(params), iter(args)
        full = [next(ps) if s.kind.name == 'PARAMETER' else self.const[s.target] if s.kind.name == 'CONSTANT_TENSOR'
                else next(rest) for s in self.spec]
        return tuple(fx.Interpreter(self.graph).run(*full))


class Plain(torch.nn.Module):
    def __init__(self, f, z, names):
        super().__init__()
        self.f, self.z, self.names = f, z, names

    def forward(self, params, *args):
        return self.f(self.z, dict(zip(self.names, params)), *args)


class Loss(torch.nn.Module):
    def __init__(self, z, p):
        super().__init__()
        self.z, self.names = z, list(p)
        self.ps = torch.nn.ParameterList(torch.nn.Parameter(v.clone()) for v in p.values())

    def forward(self, *args):
        total, stats = model.loss(self.z, dict(zip(self.names, self.ps)), *args)
        return total, stats.detach()


def to_onnx(module, p, names, outputs, path):
    args, params = inputs_of(names, 64), tuple(p.values())
    shapes = (tuple({} for _ in params), dynamic(names))
    program = torch.export.export(module, (params, *args), dynamic_shapes=shapes, strict=False)
    done = torch.onnx.export(program, (params, *args), dynamo=True, optimize=True, opset_version=OPSET, verbose=False,
                             input_names=[*p, *names], output_names=outputs)
    proto = done.model_proto
    proto.producer_name = proto.producer_version = proto.doc_string = ''
    proto.ClearField('metadata_props')
    graph = proto.graph
    graph.name, graph.doc_string = path.stem, ''
    graph.ClearField('value_info')
    graph.ClearField('metadata_props')
    for node in graph.node:
        node.doc_string = node.name = ''
        node.ClearField('metadata_props')
    for value in [*graph.input, *graph.output]:
        value.ClearField('metadata_props')
    onnx.checker.check_model(proto)
    path.write_bytes(proto.SerializeToString(deterministic=True))
    assert [i.name for i in graph.input] == [*p, *names], [i.name for i in graph.input]
    assert [o.name for o in graph.output] == outputs, [o.name for o in graph.output]


def gradient_module(z, p):
    m = Loss(z, p)
    program = torch.export.export(m, inputs_of(GRADIENT, 64), dynamic_shapes=(dynamic(GRADIENT),), strict=False)
    program = _export_forward_backward(program).run_decompositions(core_aten_decompositions())
    outs = [(s.kind.name, s.arg.name, s.target) for s in program.graph_signature.output_specs]
    grads = {target: i for i, (kind, _, target) in enumerate(outs) if kind == 'GRADIENT_TO_PARAMETER'}
    order = [grads[f'ps.{i}'] for i in range(len(p))] + [i for i, o in enumerate(outs) if o[0] != 'GRADIENT_TO_PARAMETER']
    joint = Joint(program.graph_module, program.graph_signature.input_specs, program.constants)
    inner = joint.forward

    class Ordered(torch.nn.Module):
        def forward(self, params, *args):
            got = inner(params, *args)
            return tuple(got[i] for i in order)

    return Ordered()


def session(path, threads):
    o = ort.SessionOptions()
    o.intra_op_num_threads = threads
    return ort.InferenceSession(str(path), o, providers=['CPUExecutionProvider'])


def feed(p, names, n, **over):
    b = {**batch(n, seed=n), **over}
    return {**{k: v.numpy() for k, v in p.items()}, **{k: b[k].numpy() for k in names}}, [b[k] for k in names]


def compare(folder, z, p):
    paths = {k: folder / f'{k}.onnx' for k in ('gradient', 'score', 'sample')}
    runs = {(k, t): session(v, t) for k, v in paths.items() for t in (1, 2)}
    for n in (5, 96, 256):
        feeds, args = feed(p, GRADIENT, n)
        got = runs['gradient', 1].run(None, feeds)
        leaves = {k: v.clone().requires_grad_(True) for k, v in p.items()}
        total, stats = model.loss(z, leaves, *args)
        want = torch.autograd.grad(total, list(leaves.values()))
        worst = max(float(np.abs(a - b.numpy()).max()) for a, b in zip(got, want))
        largest = max(float(b.abs().max()) for b in want)
        print(f'  B={n}: gradient - autograd, max {worst:.1e} (largest gradient {largest:.2e}); loss {abs(got[-2] - total.item()):.1e};'
              f' stats {np.abs(got[-1] - stats.numpy()).max():.1e}')
        assert worst < 1e-5 * max(1.0, largest) and np.abs(got[-1] - stats.numpy()).max() < 1e-4
        feeds, args = feed(p, SCORE, n)
        with torch.no_grad():
            want = model.score(z, p, *args)
        worst = max(np.abs(a - b.numpy()).max() for a, b in zip(runs['score', 1].run(None, feeds), want))
        assert worst < 1e-4, worst
        for gumbel in (batch(n, seed=n)['gumbel'], torch.zeros(n, TR, V)):
            feeds, args = feed(p, SAMPLE, n, gumbel=gumbel)
            with torch.no_grad():
                words, logps = model.sample(z, p, *args)
            got = runs['sample', 1].run(None, feeds)
            assert (got[0] == words.numpy()).all() and np.abs(got[1] - logps.numpy()).max() < 1e-4, 'sample differs from eager'
        # sampled tokens scored by the score graph must have the log-probability that sampling gave them
        feeds, _ = feed(p, SCORE, n, response=torch.from_numpy(got[0]))
        assert np.abs(runs['score', 1].run(None, feeds)[0] - got[1]).max() < 1e-4, 'sample and score disagree'
        for k, names in (('gradient', GRADIENT), ('score', SCORE), ('sample', SAMPLE)):
            feeds, _ = feed(p, names, n)
            one, two = (runs[k, t].run(None, feeds) for t in (1, 2))
            assert all(a.tobytes() == b.tobytes() for a, b in zip(one, two)), f'{k}: 1 and 2 threads differ at B={n}'
    print('  score and sample equal eager PyTorch; 1 and 2 threads bit-identical')
    for k, names in (('gradient', GRADIENT), ('score', SCORE), ('sample', SAMPLE)):
        for n in (128, 256):
            feeds, _ = feed(p, names, n)
            times = []
            for _ in range(12):
                t = time.perf_counter()
                runs[k, 2].run(None, feeds)
                times.append(time.perf_counter() - t)
            print(f'  {k} B={n}: {1000 * min(times):.0f} ms best, {1000 * sorted(times)[6]:.0f} ms median, 2 threads')


def export(name):
    z, folder = SIZES[name], HERE / 'graphs' / name
    folder.mkdir(parents=True, exist_ok=True)
    params = model.parameters(z)
    p = model.initial(z, 0)
    to_onnx(gradient_module(z, p), p, GRADIENT, [*(f'grad.{k}' for k in p), 'loss', 'stats'], folder / 'gradient.onnx')
    to_onnx(Plain(model.score, z, list(p)), p, SCORE, ['logp', 'entropy'], folder / 'score.onnx')
    to_onnx(Plain(model.sample, z, list(p)), p, SAMPLE, ['response', 'logp'], folder / 'sample.onnx')
    graphs = {}
    for k in ('gradient', 'score', 'sample'):
        data = (folder / f'{k}.onnx').read_bytes()
        graphs[k] = {'file': f'{k}.onnx', 'sha256': hashlib.sha256(data).hexdigest()}
        print(f'  {k}.onnx {len(data)} bytes, opset {OPSET}, {graphs[k]["sha256"][:12]}')
    dims = {'layers': z.layers, 'width': z.width, 'heads': z.heads, 'hidden': z.hidden, 'tile_hidden': z.tile_hidden,
            'images': IMAGES, 'pixels': PIXELS, 'prompt': TQ, 'response': TR, 'vocab': V}
    about = {'name': f'digits-{name}', 'version': VERSION, 'dims': dims, 'vocabulary': WORDS, 'parameters': params, 'graphs': graphs}
    (folder / 'model.json').write_text(json.dumps(about, indent=1, ensure_ascii=False) + '\n')
    compare(folder, z, p)


if __name__ == '__main__':
    torch.set_num_threads(2)
    for size in sys.argv[1:] or list(SIZES):
        print(size)
        export(size)
