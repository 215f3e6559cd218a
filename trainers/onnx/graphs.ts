/**
 * The model's graphs as functions over typed arrays. One session a graph, loaded only where needed; runs are sequential, so that
 * sums have one order and results are the same bytes with 1 or 2 threads (checked by a test).
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readGraph, type GraphName, type Model } from './model-folder.js';
import { countOf, type Parameters } from './parameters.js';

/** `count` questions, encoded: images [count, 4, 64], hasImage [count], prompt [count, prompt]. */
export interface Questions {
  readonly count: number;
  readonly images: Float32Array;
  readonly hasImage: Float32Array;
  readonly prompt: Int32Array;
}

/** Questions with their responses and what the loss needs; each array is [count, response] or [count]. */
export interface TrainingBatch extends Questions {
  readonly response: Int32Array;
  readonly mask: Float32Array;
  readonly advantage: Float32Array;
  readonly oldLogp: Float32Array;
  readonly refLogp: Float32Array;
}

/** Weights of the objective; exactly one of `rl` and `sft` is 1 in training. */
export interface LossSettings {
  readonly clipLow: number;
  readonly clipHigh: number;
  readonly klCoefficient: number;
  readonly temperature: number;
  readonly rl: number;
  readonly sft: number;
}

/** Sums over masked tokens divided by the norm. */
export interface LossStats {
  readonly loss: number;
  readonly policyLoss: number;
  readonly kl: number;
  readonly entropy: number;
  readonly clipFraction: number;
  /** Negative log-likelihood of the response. */
  readonly nll: number;
}

type Feeds = Record<string, Tensor>;

const f32 = (data: Float32Array, ...shape: number[]): Tensor => new Tensor('float32', data, shape);
const i32 = (data: Int32Array, ...shape: number[]): Tensor => new Tensor('int32', data, shape);

class Graph {
  private constructor(
    protected readonly model: Model,
    private readonly session: InferenceSession,
  ) {}

  static async load(model: Model, name: GraphName, threads: number): Promise<Graph> {
    const session = await InferenceSession.create(await readGraph(model, name), {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // Threads that spin while they wait cost 1.6 times the CPU and are slower as soon as anything else wants a core (a worker,
      // the Temporal server).
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    return new Graph(model, session);
  }

  run(parameters: Parameters, feeds: Feeds, fetches?: Feeds): Promise<InferenceSession.OnnxValueMapType> {
    const all: Feeds = { ...feeds };
    for (const { spec, tensor } of parameters) all[spec.name] = tensor;
    return fetches === undefined ? this.session.run(all) : this.session.run(all, fetches);
  }

  release(): Promise<void> {
    return this.session.release();
  }

  questions({ count, images, hasImage, prompt }: Questions): Feeds {
    const { dims } = this.model;
    return {
      images: f32(images, count, dims.images, dims.pixels),
      has_image: f32(hasImage, count),
      prompt: i32(prompt, count, dims.prompt),
    };
  }
}

const floats = (outputs: InferenceSession.OnnxValueMapType, name: string): Float32Array => {
  const data = outputs[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`graph output ${name} is no float32 tensor`);
  return data;
};

export class SampleGraph {
  private constructor(
    private readonly model: Model,
    private readonly graph: Graph,
  ) {}

  static async load(model: Model, threads: number): Promise<SampleGraph> {
    return new SampleGraph(model, await Graph.load(model, 'sample', threads));
  }

  /**
   * Draws one response a question. Tokens after `<eos>` mean nothing.
   * @param gumbel [count, response, vocab]; zeros answer greedily.
   * @returns response and its log-probability, both [count, response].
   */
  async run(
    parameters: Parameters,
    questions: Questions,
    gumbel: Float32Array,
    temperature: number,
  ): Promise<{ response: Int32Array; logp: Float32Array }> {
    const { response, vocab } = this.model.dims;
    const outputs = await this.graph.run(parameters, {
      ...this.graph.questions(questions),
      gumbel: f32(gumbel, questions.count, response, vocab),
      temperature: f32(Float32Array.of(temperature)),
    });
    const drawn = outputs.response?.data;
    if (!(drawn instanceof Int32Array)) throw new Error('graph output response is no int32 tensor');
    return { response: drawn, logp: floats(outputs, 'logp') };
  }

  release(): Promise<void> {
    return this.graph.release();
  }
}

export class ScoreGraph {
  private constructor(
    private readonly model: Model,
    private readonly graph: Graph,
  ) {}

  static async load(model: Model, threads: number): Promise<ScoreGraph> {
    return new ScoreGraph(model, await Graph.load(model, 'score', threads));
  }

  /** @returns log-probability and entropy of each response token, [count, response]. */
  async run(
    parameters: Parameters,
    questions: Questions,
    response: Int32Array,
    temperature: number,
  ): Promise<{ logp: Float32Array; entropy: Float32Array }> {
    const outputs = await this.graph.run(parameters, {
      ...this.graph.questions(questions),
      response: i32(response, questions.count, this.model.dims.response),
      temperature: f32(Float32Array.of(temperature)),
    });
    return { logp: floats(outputs, 'logp'), entropy: floats(outputs, 'entropy') };
  }

  release(): Promise<void> {
    return this.graph.release();
  }
}

export class GradientGraph {
  /** In the order of the model's parameters; overwritten by each run. */
  readonly gradients: readonly Float32Array[];
  readonly #fetches: Feeds;
  readonly #loss = new Float32Array(1);
  readonly #stats = new Float32Array(5);

  private constructor(
    private readonly model: Model,
    private readonly graph: Graph,
  ) {
    this.gradients = model.parameters.map(({ shape }) => new Float32Array(countOf(shape)));
    this.#fetches = { loss: f32(this.#loss), stats: f32(this.#stats, 5) };
    for (const [i, { name, shape }] of model.parameters.entries())
      this.#fetches[`grad.${name}`] = f32(this.gradients[i] ?? new Float32Array(), ...shape);
  }

  static async load(model: Model, threads: number): Promise<GradientGraph> {
    return new GradientGraph(model, await Graph.load(model, 'gradient', threads));
  }

  /**
   * Loss and its gradient, which `gradients` then holds.
   * @param norm what sums over masked tokens are divided by: the tokens of the whole mini-batch.
   */
  async run(parameters: Parameters, batch: TrainingBatch, settings: LossSettings, norm: number): Promise<LossStats> {
    const { count } = batch;
    const { response } = this.model.dims;
    await this.graph.run(
      parameters,
      {
        ...this.graph.questions(batch),
        response: i32(batch.response, count, response),
        mask: f32(batch.mask, count, response),
        advantage: f32(batch.advantage, count),
        old_logp: f32(batch.oldLogp, count, response),
        ref_logp: f32(batch.refLogp, count, response),
        hyper: f32(
          Float32Array.of(
            settings.clipLow,
            settings.clipHigh,
            settings.klCoefficient,
            settings.temperature,
            settings.rl,
            settings.sft,
          ),
          6,
        ),
        norm: f32(Float32Array.of(norm)),
      },
      this.#fetches,
    );
    const [policyLoss = NaN, kl = NaN, entropy = NaN, clipFraction = NaN, nll = NaN] = this.#stats;
    return { loss: this.#loss[0] ?? NaN, policyLoss, kl, entropy, clipFraction, nll };
  }

  release(): Promise<void> {
    return this.graph.release();
  }
}
