import { Graph as DagreGraph, layout } from '@dagrejs/dagre';
import type { Graph } from './graph.ts';

/** Of an object on the map, px. */
export const WIDTH = 190;
export const HEIGHT = 46;

export interface Point {
  x: number;
  y: number;
}
export interface Layout {
  width: number;
  height: number;
  /** the middle of each object, by uid */
  places: ReadonlyMap<string, Point>;
  /** the points of each line, in the order of the edges */
  lines: readonly (readonly Point[])[];
}

/** Objects and lines that are drawn: 600 take up to a second, and the time grows with more than their square. */
const MOST = 600;
export const isDrawable = ({ objects, edges }: Graph): boolean => objects.size + edges.length <= MOST;

/** Where objects and lines stand, from left to right. */
export function layoutOf({ objects, edges }: Graph): Layout {
  const graph = new DagreGraph();
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 60, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const uid of objects.keys()) graph.setNode(uid, { width: WIDTH, height: HEIGHT });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    places: new Map([...objects.keys()].map((uid) => [uid, graph.node(uid) as Point])),
    lines: edges.map(({ from, to }) => (graph.edge(from, to) as { points: Point[] }).points),
  };
}
