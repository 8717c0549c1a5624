import { useMemo, useRef, type KeyboardEvent } from 'react';
import { useCluster } from '../server/kinds.tsx';
import { objectPath } from '../server/objects.ts';
import { legible } from '../shared/legible.ts';
import { PageLink } from '../shared/page-link.tsx';
import { toneOf } from '../shared/status.tsx';
import { rankOf, type Graph, type Ref } from './graph.ts';
import { HEIGHT, layoutOf, WIDTH, type Layout, type Point } from './layout.ts';
import { nearest } from './nearest.ts';

/** What belongs together, drawn from left to right. Tab and arrow keys go about in it, Enter leads to an object's page. */
export function MapView({ graph, centre }: { graph: Graph; centre: string }) {
  const layout = useMemo(() => layoutOf(graph), [graph]);
  const box = useRef<HTMLDivElement>(null);
  const order = useMemo(
    () => [...graph.objects.values()].sort((a, b) => rankOf(a) - rankOf(b) || yOf(layout, a) - yOf(layout, b)),
    [graph, layout],
  );
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const uid = (event.target as HTMLElement).dataset['uid'];
    const next = uid === undefined ? undefined : nearest(layout.places, uid, event.key);
    if (next === undefined) return;
    event.preventDefault();
    box.current?.querySelector<HTMLElement>(`[data-uid="${CSS.escape(next)}"]`)?.focus();
  };
  return (
    <div ref={box} className="map" role="group" aria-label="Map" tabIndex={0} onKeyDown={onKeyDown}>
      <div className="map-area" style={{ width: layout.width, height: layout.height }}>
        <svg width={layout.width} height={layout.height} aria-hidden="true">
          {graph.edges.map(({ from, to, name }, place) => (
            <path
              key={`${from}/${to}`}
              className={name === 'owns' ? 'map-line owns' : 'map-line'}
              d={pathOf(layout.places.get(from), layout.places.get(to), layout.lines[place] ?? [])}
            />
          ))}
        </svg>
        {order.map((object) => (
          <MapObject
            key={object.metadata.uid}
            object={object}
            at={layout.places.get(object.metadata.uid)}
            isCentre={object.metadata.uid === centre}
          />
        ))}
      </div>
    </div>
  );
}

/** Characters of a phase. */
const LONGEST = 40;

const yOf = ({ places }: Layout, { metadata }: Ref): number => places.get(metadata.uid)?.y ?? 0;

/** A line from the right side of one object to the left side of another, past those between them. */
function pathOf(from: Point | undefined, to: Point | undefined, points: readonly Point[]): string {
  if (!from || !to) return '';
  const [x1, x2] = [from.x + WIDTH / 2, to.x - WIDTH / 2];
  const between = points.length > 3 ? points.slice(1, -1) : [];
  let [x, y] = [x1, from.y];
  const curves = [...between, { x: x2, y: to.y }].map((next) => {
    const middle = (x + next.x) / 2;
    const curve = `C${middle},${y} ${middle},${next.y} ${next.x},${next.y}`;
    [x, y] = [next.x, next.y];
    return curve;
  });
  return `M${x1},${from.y} ${curves.join(' ')}`;
}

function MapObject({ object, at, isCentre }: { object: Ref; at: Point | undefined; isCentre: boolean }) {
  const { kinds } = useCluster();
  const { apiVersion, kind, metadata, status } = object;
  const [group] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  const known = kinds.find((each) => each.kind === kind && each.group === group);
  if (!at) return null;
  const phase = typeof status?.phase === 'string' ? legible(status.phase, LONGEST) : undefined;
  const inside = (
    <>
      <span className="map-kind">
        {kind}
        {phase !== undefined && <span className={toneOf(phase)}> {phase}</span>}
      </span>
      <span className="map-name">{legible(metadata.name)}</span>
    </>
  );
  const attributes = {
    className: `map-object${isCentre ? ' centre' : ''}`,
    title: legible(`${kind} ${metadata.name}`),
    style: { left: at.x - WIDTH / 2, top: at.y - HEIGHT / 2, width: WIDTH, height: HEIGHT },
    'data-uid': metadata.uid,
  };
  return known ? (
    <PageLink
      to={objectPath(known.resource, { namespace: known.namespaced ? metadata.namespace : null, name: metadata.name })}
      {...attributes}
      {...(isCentre && { 'aria-current': 'true' as const })}
    >
      {inside}
    </PageLink>
  ) : (
    <span {...attributes}>{inside}</span>
  );
}
