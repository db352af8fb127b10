/**
 * What the project wants to reach, as ratios and differences within one run. Each is taken turn by turn, and what is shown is the
 * median with its quartiles: a machine that is busy in one turn is so for both sides.
 */
import { quantile } from '../quantile.ts';
import { subjects } from './result.ts';
import type { Aim, Fact, Row, Section, Turn } from './result.ts';
import { figure } from './table.ts';

interface Rule {
  readonly what: string;
  readonly bound: readonly [sign: '≤' | '≥', value: number, unit: string];
  readonly values: Values;
  /** The same of something that does nothing but what cannot be left out: what falls short there falls short for us. */
  readonly floor?: { readonly of: string; readonly values: Values } | undefined;
}

/** One value a turn; none where something that it needs was not measured. */
type Values = (run: Run) => readonly (number | undefined)[];

/** The rows and facts of a run by their names. */
class Run {
  readonly #rows: readonly Row[];
  readonly #facts: readonly Fact[];

  constructor(sections: readonly Section[]) {
    this.#rows = sections.filter(({ id }) => id === 'hits' || id === 'misses').flatMap(({ rows }) => rows);
    this.#facts = sections.flatMap(({ facts = [] }) => facts);
  }

  /** Takes a figure of each row, turn by turn, and makes one of them. */
  each(
    rows: readonly (readonly [subject: keyof typeof subjects, connections: number])[],
    read: (...turns: readonly Turn[]) => number | undefined,
  ): (number | undefined)[] {
    const found = rows.map(([subject, connections]) =>
      this.#rows.find((row) => row.subject === subjects[subject] && row.connections === connections),
    );
    const turns = Math.min(...found.map((row) => row?.turns.length ?? 0));
    return Array.from({ length: turns }, (_, turn) => read(...found.map((row) => row!.turns[turn]!)));
  }

  fact(name: string): number[] {
    return this.#facts.filter((fact) => fact.name === name).map(({ value }) => value);
  }
}

/** Names of the facts that aims look at. */
export const aimedFacts = {
  rssPerItem: 'memory of the process per cached item',
  longestPause: 'longest GC pause while hits are served',
} as const;

type RowName = readonly [subject: keyof typeof subjects, connections: number];
type Figure = (turn: Turn) => number | undefined;

/** Taken of one caller only. */
const p50: Figure = (turn) => turn.medianUs;
const rate: Figure = (turn) => turn.operationsPerSecond;
const cpu: Figure = (turn) => turn.cpuUs;

function ratio(read: Figure, above: RowName, below: RowName): Values {
  return (run) => run.each([above, below], (over, under) => both(read(over!), read(under!), (a, b) => a / b));
}

function difference(read: Figure, more: RowName, less: RowName): Values {
  return (run) => run.each([more, less], (whole, part) => both(read(whole!), read(part!), (a, b) => a - b));
}

function both(a: number | undefined, b: number | undefined, make: (a: number, b: number) => number) {
  return a === undefined || b === undefined ? undefined : make(a, b);
}

