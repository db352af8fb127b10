/**
 * Closing while commits and reads are under way. LMDB's mistakes end the process with a signal, so it is another process
 * that closes; several at once, so that its threads are stopped at any place.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './stores.ts';

const LOAD = fileURLToPath(new URL('close-load.ts', import.meta.url));
const OPENS = 150;

async function closeOften(kind: 'disk' | 'memory') {
  const args = ['--import', 'tsx', LOAD, kind, temporaryDirectory(), String(OPENS)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code, signal] = await exit;
  return { code, signal, output, errors };
}

test('under load every call is answered or refused with SLIPSTREAM_CLOSED, and the process lives', async () => {
  const ends = await Promise.all((['disk', 'disk', 'memory', 'memory'] as const).map(closeOften));
  for (const { output, ...end } of ends) {
    expect(end).toEqual({ code: 0, signal: null, errors: '' });
    const { answered, refused } = JSON.parse(output) as { answered: number; refused: number };
    expect(answered).toBeGreaterThan(OPENS);
    // Three while it closes and three after, at least; and the walk that was held.
    expect(refused).toBeGreaterThanOrEqual(OPENS * 6);
  }
}, 60_000);
