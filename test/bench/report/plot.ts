import { shareOfGoal, show, type RowResult } from './results.ts';

const WIDTH = 900;
const LABELS = 400;
const LINE = 22;
const TOP = 48;
/** Shares beyond this are drawn as this, with an arrow. */
const MOST = 4;

export const escape = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** A bar per measure: how much of its goal is reached (the line at 1), and where kube-apiserver with etcd stands. */
export function plot(results: readonly RowResult[], title: string): string {
  const bars = results.flatMap(({ row, values }) =>
    values
      .filter(({ measure }) => measure.unit !== 'cut')
      .map(({ measure, median }) => ({
        label: measure.label ? `${row.name}, ${measure.label}` : row.name,
        value: show(median, measure.unit),
        share: shareOfGoal(measure, median),
        reference: measure.reference === undefined ? undefined : shareOfGoal(measure, measure.reference),
      })),
  );
  const height = TOP + bars.length * LINE + 20;
  const scale = (WIDTH - LABELS - 30) / MOST;
  const x = (share: number) => LABELS + Math.min(MOST, share) * scale;
  const lines = bars.map(({ label, value, share, reference }, i) => {
    const y = TOP + i * LINE;
    const mark =
      reference === undefined
        ? ''
        : `<path d="M${x(reference).toFixed(1)} ${y - 1}v16" stroke="#555" stroke-width="2"/>`;
    const color = share >= 1 ? '#2f855a' : '#c05621';
    return (
      `<text x="${LABELS - 90}" y="${y + 12}" text-anchor="end">${escape(label)}</text>` +
      `<text x="${LABELS - 8}" y="${y + 12}" text-anchor="end" fill="#555">${escape(value)}</text>` +
      `<rect x="${LABELS}" y="${y}" width="${(x(share) - LABELS).toFixed(1)}" height="14" fill="${color}"/>${mark}` +
      (share > MOST ? `<text x="${WIDTH - 24}" y="${y + 12}">→</text>` : '')
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="10" y="20" font-size="15">${escape(title)}</text>
<text x="${x(1)}" y="${TOP - 8}" text-anchor="middle">goal</text>
<path d="M${x(1)} ${TOP - 4}V${height - 14}" stroke="#222" stroke-dasharray="4 3"/>
<text x="${WIDTH - 10}" y="20" text-anchor="end" fill="#555">grey mark: kube-apiserver 1.35 + etcd</text>
${lines.join('\n')}
</svg>
`;
}
