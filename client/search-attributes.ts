/**
 * Search attributes: what the namespace has of them, and registering them. An unregistered one, or one of another type, would block a
 * run for ever, so that a run is only told of those that are there.
 */
import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../core/ids.js';
import { call } from './connection.js';

/** `IndexedValueType` of the server's API. */
const KEYWORD = 2;

export interface AttributeStates {
  /** Registered as they must be. */
  readonly usable: readonly string[];
  readonly absent: readonly string[];
  /** Registered with another type than Keyword. */
  readonly otherType: readonly string[];
  /** Why the server was not asked to the end; null = it was. */
  readonly unknown: string | null;
}

export async function readSearchAttributes(client: Client): Promise<AttributeStates> {
  const names = Object.values(SEARCH_ATTRIBUTES);
  try {
    const { namespace } = client.options;
    const { customAttributes } = await call(client, () =>
      client.connection.operatorService.listSearchAttributes({ namespace }),
    );
    const types = new Map(Object.entries(customAttributes ?? {}).map(([name, type]) => [name, Number(type)]));
    return {
      usable: names.filter((name) => types.get(name) === KEYWORD),
      absent: names.filter((name) => !types.has(name)),
      otherType: names.filter((name) => types.has(name) && types.get(name) !== KEYWORD),
      unknown: null,
    };
  } catch (error) {
    // A namespace may forbid it; runs go on without.
    return { usable: [], absent: [], otherType: [], unknown: error instanceof Error ? error.message : String(error) };
  }
}

/** Registers what is absent. The server answers OK for a name that has another type, and keeps that: look at what comes back. */
export async function registerSearchAttributes(client: Client): Promise<AttributeStates> {
  const { absent } = await readSearchAttributes(client);
  if (absent.length > 0)
    await call(client, () =>
      client.connection.operatorService.addSearchAttributes({
        namespace: client.options.namespace,
        searchAttributes: Object.fromEntries(absent.map((name) => [name, KEYWORD])),
      }),
    );
  return readSearchAttributes(client);
}

/** What a person is told of those that are switched off; null when all are usable. */
export function switchedOff({ absent, otherType, unknown }: AttributeStates, namespace: string): string | null {
  if (unknown !== null)
    return `search attributes are off: namespace ${namespace} does not say which it has (${unknown})`;
  const parts = [
    ...(absent.length === 0
      ? []
      : [
          `${absent.join(', ')} ${absent.length === 1 ? 'is' : 'are'} not registered in namespace ${namespace} ` +
            `(register: ${absent.map((name) => `temporal operator search-attribute create --name ${name} --type Keyword`).join('; ')})`,
        ]),
    ...(otherType.length === 0
      ? []
      : [`${otherType.join(', ')} must be of type Keyword and ${otherType.length === 1 ? 'is' : 'are'} not`]),
  ];
  return parts.length === 0 ? null : `search attributes are off: ${parts.join('; ')}`;
}
