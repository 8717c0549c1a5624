import type { Cell, Row } from '../server/objects.ts';
import type { Kind } from '../server/kind.ts';
import { legible } from '../shared/legible.ts';

/** A column of a list on the page. */
export interface ListColumn {
  /** what the URL calls it: the heading of one that kubectl prints, the path of a chosen field */
  id: string;
  heading: string;
  description: string;
  /** how long the object has been there: it goes on */
  isAge: boolean;
  /** shown unless the user has chosen others */
  usual: boolean;
  width: number;
  value(row: Row): Cell;
  /** Weight of the server's order, where it has one for it; others are sorted among the rows that are there. */
  orderBy?: (direction: 'ASC' | 'DESC') => unknown;
}

/** Characters of a heading, and of a cell: the YAML of its object has all. */
const LONGEST_HEADING = 60;
const LONGEST = 500;

const readable = (cell: Cell): Cell => (typeof cell === 'string' ? legible(cell, LONGEST) : cell);

const WIDTH: Readonly<Record<string, number>> = { Name: 280, Age: 90, Ready: 90, Restarts: 130, Namespace: 160 };

const order: Readonly<Record<string, ListColumn['orderBy']>> = {
  Name: (direction) => ({ metadata: { name: direction } }),
  // the youngest is the one that was made last
  Age: (direction) => ({ metadata: { creationTimestamp: direction === 'ASC' ? 'DESC' : 'ASC' } }),
};

const NAMESPACE: ListColumn = {
  id: 'Namespace',
  heading: 'Namespace',
  description: 'Where it is.',
  isAge: false,
  usual: true,
  width: 160,
  value: ({ metadata }) => metadata.namespace,
  orderBy: (direction) => ({ metadata: { namespace: direction } }),
};

/** A field that the user has chosen, by its path: `spec.nodeName`. */
const fieldColumn = (path: string, place: number): ListColumn => ({
  id: path,
  heading: path.split('.').at(-1) ?? path,
  description: path,
  isAge: false,
  usual: true,
  width: 180,
  value: (row) => readable(textOf(leafOf(row[`x${place}`]))),
});

/** Fields of a row are asked for by their place among the chosen ones. */
export const extraFields = (paths: readonly string[]): string =>
  paths
    .map((path, place) => {
      const [first = '', ...below] = path.split('.');
      return `x${place}: ${[first, ...below].join(' { ')}${' }'.repeat(below.length)}`;
    })
    .join(' ');

export const isPath = (column: string): boolean => /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/.test(column);

/** The scalar at the end of what was asked for by one path; lists on the way give one after the other. */
function leafOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(leafOf);
  if (typeof value !== 'object' || value === null) return value;
  const [only] = Object.values(value);
  return leafOf(only);
}

const textOf = (value: unknown): Cell =>
  Array.isArray(value)
    ? value
        .flat(8)
        .filter((each) => each !== null)
        .join(', ')
    : typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : null;

/** All columns that a kind has, and those fields that the user added. */
export function columnsOf(kind: Kind, paths: readonly string[]): ListColumn[] {
  const taken = new Set(['Namespace']);
  const printed = kind.columns.map(({ name, type, description, priority }, place): ListColumn => {
    // a definition may call its own as it likes: only the first of a name is what that name means
    const isOwn = kind.custom && place > 0;
    const isAge = name === 'Age' && (!isOwn || type === 'date');
    const id = taken.has(name) ? `${name} (${place + 1})` : name;
    taken.add(id);
    const orderBy = isOwn && !isAge ? undefined : order[name];
    return {
      id,
      heading: legible(name, LONGEST_HEADING),
      description: legible(description, LONGEST),
      isAge,
      usual: priority === 0,
      width: WIDTH[name] ?? 150,
      value: ({ cells }) => readable(cells[place] ?? null),
      ...(orderBy && { orderBy }),
    };
  });
  const [name, ...others] = printed;
  return [...(name ? [name] : []), ...(kind.namespaced ? [NAMESPACE] : []), ...others, ...paths.map(fieldColumn)];
}