const rules: readonly Rule[] = [
  {
    what: 'HTTP hit, 32 connections: CPU, of the bare net floor',
    bound: ['≤', 1.25, 'times'],
    values: ratio(cpu, ['http', 32], ['net', 32]),
  },
  {
    what: 'HTTP hit, 32 connections: CPU, of node:http with a fixed answer',
    bound: ['≤', 0.5, 'times'],
    values: ratio(cpu, ['http', 32], ['nodeHttp', 32]),
    floor: { of: 'bare net', values: ratio(cpu, ['net', 32], ['nodeHttp', 32]) },
  },
  {
    what: 'HTTP hit, 32 connections: operations a second of one core (by CPU), of nginx return 200',
    bound: ['≥', 0.5, 'times'],
    values: ratio(cpu, ['nginx', 32], ['http', 32]),
    floor: { of: 'bare net', values: ratio(cpu, ['nginx', 32], ['net', 32]) },
  },
  {
    what: 'HTTP hit, one connection: p50, faster than dynalite over HTTP',
    bound: ['≥', 5, 'times'],
    values: ratio(p50, ['dynalite', 1], ['http', 1]),
    floor: { of: 'bare net', values: ratio(p50, ['dynalite', 1], ['net', 1]) },
  },
  {
    what: 'HTTP hit with --busy-poll, one connection: p50, faster than dynalite over HTTP',
    bound: ['≥', 5, 'times'],
    values: ratio(p50, ['dynalite', 1], ['awake', 1]),
    floor: { of: 'bare net', values: ratio(p50, ['dynalite', 1], ['net', 1]) },
  },
  {
    what: 'hit in process: p50, faster than dynalite over HTTP',
    bound: ['≥', 40, 'times'],
    values: ratio(p50, ['dynalite', 1], ['inProcess', 1]),
  },
  {
    what: 'hit in process: p50, faster than reads of 3 ms (injected)',
    bound: ['≥', 1_000, 'times'],
    values: ratio(p50, ['slow', 1], ['inProcess', 1]),
  },
  {
    what: 'miss through the proxy: p50 added to the store',
    bound: ['≤', 150, 'µs'],
    values: difference(p50, ['miss', 1], ['embeddedRead', 1]),
    floor: { of: 'undici alone', values: difference(p50, ['dispatchedRead', 1], ['embeddedRead', 1]) },
  },
  {
    what: 'write through the proxy: p50 added to the store',
    bound: ['≤', 150, 'µs'],
    values: difference(p50, ['write', 1], ['embeddedWrite', 1]),
    floor: { of: 'undici alone', values: difference(p50, ['dispatchedWrite', 1], ['embeddedWrite', 1]) },
  },
  {
    what: 'hit in process: operations a second, of Redis cache-aside (one caller each)',
    bound: ['≥', 20, 'times'],
    values: ratio(rate, ['inProcess', 1], ['redisAside', 1]),
  },
  {
    what: 'hit in process (one caller): operations a second, of Redis cache-aside with 32 callers',
    bound: ['≥', 20, 'times'],
    values: ratio(rate, ['inProcess', 1], ['redisAside', 32]),
  },
  {
    what: 'HTTP hit without the SDK, one caller: CPU of both sides, of Redis cache-aside',
    bound: ['≤', 1, 'times'],
    values: ratio(cpu, ['httpAside', 1], ['redisAside', 1]),
    floor: { of: 'bare net', values: ratio(cpu, ['netAside', 1], ['redisAside', 1]) },
  },
  {
    what: 'HTTP hit without the SDK, one caller: p50, of Redis cache-aside',
    bound: ['≤', 1, 'times'],
    values: ratio(p50, ['httpAside', 1], ['redisAside', 1]),
    floor: { of: 'bare net', values: ratio(p50, ['netAside', 1], ['redisAside', 1]) },
  },
  {
    what: 'HTTP hit without the SDK, with --busy-poll, one caller: p50, of Redis cache-aside',
    bound: ['≤', 1, 'times'],
    values: ratio(p50, ['awakeAside', 1], ['redisAside', 1]),
    floor: { of: 'bare net', values: ratio(p50, ['netAside', 1], ['redisAside', 1]) },
  },
  {
    what: 'HTTP hit with --auth sigv4, 32 connections: CPU added',
    bound: ['≤', 15, 'µs'],
    values: difference(cpu, ['signed', 32], ['http', 32]),
  },
  {
    what: 'memory (RSS) per cached item of 500 bytes',
    bound: ['≤', 900, 'bytes'],
    values: (run) => run.fact(aimedFacts.rssPerItem),
  },
  {
    what: 'longest GC pause while hits are served',
    bound: ['≤', 50, 'ms'],
    values: (run) => run.fact(aimedFacts.longestPause),
  },
  {
    what: 'Query of 20 items, 32 connections: CPU but for the bytes on the wire, of a GetItem hit',
    bound: ['≤', 1.5, 'times'],
    values: (run) =>
      run.each(
        [
          ['query', 32],
          ['netQuery', 32],
          ['net', 32],
          ['http', 32],
        ],
        queryRatio,
      ),
  },
];

/** What the larger answer costs the bare net floor is the price of its bytes. */
function queryRatio(query?: Turn, netQuery?: Turn, net?: Turn, get?: Turn): number | undefined {
  const costs = [query, netQuery, net, get].map((turn) => turn?.cpuUs);
  const [whole, largeBytes, smallBytes, single] = costs;
  if (whole === undefined || largeBytes === undefined || smallBytes === undefined || single === undefined) {
    return undefined;
  }
  return (whole - (largeBytes - smallBytes)) / single;
}

export function aimsOf(sections: readonly Section[]): Aim[] {
  const run = new Run(sections);
  return rules.map(({ what, bound: [sign, limit, unit], values, floor }) => {
    const aim = `${sign} ${figure(limit)} ${unit}`;
    const measured = known(values(run));
    if (measured.length === 0) return { what, aim, measured: '', floor: '', outcome: 'not measured' };
    const middle = quantile(measured, 0.5);
    const spread =
      measured.length === 1 ? '' : ` (${figure(quantile(measured, 0.25))}–${figure(quantile(measured, 0.75))})`;
    const isMet = sign === '≤' ? middle <= limit : middle >= limit;
    return {
      what,
      aim,
      measured: `${figure(middle)}${spread} ${unit}`,
      floor: floor === undefined ? '' : floorText(floor.of, known(floor.values(run)), unit),
      outcome: isMet ? 'met' : 'not met',
    };
  });
}

function known(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined);
}

function floorText(of: string, values: readonly number[], unit: string): string {
  return values.length === 0 ? '' : `${of}: ${figure(quantile(values, 0.5))} ${unit}`;
}
