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
  /** One value a turn; none where something that it needs was not measured. */
  readonly values: (run: Run) => readonly (number | undefined)[];
}

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

/** All of them are of one caller. */
const p50 = (turn: Turn) => turn.medianUs;
const rate = (turn: Turn) => turn.operationsPerSecond;
const cpu = (turn: Turn) => turn.cpuUs;

const ratio = (read: (turn: Turn) => number | undefined) => (above?: Turn, below?: Turn) => {
  const [over, under] = [read(above!), read(below!)];
  return over === undefined || under === undefined ? undefined : over / under;
};
const difference = (read: (turn: Turn) => number | undefined) => (more?: Turn, less?: Turn) => {
  const [whole, part] = [read(more!), read(less!)];
  return whole === undefined || part === undefined ? undefined : whole - part;
};

const rules: readonly Rule[] = [
  {
    what: 'HTTP hit, 32 connections: CPU, of the bare net floor',
    bound: ['≤', 1.25, 'times'],
    values: (run) =>
      run.each(
        [
          ['http', 32],
          ['net', 32],
        ],
        ratio(cpu),
      ),
  },
  {
    what: 'HTTP hit, 32 connections: CPU, of node:http with a fixed answer',
    bound: ['≤', 0.5, 'times'],
    values: (run) =>
      run.each(
        [
          ['http', 32],
          ['nodeHttp', 32],
        ],
        ratio(cpu),
      ),
  },
  {
    what: 'HTTP hit, 32 connections: operations a second of one core (by CPU), of nginx return 200',
    bound: ['≥', 0.5, 'times'],
    values: (run) =>
      run.each(
        [
          ['nginx', 32],
          ['http', 32],
        ],
        ratio(cpu),
      ),
  },
  {
    what: 'HTTP hit, one connection: p50, faster than dynalite over HTTP',
    bound: ['≥', 5, 'times'],
    values: (run) =>
      run.each(
        [
          ['dynalite', 1],
          ['http', 1],
        ],
        ratio(p50),
      ),
  },
  {
    what: 'hit in process: p50, faster than dynalite over HTTP',
    bound: ['≥', 40, 'times'],
    values: (run) =>
      run.each(
        [
          ['dynalite', 1],
          ['inProcess', 1],
        ],
        ratio(p50),
      ),
  },
  {
    what: 'hit in process: p50, faster than reads of 3 ms (injected)',
    bound: ['≥', 1_000, 'times'],
    values: (run) =>
      run.each(
        [
          ['slow', 1],
          ['inProcess', 1],
        ],
        ratio(p50),
      ),
  },
  {
    what: 'miss through the proxy: p50 added to the store',
    bound: ['≤', 150, 'µs'],
    values: (run) =>
      run.each(
        [
          ['miss', 1],
          ['embeddedRead', 1],
        ],
        difference(p50),
      ),
  },
  {
    what: 'write through the proxy: p50 added to the store',
    bound: ['≤', 150, 'µs'],
    values: (run) =>
      run.each(
        [
          ['write', 1],
          ['embeddedWrite', 1],
        ],
        difference(p50),
      ),
  },
  {
    what: 'hit in process: operations a second, of Redis cache-aside (one caller each)',
    bound: ['≥', 20, 'times'],
    values: (run) =>
      run.each(
        [
          ['inProcess', 1],
          ['redisAside', 1],
        ],
        ratio(rate),
      ),
  },
  {
    what: 'hit in process (one caller): operations a second, of Redis cache-aside with 32 callers',
    bound: ['≥', 20, 'times'],
    values: (run) =>
      run.each(
        [
          ['inProcess', 1],
          ['redisAside', 32],
        ],
        ratio(rate),
      ),
  },
  {
    what: 'HTTP hit without the SDK, one caller: CPU of both sides, of Redis cache-aside',
    bound: ['≤', 1, 'times'],
    values: (run) =>
      run.each(
        [
          ['httpAside', 1],
          ['redisAside', 1],
        ],
        ratio(cpu),
      ),
  },
  {
    what: 'HTTP hit without the SDK, one caller: p50, of Redis cache-aside',
    bound: ['≤', 1, 'times'],
    values: (run) =>
      run.each(
        [
          ['httpAside', 1],
          ['redisAside', 1],
        ],
        ratio(p50),
      ),
  },
  {
    what: 'HTTP hit with --auth sigv4, 32 connections: CPU added',
    bound: ['≤', 15, 'µs'],
    values: (run) =>
      run.each(
        [
          ['signed', 32],
          ['http', 32],
        ],
        difference(cpu),
      ),
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
  return rules.map(({ what, bound: [sign, limit, unit], values }) => {
    const aim = `${sign} ${figure(limit)} ${unit}`;
    const measured = values(run).filter((value) => value !== undefined);
    if (measured.length === 0) return { what, aim, measured: '', outcome: 'not measured' };
    const middle = quantile(measured, 0.5);
    const spread =
      measured.length === 1 ? '' : ` (${figure(quantile(measured, 0.25))}–${figure(quantile(measured, 0.75))})`;
    const isMet = sign === '≤' ? middle <= limit : middle >= limit;
    return { what, aim, measured: `${figure(middle)}${spread} ${unit}`, outcome: isMet ? 'met' : 'not met' };
  });
}
