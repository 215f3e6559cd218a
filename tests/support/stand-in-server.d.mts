/** Types of stand-in-server.mjs, which is plain JavaScript so that Node 20 runs it by itself. */
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly [setting: string]: unknown;
}
export interface SeenRequest {
  readonly hash: string;
  readonly path: string;
  readonly text: string;
  readonly key: string | null;
}
export interface Decision {
  readonly nth: number;
  readonly tries: number;
  readonly probe: boolean;
  readonly text: string;
  readonly body: ChatBody;
}
export interface StandInOptions {
  readonly decide?: (request: Decision) => string | null;
  readonly log?: string | null;
  readonly port?: number;
  readonly latencyMs?: number;
  readonly refuse?: number;
}
export interface StandIn {
  readonly port: number;
  readonly baseUrl: string;
  /** Empty where there is a log. */
  readonly requests: readonly SeenRequest[];
  mostInFlight(): number;
  close(): Promise<void>;
}
export function startStandIn(options?: StandInOptions): Promise<StandIn>;
export function bodyHash(text: string): string;
export function lastText(body: ChatBody): string;
export function replyTo(body: ChatBody, options?: { readonly refuse?: number }): string;
export const FAULTS: Readonly<Record<string, unknown>>;
