/** Charts as SVG, drawn once: they need no script, and can be printed. Colours are the page's (classes `c0` to `c7`). */
import type { Line } from './result.ts';
import type { Scale } from './scale.ts';

export interface LineChart {
  readonly title: string;
  readonly x: { readonly title: string; readonly scale: Scale };
  readonly y: { readonly title: string; readonly scale: Scale };
  readonly lines: readonly Line[];
}

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** What stands beside it. */
  readonly label: string;
  readonly isOurs: boolean;
}

const WIDTH = 760;
const PLOT = { left: 70, top: 16, width: 660, height: 280 } as const;
const LEGEND_ROW = 20;
const LEGEND_COLUMN = 330;
const COLOURS = 8;
const BAR_ROW = 24;
const BARS = { left: 330, width: 320 } as const;

export function lineChart({ title, x, y, lines }: LineChart): string {
  const across = (value: number) => PLOT.left + PLOT.width * x.scale.place(value);
  const up = (value: number) => PLOT.top + PLOT.height * (1 - y.scale.place(value));
  const bottom = PLOT.top + PLOT.height;
  const legendTop = bottom + 62;
  const height = legendTop + LEGEND_ROW * Math.ceil(lines.length / 2);
  const parts = [
    ...y.scale.ticks.map(
      ([value, label]) =>
        `<line class="grid" x1="${PLOT.left}" x2="${PLOT.left + PLOT.width}" y1="${px(up(value))}" y2="${px(up(value))}"/>` +
        text(PLOT.left - 8, up(value) + 4, label, 'end'),
    ),
    ...x.scale.ticks.map(
      ([value, label]) =>
        `<line class="grid" x1="${px(across(value))}" x2="${px(across(value))}" y1="${PLOT.top}" y2="${bottom}"/>` +
        text(across(value), bottom + 18, label, 'middle'),
    ),
    text(PLOT.left + PLOT.width / 2, bottom + 38, x.title, 'middle'),
    `<text class="axis" transform="translate(14 ${PLOT.top + PLOT.height / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(y.title)}</text>`,
    ...lines.map(({ name, points }, index) => {
      const path = points.map(([from, to]) => `${px(across(from))},${px(up(to))}`).join(' ');
      return `<polyline class="line c${index % COLOURS}" points="${path}"><title>${escapeHtml(name)}</title></polyline>`;
    }),
    ...lines.map(({ name }, index) => {
      const left = PLOT.left + LEGEND_COLUMN * (index % 2);
      const top = legendTop + LEGEND_ROW * Math.floor(index / 2);
      return (
        `<line class="line c${index % COLOURS}" x1="${left}" x2="${left + 22}" y1="${top - 4}" y2="${top - 4}"/>` +
        text(left + 30, top, name, 'start')
      );
    }),
  ];
  return figureOf(title, height, parts);
}

/** Bars from the left, each with its name before and its value behind it. */
export function barChart(title: string, bars: readonly Bar[], scale: Scale): string {
  const height = BAR_ROW * bars.length + 34;
  const bottom = BAR_ROW * bars.length + 6;
  const parts = [
    ...scale.ticks.map(([value, label]) => {
      const at = px(BARS.left + BARS.width * scale.place(value));
      return `<line class="grid" x1="${at}" x2="${at}" y1="4" y2="${bottom}"/>${text(Number(at), bottom + 18, label, 'middle')}`;
    }),
    ...bars.map(({ name, value, label, isOurs }, index) => {
      const top = BAR_ROW * index + 8;
      const width = Math.max(1, BARS.width * scale.place(value));
      return (
        `<rect class="bar ${isOurs ? 'ours' : 'other'}" x="${BARS.left}" y="${top}" width="${px(width)}" height="${BAR_ROW - 8}">` +
        `<title>${escapeHtml(`${name}: ${label}`)}</title></rect>` +
        text(BARS.left - 8, top + 12, name, 'end') +
        text(BARS.left + width + 6, top + 12, label, 'start')
      );
    }),
  ];
  return figureOf(title, height, parts);
}

export function escapeHtml(plain: string): string {
  return plain.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function figureOf(title: string, height: number, parts: readonly string[]): string {
  const svg = `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}">${parts.join('')}</svg>`;
  return `<figure><figcaption>${escapeHtml(title)}</figcaption>${svg}</figure>`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text class="axis" x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;
}

function px(value: number): string {
  return value.toFixed(1);
}
