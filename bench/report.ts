/** The rows of a run as a table, and the ratios between them as sentences. All figures are computed from the rows. */
import type { OperationName } from './dataset.ts';
import type { Measurement } from './measurement.ts';
import type { StoreName } from './stores.ts';

/** The ways to an answer, from the longest. */
export const PATHS = ['SDK to store', 'HTTP to store', 'proxy, miss', 'proxy, hit', 'in process, hit'] as const;
export type Path = (typeof PATHS)[number];

export interface Row extends Measurement {
  readonly operation: OperationName;
  readonly store: StoreName;
  readonly path: Path;
  readonly connections: number;
}

const MANY_CONNECTIONS = 32;

export function tableText(rows: readonly Row[]): string {
  const header = ['operation', 'store', 'path', 'connections', 'p50 µs', 'p99 µs', 'operations/s', 'CPU µs/operation'];
  const cells = rows.map((row) => [
    row.operation,
    row.store,
    row.path,
    String(row.connections),
    figure(row.p50Us),
    figure(row.p99Us),
    Math.round(row.operationsPerSecond).toLocaleString('en-US'),
    row.cpuUs === undefined ? '–' : figure(row.cpuUs),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...cells.map((line) => line[column]!.length)));
  const lineOf = (line: readonly string[]) =>
    line.map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ');
  return [lineOf(header), lineOf(widths.map((width) => '─'.repeat(width))), ...cells.map(lineOf)].join('\n');
}

/** One sentence for each ratio that the rows of one store and one operation give. */
export function ratioSentences(rows: readonly Row[]): string[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = `${row.operation} on ${row.store}`;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups].flatMap(([name, group]) => {
    const one = (path: Path) => group.find((row) => row.path === path && row.connections === 1);
    const many = (path: Path) => group.find((row) => row.path === path && row.connections === MANY_CONNECTIONS);
    return [
      hitSentence(one('proxy, hit'), one('HTTP to store'), many('proxy, hit'), many('HTTP to store')),
      missSentence(one('proxy, miss'), one('HTTP to store')),
      inProcessSentence(one('in process, hit'), one('SDK to store'), one('HTTP to store')),
    ].flatMap((sentence) => (sentence === undefined ? [] : [`${name}: ${sentence}`]));
  });
}

function hitSentence(hit?: Row, store?: Row, hitMany?: Row, storeMany?: Row): string | undefined {
  if (hit === undefined || store === undefined || hitMany === undefined || storeMany === undefined) return undefined;
  return (
    `a hit through the proxy takes ${figure(hit.p50Us)} µs at p50 where the store takes ${figure(store.p50Us)}, ` +
    `${comparison(store.p50Us / hit.p50Us, 'faster', 'slower')}, and over ${MANY_CONNECTIONS} connections there are ` +
    `${figure(hitMany.operationsPerSecond / storeMany.operationsPerSecond)} times as many operations a second.`
  );
}

function missSentence(miss?: Row, store?: Row): string | undefined {
  if (miss === undefined || store === undefined) return undefined;
  const added = miss.p50Us - store.p50Us;
  return (
    `a miss through the proxy takes ${figure(miss.p50Us)} µs at p50, ${figure(Math.abs(added))} µs ` +
    `${added < 0 ? 'less' : 'more'} than the store by itself.`
  );
}

function inProcessSentence(hit?: Row, sdk?: Row, store?: Row): string | undefined {
  if (hit === undefined || sdk === undefined || store === undefined) return undefined;
  return (
    `a hit in process takes ${figure(hit.p50Us)} µs at p50, ${comparison(sdk.p50Us / hit.p50Us, 'faster', 'slower')} ` +
    `than Amazon's client asking the store (${figure(sdk.p50Us)} µs), and ` +
    `${comparison(store.p50Us / hit.p50Us, 'faster', 'slower')} than bare HTTP to it.`
  );
}

function comparison(ratio: number, more: string, less: string): string {
  return ratio >= 1 ? `${figure(ratio)} times ${more}` : `${figure(1 / ratio)} times ${less}`;
}

/** Three digits that count. */
function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(value >= 10 ? 1 : 2);
}
