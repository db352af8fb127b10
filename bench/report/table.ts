/** A run's result as text for a terminal: the aims, then each section's rows and facts. */
import type { Result, Row, Section } from './result.ts';

export function resultText(result: Result): string {
  const { machine, aims, sections, remarks } = result;
  const parts = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, node ${machine.versions['node'] ?? ''}, ` +
      `load ${machine.loadAtStart} at the start; ${Math.round(result.seconds)} s`,
    ...sections.map(sectionText),
    aligned([
      ['aim', 'at least', 'measured', 'outcome', 'floor'],
      ...aims.map(({ what, aim, measured, outcome, floor }) => [what, aim, measured, outcome, floor]),
    ]),
    ...remarks,
  ];
  return parts.join('\n\n');
}

export const ROW_TITLES = [
  'what',
  'connections',
  'p50 µs',
  'p90 µs',
  'p99 µs',
  'p99.9 µs',
  'operations/s',
  'CPU µs/operation',
  'hits',
] as const;

export function rowCells(row: Row): string[] {
  return [
    row.subject,
    String(row.connections),
    ...[row.p50Us, row.p90Us, row.p99Us, row.p999Us].map(figure),
    figure(Math.round(row.operationsPerSecond)),
    row.cpuUs === undefined ? '–' : figure(row.cpuUs),
    row.hitRatio === undefined ? '' : `${(100 * row.hitRatio).toFixed(1)} %`,
  ];
}

/** Three digits that count. */
export function figure(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function sectionText({ title, rows, facts = [] }: Section): string {
  const lines = [`── ${title}`];
  if (rows.length > 0) lines.push(aligned([ROW_TITLES, ...rows.map(rowCells)]));
  lines.push(...facts.map(({ name, value, unit }) => `${name}: ${figure(value)} ${unit}`));
  return lines.join('\n');
}

/** Columns one below the other: the first and whatever is no figure to the left, figures to the right. */
function aligned(table: readonly (readonly string[])[]): string {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const isFigures = widths.map((_, column) => table.slice(1).every((line) => /^[\d.,–% ]*$/.test(line[column]!)));
  const lineOf = (line: readonly string[]) =>
    line
      .map((cell, column) => (isFigures[column]! ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  const [header, ...lines] = table.map(lineOf);
  return [header, widths.map((width) => '─'.repeat(width)).join('  '), ...lines].join('\n');
}
