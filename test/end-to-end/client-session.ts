/** Sessions that share one drop-in client, as the callers in one application do, with a log of when calls were answered. */
import type { DynamoDBClient, SlipstreamMetadata } from '../../src/client/client-dynamodb.ts';
import type { Session } from './consistency-workload.ts';

/** A call that takes longer counts as one that hangs. */
const HANG_MS = 20_000;

interface AnsweredCall {
  /** Milliseconds since 1970. */
  readonly begunMs: number;
  readonly answeredMs: number;
}

export interface Fallback {
  /** From a moment until a call that was begun after it was answered, and not out of memory. */
  readonly firstAnswerMs: number;
  /** What the slowest call took that was under way at that moment or begun in the second after it. */
  readonly slowestMs: number;
}

export class SharedClient {
  readonly #client: DynamoDBClient;
  /** Calls that left the process. */
  readonly #answered: AnsweredCall[] = [];

  constructor(client: DynamoDBClient) {
    this.#client = client;
  }

  openSession(): Session {
    const source = { last: 'none' };
    const send = async (command: Parameters<DynamoDBClient['send']>[0]) => {
      const begunMs = nowMs();
      const { $metadata, ...output } = await bounded(this.#client.send(command));
      source.last = ($metadata as { readonly slipstream?: SlipstreamMetadata }).slipstream?.cache ?? 'none';
      if (source.last !== 'hit') this.#answered.push({ begunMs, answeredMs: nowMs() });
      return { $metadata, ...output };
    };
    return { client: { send: send as DynamoDBClient['send'] }, source, close: () => undefined };
  }

  fallbackAfter(momentMs: number): Fallback | undefined {
    const after = this.#answered.filter(({ begunMs }) => begunMs >= momentMs);
    if (after.length === 0) return undefined;
    const touched = this.#answered.filter((call) => call.answeredMs >= momentMs && call.begunMs <= momentMs + 1_000);
    return {
      firstAnswerMs: Math.min(...after.map(({ answeredMs }) => answeredMs)) - momentMs,
      slowestMs: Math.max(0, ...touched.map(({ begunMs, answeredMs }) => answeredMs - begunMs)),
    };
  }

  /** What any of them took at most. */
  get slowestMs(): number {
    return this.#answered.reduce((most, { begunMs, answeredMs }) => Math.max(most, answeredMs - begunMs), 0);
  }
}

/** A moment that other processes of this machine understand. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

async function bounded<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`a call was not answered for ${HANG_MS} ms`)), HANG_MS);
  });
  return Promise.race([answer, hung]).finally(() => clearTimeout(timer));
}
