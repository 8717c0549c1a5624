/** A column of the table that kubectl prints. */
export interface Column {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

/** A kind as the server serves it (`KindInfo`). */
export interface Kind {
  /** `pods`, `deployments.apps` */
  resource: string;
  group: string;
  version: string;
  kind: string;
  namespaced: boolean;
  custom: boolean;
  verbs: readonly string[];
  shortNames: readonly string[];
  subresources: readonly string[];
  /** its GraphQL type, and the names of its queries */
  type: string;
  one: string;
  many: string;
  columns: readonly Column[];
  /** the verbs that one may do everywhere */
  rights: readonly string[];
}
