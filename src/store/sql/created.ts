export interface CreatedRow {
  namespace: string;
  name: string;
  created: number;
}

/** When the objects of a resource ($1) were made. Asked at a start, of few: it is no column of what the cache holds. */
export const readCreated = 'SELECT namespace, name, created FROM object WHERE resource = $1';

export interface MadeRow {
  created: number;
  at: number | null;
}

/** The same of the object of resource $1, namespace $2 and name $3, with the time, while its revision is kept. */
export const readMade = `
SELECT o.created, extract(epoch FROM r.at)::float8 * 1000 AS at FROM object o LEFT JOIN revision r ON r.revision = o.created
WHERE o.resource = $1 AND o.namespace = $2 AND o.name = $3`;
