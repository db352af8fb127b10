/**
 * One process a directory. LMDB would let several in, but a process keeps what it has read and what it is about to write
 * in its own memory. The lock is a file with the holder's process id and start time: a process that was killed leaves
 * it behind, and the next one takes it over, even where the dead one's id is in use again (in a container it always is).
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SlipstreamError } from '../base/errors.ts';

const FILE_NAME = 'slipstream.lock';
const ATTEMPTS_MAX = 10;

/** Directories held by this process, over all copies of the package in it. */
const heldKey = Symbol.for('slipstream.store.held');
const held = ((globalThis as Record<symbol, unknown>)[heldKey] ??= new Set<string>()) as Set<string>;

export interface DirectoryLock {
  release(): void;
}

/** @throws {SlipstreamError} SLIPSTREAM_STORE_LOCKED while another process, or this one, has the directory open. */
export function lockDirectory(directory: string): DirectoryLock {
  const path = join(directory, FILE_NAME);
  if (held.has(path)) throw lockedError(directory, 'this process');
  const own = JSON.stringify({ pid: process.pid, startedAt: startTimeOf(process.pid) });
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    try {
      writeFileSync(path, own, { flag: 'wx' });
      held.add(path);
      return { release: () => release(path) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const found = readOrUndefined(path);
    if (found === undefined) continue;
    const holder = liveHolderOf(found);
    if (holder !== undefined) throw lockedError(directory, `process ${holder}`);
    removeStale(path, found);
  }
  throw lockedError(directory, 'other processes that are starting at this moment');
}

function release(path: string): void {
  held.delete(path);
  rmSync(path, { force: true });
}

function lockedError(directory: string, holder: string): SlipstreamError {
  return new SlipstreamError(
    'SLIPSTREAM_STORE_LOCKED',
    `The data directory ${directory} is in use by ${holder}. Stop it first, or choose another directory.`,
  );
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The process that wrote the lock, if it is still the same one. A file that is not a lock's (cut short) has no holder. */
function liveHolderOf(text: string): number | undefined {
  let lock: { pid?: unknown; startedAt?: unknown };
  try {
    lock = JSON.parse(text) as typeof lock;
  } catch {
    return undefined;
  }
  const { pid, startedAt } = lock;
  if (typeof pid !== 'number' || !isAlive(pid)) return undefined;
  // Where the system tells no start time, our own id can only be a dead predecessor's: `held` knows what we hold.
  if (typeof startedAt !== 'string') return pid === process.pid ? undefined : pid;
  return startTimeOf(pid) === startedAt ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/PID/stat: ticks between boot and the start of the process; with the boot's id, for ticks begin anew. */
function startTimeOf(pid: number): string | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  const ticks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined ? undefined : `${readOrUndefined('/proc/sys/kernel/random/boot_id')?.trim()}/${ticks}`;
}

/**
 * Two processes may find the same stale lock. If each just removed it, the second could remove the lock that the first
 * has made meanwhile; so it is renamed away, looked at again, and put back if it was another than the one judged.
 */
function removeStale(path: string, judged: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (readOrUndefined(aside) !== judged) linkSync(aside, path);
  } catch {
    // Somebody else was faster; the next attempt sees what there is now.
  }
  rmSync(aside, { force: true });
}
