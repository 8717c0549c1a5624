import type { IncomingHttpHeaders } from 'node:http';

/** What a route is chosen by. */
export interface Asked {
  /** lower case, without port and final dot */
  host: string;
  /** without query, as `normalPath` makes it */
  path: string;
  method: string;
  headers: IncomingHttpHeaders;
  /** with its `?`, or empty */
  search: string;
}

/** A pattern matches a whole text. */
export interface Pattern {
  matches(text: string): boolean;
}
/** A header or a query parameter that must be there. */
export interface Condition {
  /** of a header in lower case */
  name: string;
  value: string | Pattern;
}

export type PathMatch =
  | { type: 'Exact'; value: string }
  /** by whole elements; a slash at the end says nothing */
  | { type: 'Prefix'; value: string }
  | { type: 'Pattern'; value: string; pattern: Pattern };

/** One way in: what must be asked, and what is done then. */
export interface Route {
  /** `a.b`; `*.b`; empty for every host */
  host: string;
  /** how many labels the `*` stands for: of an Ingress one, of a Gateway any number */
  wildcard: 'label' | 'labels';
  path: PathMatch;
  method?: string;
  headers?: readonly Condition[];
  query?: readonly Condition[];
  action: Action;
  /** which of two comes first that ask for the same: the older, then the first by name, then by place */
  rank: Rank;
}
export interface Rank {
  /** RFC 3339 */
  created: string;
  /** `namespace/name` */
  name: string;
  index: number;
}

/** A Service's port of the namespace that the route is of. */
export interface Backend {
  namespace: string;
  service: string;
  port: number | string;
  weight: number;
  filters?: Filters;
  /** whatever the Service's port says of itself */
  protocol?: 'h2c';
  /** what is known beforehand to lead nowhere; its share of the requests is answered so */
  refusal?: { status: number; reason: string };
}

export type Action =
  | {
      kind: 'forward';
      backends: readonly Backend[];
      filters: Filters;
      limits: Limits;
      /** where an Ingress asks for it: http is sent to https */
      onlyTls?: boolean;
    }
  | { kind: 'redirect'; redirect: Redirect; filters: Filters }
  /** what is known beforehand to lead nowhere */
  | { kind: 'refuse'; status: number; reason: string };

export interface Limits {
  /** between two bytes from the backend, ms */
  idleMs: number;
  /** of the whole exchange, ms; 0: none */
  totalMs: number;
  /** of a request's body, bytes; 0: none */
  maxBody: number;
}

export interface HeaderChange {
  set: readonly [name: string, value: string][];
  add: readonly [name: string, value: string][];
  remove: readonly string[];
}
export type PathChange = { type: 'whole'; value: string } | { type: 'prefix'; prefix: string; value: string };
export interface Filters {
  request?: HeaderChange;
  response?: HeaderChange;
  /** what the backend is asked for */
  host?: string;
  path?: PathChange;
  mirrors?: readonly (Backend & { share: number })[];
}
export interface Redirect {
  scheme?: string;
  host?: string;
  port?: number;
  path?: PathChange;
  status: number;
}

/** Unless an Ingress says otherwise: as nginx has it between two reads, and no bound of a body. */
export const LIMITS: Limits = { idleMs: 60_000, totalMs: 0, maxBody: 0 };
