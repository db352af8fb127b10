/** The report of fixed measurements: aims, text and page say what the rows say. */
import { describe, expect, it } from 'vitest';
import { aimedFacts, aimsOf } from '../../bench/report/aims.ts';
import { barChart, lineChart } from '../../bench/report/chart.ts';
import { pageOf } from '../../bench/report/page.ts';
import { subjects } from '../../bench/report/result.ts';
import type { Result, Row, Section, Turn } from '../../bench/report/result.ts';
import { linearScale, logScale, percentileScale } from '../../bench/report/scale.ts';
import { figure, resultText } from '../../bench/report/table.ts';

const calm = {
  operationsPerSecond: 10_000,
  cpuUs: 20,
  medianUs: 100,
  p50Us: 100,
  p90Us: 200,
  p99Us: 900,
  p999Us: 4_000,
};

function row(subject: keyof typeof subjects, connections: number, ...turns: Partial<Turn>[]): Row {
  const all = (turns.length === 0 ? [{}] : turns).map((turn) => ({ ...calm, ...turn }));
  const curve = [
    [0, 80],
    [90, 200],
    [99, 900],
  ] as const;
  return { subject: subjects[subject], connections, count: 500, ...all[0]!, turns: all, curve };
}

const section = (id: string, rows: readonly Row[], more: Partial<Section> = {}): Section => ({
  id,
  title: `Section ${id}`,
  method: 'By asking.',
  rows,
  ...more,
});

const result = (sections: readonly Section[]): Result => ({
  startedAt: '2026-01-02T03:04:05.678Z',
  quick: false,
  seconds: 61.2,
  machine: {
    cpu: 'A <fast> one',
    cores: 2,
    memoryGiB: 8,
    system: 'linux 6 x64',
    loadAtStart: 0.1,
    versions: { slipstream: '1.2.3', node: 'v20.0.0' },
  },
  othersShare: 0.04,
  remarks: ['Take this with care.'],
  aims: aimsOf(sections),
  sections,
});

const aim = (sections: readonly Section[], what: string) => aimsOf(sections).find((each) => each.what.startsWith(what));

describe('the aims', () => {
  const hit = row('http', 32, { cpuUs: 20 }, { cpuUs: 200 }, { cpuUs: 24 });

  it('are ratios of the same turn, with their quartiles', () => {
    const net = row('net', 32, { cpuUs: 10 }, { cpuUs: 100 }, { cpuUs: 20 });
    expect(aim([section('hits', [hit, net])], 'HTTP hit, 32 connections: CPU, of the bare net')).toEqual({
      what: 'HTTP hit, 32 connections: CPU, of the bare net floor',
      aim: '≤ 1.25 times',
      measured: '2 (1.60–2) times',
      floor: '',
      outcome: 'not met',
    });
  });

  it('are met at the bound itself', () => {
    const nodeHttp = row('nodeHttp', 32, { cpuUs: 40 }, { cpuUs: 400 }, { cpuUs: 48 });
    expect(aim([section('hits', [hit, nodeHttp])], 'HTTP hit, 32 connections: CPU, of node:http')?.outcome).toBe('met');
    const [fast, slow] = [row('http', 1, { medianUs: 40 }), row('dynalite', 1, { medianUs: 199 })];
    expect(aim([section('hits', [fast, slow])], 'HTTP hit, one connection: p50, faster')).toMatchObject({
      measured: '4.97 times',
      outcome: 'not met',
    });
  });

  it('come with the same of what cannot be left out', () => {
    const rows = [
      row('http', 1, { medianUs: 40 }),
      row('net', 1, { medianUs: 32 }),
      row('dynalite', 1, { medianUs: 128 }),
    ];
    const what = 'HTTP hit, one connection: p50, faster';
    expect(aim([section('hits', rows)], what)).toMatchObject({ measured: '3.20 times', floor: 'bare net: 4 times' });
    expect(aim([section('hits', [rows[0]!, rows[2]!])], what)).toMatchObject({ measured: '3.20 times', floor: '' });
  });

  it('are differences where that is asked', () => {
    const rows = [row('miss', 1, { medianUs: 240 }), row('embeddedRead', 1, { medianUs: 100 })];
    expect(aim([section('misses', rows)], 'miss through the proxy')).toMatchObject({
      measured: '140 µs',
      outcome: 'met',
    });
  });

  it("take a page's bytes off before they compare it with an item", () => {
    const rows = [
      row('query', 32, { cpuUs: 40 }),
      row('netQuery', 32, { cpuUs: 22 }),
      row('net', 32, { cpuUs: 12 }),
      row('http', 32, { cpuUs: 20 }),
    ];
    expect(aim([section('hits', rows)], 'Query of 20 items')).toMatchObject({ measured: '1.50 times', outcome: 'met' });
  });

  it('are facts where they are none of a row', () => {
    const facts = [{ name: aimedFacts.rssPerItem, value: 901, unit: 'bytes' }];
    expect(aim([section('memory', [], { facts })], 'memory (RSS)')).toMatchObject({
      measured: '901 bytes',
      outcome: 'not met',
    });
  });

  it('say so when something that they need was not measured', () => {
    const unread = row('net', 32, { cpuUs: undefined });
    for (const rows of [[hit], [hit, unread]]) {
      expect(aim([section('hits', rows)], 'HTTP hit, 32 connections: CPU, of the bare net')).toMatchObject({
        measured: '',
        outcome: 'not measured',
      });
    }
  });
});

