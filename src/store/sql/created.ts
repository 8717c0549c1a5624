export interface CreatedRow {
  namespace: string;
  name: string;
  created: number;
}

/** When the objects of a resource ($1) were made. Asked at a start, of few: it is no column of what the cache holds. */
export const readCreated = 'SELECT namespace, name, created FROM object WHERE resource = $1';
