/** A run's result as one page that needs nothing else: no script, no font, no address of anything. */
import { barChart, escapeHtml, lineChart } from './chart.ts';
import type { Aim, Result, Row, Section } from './result.ts';
import { linearScale, logScale, percentileScale } from './scale.ts';
import { figure, rowCells, ROW_TITLES } from './table.ts';

const STYLE = `
:root { color-scheme: light dark; --text: #1c2024; --soft: #60646c; --line: #d9dce1; --back: #fff; --ours: #0b6e99; --other: #a8b0ba;
  --good: #18794e; --bad: #b5361c; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e8eb; --soft: #9ba1a6; --line: #33383d; --back: #16181a; --ours: #4cb5e0;
  --other: #5b636b; --good: #4cc38a; --bad: #ff8b6b; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 1000px; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0.2rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
p { max-width: 46rem; } .soft, figcaption { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.87rem; margin: 1rem 0; width: 100%; }
th, td { text-align: left; padding: 0.25rem 0.6rem; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; vertical-align: bottom; } .figure { text-align: right; white-space: nowrap; }
.met { color: var(--good); } .not-met { color: var(--bad); } .ours-row td:first-child { font-weight: 600; }
figure { margin: 1.5rem 0; } svg { width: 100%; height: auto; }
.axis { font: 12px system-ui, sans-serif; fill: var(--soft); } .grid { stroke: var(--line); }
.line { fill: none; stroke-width: 2; } .bar.ours { fill: var(--ours); } .bar.other { fill: var(--other); }
.c0 { stroke: #0b8ec4; } .c1 { stroke: #e5734f; } .c2 { stroke: #2f9e6e; } .c3 { stroke: #b35bc4; }
.c4 { stroke: #c99a1a; } .c5 { stroke: #5b6bd6; } .c6 { stroke: #d6487e; } .c7 { stroke: #7a8a3a; }
`;
const OURS = 'Slipstream';
/** More lines than that in one chart cannot be told apart. */
const LINES_MAX = 8;

export function pageOf(result: Result): string {
  const { machine, sections, aims, remarks } = result;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slipstream's bench, ${escapeHtml(result.startedAt)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Slipstream's bench</h1>
<p class="soft">${escapeHtml(result.startedAt)}, ${Math.round(result.seconds)} s${result.quick ? ', quick' : ''}.
${escapeHtml(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, load ${machine.loadAtStart} at the start.`)}
${escapeHtml(versions.join(', '))}.</p>
<p>Operations a second and processor time are taken flat out: each connection asks again when it has its answer. Latencies are
corrected for coordinated omission, so that a server that stalls does not hide those who would have come meanwhile: for one
connection by HdrHistogram's correction, which adds them; for many by asking at a quarter of the rate that was reached, by a
constant schedule, and counting from the moment a request was meant to be sent. Figures are medians of the turns; the curves
hold all of them. The aims take one caller's own median, from sending to answer, for p50; a floor is the same figure of a
server that does nothing but answer, or hand on bytes.</p>
${remarks.map((remark) => `<p><strong>${escapeHtml(remark)}</strong></p>`).join('\n')}
<h2>What is aimed at</h2>
${aimsTable(aims)}
${sections.map(sectionHtml).join('\n')}
</body>
</html>
`;
}

function aimsTable(aims: readonly Aim[]): string {
  const lines = aims.map(
    ({ what, aim, measured, floor, outcome }) =>
      `<tr><td>${escapeHtml(what)}</td><td class="figure">${escapeHtml(aim)}</td><td class="figure">${escapeHtml(measured)}</td>` +
      `<td class="figure">${escapeHtml(floor)}</td><td class="${outcome.replaceAll(' ', '-')}">${outcome}</td></tr>`,
  );
  return (
    '<div class="scroll"><table><thead><tr><th>ratio or difference, with its quartiles</th><th class="figure">at least</th>' +
    `<th class="figure">measured</th><th class="figure">floor</th><th></th></tr></thead><tbody>${lines.join('\n')}</tbody></table></div>`
  );
}

function sectionHtml({ title, method, rows, facts = [], chart }: Section): string {
  const parts = [`<h2>${escapeHtml(title)}</h2>`, `<p>${escapeHtml(method)}</p>`];
  for (const connections of new Set(rows.map((row) => row.connections))) {
    const group = rows.filter((row) => row.connections === connections);
    if (group.length > 1) parts.push(...chartsOf(group, connections));
  }
  if (chart !== undefined) {
    const points = chart.lines.flatMap((line) => line.points);
    const scaleOf = (axis: 0 | 1) => linearScale(Math.max(...points.map((point) => point[axis])));
    const [x, y] = [
      { title: chart.x, scale: scaleOf(0) },
      { title: chart.y, scale: scaleOf(1) },
    ] as const;
    parts.push(lineChart({ title: chart.title, x, y, lines: chart.lines }));
  }
  if (rows.length > 0) parts.push(rowsTable(rows));
  if (facts.length > 0) {
    const lines = facts.map(
      ({ name, value, unit }) =>
        `<tr><td>${escapeHtml(name)}</td><td class="figure">${figure(value)} ${escapeHtml(unit)}</td></tr>`,
    );
    parts.push(`<table><tbody>${lines.join('\n')}</tbody></table>`);
  }
  return `<section>${parts.join('\n')}</section>`;
}

/** Throughput of all, and the latencies of those that fit into one chart: ours before the others. */
function chartsOf(rows: readonly Row[], connections: number): string[] {
  const at = connections === 1 ? 'one connection' : `${connections} connections`;
  const bars = rows.map((row) => ({
    name: row.subject,
    value: row.operationsPerSecond,
    label: `${figure(row.operationsPerSecond)}/s`,
    isOurs: row.subject.startsWith(OURS),
  }));
  const scale = logScale(bars.map(({ value }) => value));
  const shown = rows.toSorted((a, b) => Number(b.subject.startsWith(OURS)) - Number(a.subject.startsWith(OURS)));
  const charts = [barChart(`Operations a second, ${at} (by powers of ten)`, bars, scale)];
  for (let first = 0; first < shown.length; first += LINES_MAX) {
    const lines = shown.slice(first, first + LINES_MAX).map(({ subject, curve }) => ({ name: subject, points: curve }));
    const points = lines.flatMap((line) => line.points);
    const x = { title: 'percentile', scale: percentileScale(Math.max(...points.map(([percentile]) => percentile))) };
    const y = { title: 'µs', scale: logScale(points.map(([, us]) => us)) };
    charts.push(lineChart({ title: `Latencies, ${at}`, x, y, lines }));
  }
  return charts;
}

function rowsTable(rows: readonly Row[]): string {
  const head = ROW_TITLES.map((title, column) => `<th${column === 0 ? '' : ' class="figure"'}>${title}</th>`);
  const lines = rows.map((row) => {
    const cells = rowCells(row).map(
      (cell, column) => `<td${column === 0 ? '' : ' class="figure"'}>${escapeHtml(cell)}</td>`,
    );
    return `<tr${row.subject.startsWith(OURS) ? ' class="ours-row"' : ''}>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>${lines.join('\n')}</tbody></table></div>`;
}
