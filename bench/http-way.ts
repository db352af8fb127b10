/**
 * A call of our HTTP door without any SDK, as somebody writes it who counts the microseconds: one pool of kept connections,
 * undici's own `dispatch` (its `request` and `fetch` make streams of an answer that is there at once), and `JSON.parse`. The door
 * takes callers without a signature, as the Redis beside it takes them without a password.
 */
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import type { Application, Way } from './application.ts';
import { headersOf } from './call.ts';

/** Makes what asks for so many callers at once. */
export function httpWay({ url, operation }: Application): (callers: number) => Way {
  const pools = new Map<number, Pool>();
  const { 'content-type': type, 'x-amz-target': target } = headersOf(operation);
  const headers = ['content-type', type!, 'x-amz-target', target!];
  return (callers) => {
    const pool = pools.get(callers) ?? new Pool(url, { connections: callers });
    pools.set(callers, pool);
    const ask: Way['ask'] = ({ input }) =>
      new Promise((resolve, reject) => {
        const request = { method: 'POST', path: '/', headers, body: JSON.stringify(input) } as const;
        pool.dispatch(request, new Reply(resolve, reject));
      });
    return { ask };
  };
}

class Reply implements Dispatcher.DispatchHandler {
  readonly #resolve: (output: unknown) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #status = 0;

  constructor(resolve: (output: unknown) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const chunks = this.#chunks;
    const text = (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8');
    if (this.#status === 200) this.#resolve(JSON.parse(text));
    else this.#reject(new Error(`status ${this.#status}: ${text}`));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }
}
