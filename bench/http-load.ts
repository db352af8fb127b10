/**
 * Load over HTTP: autocannon sends, each connection waits for its answer before it asks again. Bounded in count and in
 * time. A sample of the answers is looked at, so that a row that is called a hit was hits.
 */
import autocannon from 'autocannon';
import { headersOf } from './call.ts';
import type { Child } from './child.ts';
import type { Request } from './dataset.ts';
import { latencyHistogram, measurementOf, recordMs } from './measurement.ts';
import type { Measurement } from './measurement.ts';

export interface HttpLoad {
  readonly url: string;
  /** The process whose processor time counts. */
  readonly server: Pick<Child, 'cpuMs'>;
  readonly connections: number;
  /** Dealt out to the connections; a connection that comes to the end of its share begins again. */
  readonly reads: readonly Request[];
  readonly operationsMax: number;
  readonly secondsMax: number;
  /** What `x-slipstream-cache` has to say; undefined: not looked at. */
  readonly expected?: 'hit' | 'miss' | undefined;
}

/** No divisor of it divides a number of connections that we use, so that all of them are looked at. */
const SAMPLE_EVERY = 15;

export async function measureHttp(load: HttpLoad): Promise<Measurement> {
  const histogram = latencyHistogram();
  const unexpected = new Set<string>();
  const shares = deal(load, (outcome) => unexpected.add(outcome));
  const cpuBefore = load.server.cpuMs();
  const startedAt = performance.now();
  let lastAnswerAt = startedAt;
  const { errors, timeouts } = await send(load, shares, (statusCode, responseMs) => {
    lastAnswerAt = performance.now();
    if (statusCode === 200) recordMs(histogram, responseMs);
    else unexpected.add(`status ${statusCode}`);
  });
  const cpuAfter = load.server.cpuMs();
  if (errors > 0 || timeouts > 0) throw new Error(`${errors} requests failed and ${timeouts} timed out`);
  if (unexpected.size > 0) throw new Error(`answers were ${[...unexpected].join(', ')}`);
  const cpuMs = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
  return measurementOf(histogram, lastAnswerAt - startedAt, cpuMs);
}

function send(
  load: HttpLoad,
  shares: autocannon.Request[][],
  onAnswer: (statusCode: number, responseMs: number) => void,
): Promise<autocannon.Result> {
  return new Promise((resolve, reject) => {
    const options: autocannon.Options = {
      url: load.url,
      connections: load.connections,
      amount: load.operationsMax,
      timeout: 10,
      sampleInt: 100,
      setupClient: (client) => client.setRequests(shares.pop()!),
    };
    const running = autocannon(options, (error: Error | null, result) => {
      clearTimeout(timeUp);
      if (error === null) resolve(result);
      else reject(error);
    });
    const timeUp = setTimeout(() => running.stop(), load.secondsMax * 1000);
    running.on('response', (_client, statusCode, _bytes, responseMs) => onAnswer(statusCode, responseMs));
  });
}

/** One list of requests for each connection. */
function deal(load: HttpLoad, note: (outcome: string) => void): autocannon.Request[][] {
  const requests = load.reads.map(({ operation, input }, index): autocannon.Request => ({
    method: 'POST',
    path: '/',
    headers: headersOf(operation),
    body: JSON.stringify(input),
    ...(load.expected === undefined || index % SAMPLE_EVERY !== 0 ? {} : { onResponse: judge(load.expected, note) }),
  }));
  return Array.from({ length: load.connections }, (_, connection) =>
    requests.filter((_request, index) => index % load.connections === connection),
  );
}

function judge(expected: string, note: (outcome: string) => void): NonNullable<autocannon.Request['onResponse']> {
  return (_status, _body, _context, headers) => {
    const outcome = String((headers as Record<string, unknown> | undefined)?.['x-slipstream-cache']);
    if (outcome !== expected) note(`"${outcome}" where "${expected}" was meant`);
  };
}
