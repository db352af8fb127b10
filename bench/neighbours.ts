/** How much of the machine others took while the bench ran: figures of a machine that was shared are to be taken as such. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

export interface ProcessorTime {
  /** Of all processors, whoever used them, since the system started. */
  readonly busyMs: number;
  readonly wholeMs: number;
  /** Of this process, and of those of its children that have ended. */
  readonly oursMs: number;
}

/** `USER_HZ`, which Linux has fixed for what /proc shows. */
const TICKS_A_SECOND = 100;

/** Undefined where there is no /proc. */
export function processorTime(): ProcessorTime | undefined {
  let fields: string[];
  try {
    // After the name, which is in parentheses and may hold anything: user and system time, then those of ended children.
    fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return undefined;
  }
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  let [busyMs, wholeMs] = [0, 0];
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.irq + times.idle;
    wholeMs += all;
    busyMs += all - times.idle;
  }
  return { busyMs, wholeMs, oursMs: (ticks * 1000) / TICKS_A_SECOND };
}

/** Share of all processors that others had between two readings. */
export function othersShare(before?: ProcessorTime, after?: ProcessorTime): number | undefined {
  if (before === undefined || after === undefined || after.wholeMs <= before.wholeMs) return undefined;
  const others = after.busyMs - before.busyMs - (after.oursMs - before.oursMs);
  return Math.max(0, others / (after.wholeMs - before.wholeMs));
}
