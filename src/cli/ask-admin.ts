/** `slipstream health` and `slipstream flush`: one call to a running proxy's admin door. */
import { systemClock } from '../base/clock.ts';
import { FAILED, OK } from './exit-code.ts';
import type { Options } from './option-table.ts';

const TIMEOUT_MS = 5_000;

/** Exits 0 when the proxy is ready, so that a container needs no curl to be probed. */
export async function health(options: Options): Promise<number> {
  const answer = await ask('health', 'GET', new URL('/readyz', options.adminUrl));
  if (answer === undefined) return FAILED;
  process.stdout.write(answer.text);
  return answer.ok ? OK : FAILED;
}

/** Empties the caches, or drops what they hold of one table. */
export async function flush(options: Options, table: string | undefined): Promise<number> {
  const url = new URL('/flush', options.adminUrl);
  if (table !== undefined) url.searchParams.set('table', table);
  const answer = await ask('flush', 'POST', url);
  if (answer === undefined) return FAILED;
  process.stdout.write(answer.text);
  return answer.ok ? OK : FAILED;
}

async function ask(
  command: string,
  method: 'GET' | 'POST',
  url: URL,
): Promise<{ readonly ok: boolean; readonly text: string } | undefined> {
  const timeout = new AbortController();
  const timer = systemClock.after(TIMEOUT_MS, () => timeout.abort());
  try {
    const response = await fetch(url, { method, signal: timeout.signal });
    return { ok: response.ok, text: await response.text() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error);
    const why = timeout.signal.aborted ? `no answer within ${TIMEOUT_MS} ms` : cause.message;
    process.stderr.write(`slipstream ${command}: no proxy answers at ${url.origin} (${why}); see --admin-url\n`);
    return undefined;
  } finally {
    timer.cancel();
  }
}