describe('the text', () => {
  it('has the machine, each row and fact, the aims and the remarks', () => {
    const facts = [{ name: 'GC pauses', value: 12, unit: 'in all' }];
    const rows = [row('http', 1), { ...row('nginx', 32, { cpuUs: undefined }), hitRatio: 0.625 }];
    const text = resultText(result([section('hits', rows, { facts })]));
    expect(text).toContain('A <fast> one, 2 cores, 8 GiB, linux 6 x64, node v20.0.0, load 0.1 at the start; 61 s');
    const cells = text.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(cells).toContainEqual([subjects.http, '1', '100', '200', '900', '4,000', '10,000', '20']);
    expect(cells).toContainEqual([subjects.nginx, '32', '100', '200', '900', '4,000', '10,000', '–', '62.5 %']);
    expect(text).toContain('GC pauses: 12 in all');
    expect(text).toContain('Take this with care.');
    expect(text).toContain('not measured');
  });

  it('shows three digits that count', () => {
    expect([1234.5, 99.96, 9.87, 0.5, 7, -304.2].map(figure)).toEqual(['1,235', '100.0', '9.87', '0.50', '7', '-304']);
  });
});

describe('the page', () => {
  const lines = [
    {
      name: '5 %',
      points: [
        [10, 0],
        [20, 60],
      ] as const,
    },
  ];
  const page = pageOf(
    result([
      section('hits', [row('http', 1), row('net', 1)]),
      section('hit-ratio', [], { chart: { title: 'Hits & misses', x: 'reads', y: '%', lines } }),
    ]),
  );

  it('needs nothing else: no script, no font, no address', () => {
    expect(page).not.toMatch(/<script|<link|@import|url\(|src=|href=|https?:/);
  });

  it('shows the machine, the aims, the rows and a chart of each kind', () => {
    expect(page).toContain('A &#60;fast&#62; one, 2 cores');
    expect(page).toContain('slipstream 1.2.3');
    expect(page).toContain(subjects.http);
    expect([...page.matchAll(/<figcaption>([^<]*)</g)].map(([, title]) => title)).toEqual([
      'Operations a second, one connection (by powers of ten)',
      'Latencies, one connection',
      'Hits &#38; misses',
    ]);
    expect(page).toContain('class="not-measured"');
  });

  it.each(['section', 'table', 'tr', 'td', 'figure', 'svg', 'text', 'p'])('closes each <%s> that it opens', (tag) => {
    const opened = page.match(new RegExp(`<${tag}[ >]`, 'g'))?.length ?? 0;
    expect(opened).toBeGreaterThan(0);
    expect(page.match(new RegExp(`</${tag}>`, 'g'))?.length).toBe(opened);
  });
});

describe('charts', () => {
  it('put points where their axes put them', () => {
    const x = { title: 'x', scale: linearScale(10) };
    const y = { title: 'y', scale: linearScale(100) };
    const svg = lineChart({
      title: 'One',
      x,
      y,
      lines: [
        {
          name: 'a "b"',
          points: [
            [0, 0],
            [10, 100],
          ],
        },
      ],
    });
    expect(svg).toContain('points="70.0,296.0 730.0,16.0"');
    expect(svg).toContain('<title>a &#34;b&#34;</title>');
  });

  it('draw bars as long as their values are large', () => {
    const bars = [1_000, 100_000].map((value) => ({ name: 'n', value, label: 'v', isOurs: value > 1_000 }));
    const svg = barChart('Bars', bars, logScale([100, 1_000, 1_000_000]));
    const widths = [...svg.matchAll(/<rect class="bar (\w+)"[^>]* width="([\d.]+)"/g)].map(([, kind, width]) => [
      kind,
      width,
    ]);
    expect(widths).toEqual([
      ['other', '80.0'],
      ['ours', '240.0'],
    ]);
  });
});

describe('scales', () => {
  it('end at round numbers', () => {
    expect(linearScale(97).ticks.map(([, label]) => label)).toEqual(['0', '20', '40', '60', '80', '100']);
    expect(linearScale(0.3).ticks.at(-1)![1]).toBe('0.3');
    expect(linearScale(0).ticks.length).toBeGreaterThan(1);
    expect(linearScale(45_000).ticks.at(-1)).toEqual([50_000, '50 k']);
  });

  it('go by powers of ten', () => {
    const scale = logScale([3, 450]);
    expect(scale.ticks.map(([, label]) => label)).toEqual(['1', '10', '100', '1,000']);
    expect(scale.place(10)).toBeCloseTo(1 / 3, 12);
    expect(logScale([5, 5]).place(5)).toBeGreaterThan(0);
  });

  it('give each nine of a percentile the same room', () => {
    const scale = percentileScale(99.95);
    expect(scale.ticks.map(([, label]) => label)).toEqual(['0', '90', '99', '99.9', '99.99']);
    expect([0, 90, 99, 99.9].map((percentile) => scale.place(percentile).toFixed(6))).toEqual([
      '0.000000',
      '0.250000',
      '0.500000',
      '0.750000',
    ]);
  });
});
