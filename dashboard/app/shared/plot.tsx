import { useEffect, useRef } from 'react';
import uPlot from 'uplot';

/** Time in s since the epoch, and a value. */
export type Points = readonly (readonly [at: number, value: number])[];

const HEIGHT = 220;

/** A line through time, and horizontal ones at its bounds. Its newest value is told as text too. */
export function Plot({
  title,
  points,
  bounds,
}: {
  title: string;
  points: Points;
  bounds: readonly { name: string; value: number }[];
}) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const names = bounds.map(({ name }) => name).join();
  const data: uPlot.AlignedData = [
    points.map(([at]) => at),
    points.map(([, value]) => value),
    ...bounds.map(({ value }) => points.map(() => value)),
  ];
  useEffect(() => {
    const box = place.current;
    if (!box) return undefined;
    // a canvas knows no variables: what they come to is asked for
    const { color, borderTopColor: line, outlineColor: used } = getComputedStyle(box);
    const axis = { stroke: color, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    plot.current = new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        axes: [axis, { ...axis, size: 60 }],
        scales: { y: { range: (_, __, max) => [0, max * 1.1 || 1] } },
        series: [
          {},
          { label: 'used', stroke: used, width: 2 },
          ...bounds.map(({ name }) => ({ label: name, stroke: color, dash: [6, 4] })),
        ],
      },
      data,
      box,
    );
    const resize = new ResizeObserver(() => plot.current?.setSize({ width: box.clientWidth, height: HEIGHT }));
    resize.observe(box);
    return () => {
      resize.disconnect();
      plot.current?.destroy();
    };
  }, [names]);
  useEffect(() => plot.current?.setData(data), [points]);
  const newest = points.at(-1)?.[1] ?? 0;
  return (
    <figure className="plot" aria-label={`${title}: ${newest.toPrecision(3)} now`}>
      <figcaption>
        {title}: <b>{newest.toPrecision(3)}</b>
        {bounds.map(({ name, value }) => ` of ${value.toPrecision(3)} ${name}`).join(',')}
      </figcaption>
      <div ref={place} className="plot-canvas" />
    </figure>
  );
}
