import { escape } from '../report/plot.ts';
import { show } from '../report/results.ts';
import { markdown } from '../report/table.ts';
import type { Measure } from '../row.ts';

/** One line of a chart: a value for each size of something. Lines of one chart share `x` and `unit`. */
export interface Series {
  chart: string;
  /** what is made larger */
  x: string;
  unit: Measure['unit'] | 'MB/s';
  name: string;
  points: [x: number, y: number][];
}

const WIDTH = 420;
const HEIGHT = 260;
const EDGE = { left: 60, right: 20, top: 36, bottom: 60 };
const COLORS = ['#2b6cb0', '#c05621', '#2f855a', '#805ad5'];
const COLUMNS = 2;

const text = (value: number, unit: Series['unit']): string =>
  unit === 'MB/s' ? `${show(value, 'MB')}/s` : show(value, unit);
const chartsOf = (all: readonly Series[]): Series[][] =>
  [...new Set(all.map(({ chart }) => chart))].map((chart) => all.filter((each) => each.chart === chart));

/** Small line plots with a logarithmic x axis and a y axis from 0, two in a row: what does not depend on x is flat. */
export function linePlots(all: readonly Series[]): string {
  const charts = chartsOf(all);
  const height = Math.ceil(charts.length / COLUMNS) * HEIGHT;
  const drawn = charts.map(
    (series, n) =>
      `<g transform="translate(${(n % COLUMNS) * WIDTH} ${Math.floor(n / COLUMNS) * HEIGHT})">${chart(series)}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${COLUMNS * WIDTH}" height="${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
${drawn.join('\n')}
</svg>
`;
}

function chart(series: readonly Series[]): string {
  const { chart: title, x: axis, unit } = series[0]!;
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const most = Math.max(...series.flatMap(({ points }) => points.map(([, y]) => y))) || 1;
  const span = Math.log(xs.at(-1)! / xs[0]!) || 1;
  const x = (value: number) => EDGE.left + (Math.log(value / xs[0]!) / span) * (WIDTH - EDGE.left - EDGE.right);
  const y = (value: number) => HEIGHT - EDGE.bottom - (value / most) * (HEIGHT - EDGE.top - EDGE.bottom);
  const at = ([a, b]: [number, number]) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`;
  const lines = series.map(({ name, points }, n) => {
    const color = COLORS[n % COLORS.length]!;
    const dots = points
      .map(([a, b]) => `<circle cx="${x(a).toFixed(1)}" cy="${y(b).toFixed(1)}" r="3" fill="${color}"/>`)
      .join('');
    const label = `<text x="${EDGE.left + n * 110}" y="${HEIGHT - 8}" fill="${color}">${escape(name)}</text>`;
    return `<path d="M${points.map(at).join('L')}" fill="none" stroke="${color}" stroke-width="2"/>${dots}${label}`;
  });
  const ticks = xs.map(
    (value) =>
      `<text x="${x(value).toFixed(1)}" y="${HEIGHT - EDGE.bottom + 16}" text-anchor="middle">${value.toLocaleString('en')}</text>`,
  );
  return (
    `<text x="10" y="20" font-size="13">${escape(title)}</text>` +
    `<path d="M${EDGE.left} ${EDGE.top}V${HEIGHT - EDGE.bottom}H${WIDTH - EDGE.right}" fill="none" stroke="#222"/>` +
    `<text x="${EDGE.left - 6}" y="${EDGE.top + 4}" text-anchor="end">${escape(text(most, unit))}</text>` +
    `<text x="${EDGE.left - 6}" y="${HEIGHT - EDGE.bottom}" text-anchor="end">0</text>` +
    `<text x="${WIDTH - EDGE.right}" y="${HEIGHT - EDGE.bottom + 32}" text-anchor="end" fill="#555">${escape(axis)}</text>${ticks.join('')}${lines.join('')}`
  );
}

/** A Markdown table of series that share their x: a line per series, a column per x. */
export function seriesTable(all: readonly Series[]): string {
  const xs = [...new Set(all.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const rows = all.map(({ chart: title, name, unit, points }) => {
    const values = new Map(points);
    return [
      title === name ? title : `${title}: ${name}`,
      ...xs.map((x) => (values.has(x) ? text(values.get(x)!, unit) : '–')),
    ];
  });
  return markdown([all[0]?.x ?? '', ...xs.map((x) => x.toLocaleString('en'))], rows);
}
