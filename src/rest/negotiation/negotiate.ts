import { notAcceptable, StatusError } from '../../meta/status.ts';
import { parseAccept, type Clause } from './accept.ts';

export type Format = 'json' | 'yaml' | 'protobuf';
export type Transform = 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';

/** The form of an answer. */
export interface Media {
  format: Format;
  /** the object as something else; undefined: as it is */
  as?: { kind: Transform; version: 'v1' | 'v1beta1' };
  pretty: boolean;
}

export const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};
export const ALL_FORMATS: readonly Format[] = ['json', 'yaml', 'protobuf'];
/** Custom resources have no protobuf form. */
export const CUSTOM_FORMATS: readonly Format[] = ['json', 'yaml'];

const JSON_MEDIA: Media = { format: 'json', pretty: false };
const JSON_PRETTY: Media = { format: 'json', pretty: true };

export const mediaNames = (formats: readonly Format[]): string => formats.map((f) => MEDIA_TYPES[f]).join(', ');

const notAcceptableForm = (formats: readonly Format[]): StatusError =>
  notAcceptable(`only the following media types are accepted: ${mediaNames(formats)}`);

/** 406 of a watch in a form that has no streams. */
export const notAcceptableStream = (custom: boolean): StatusError =>
  notAcceptable(
    `only the following media types are accepted: ${(custom ? CUSTOM_FORMATS : ALL_FORMATS)
      .filter((format) => format !== 'yaml')
      .map((format) => `${MEDIA_TYPES[format]};stream=watch`)
      .join(', ')}`,
  );

const matches = (clause: Clause, format: Format): boolean => {
  const [type, subtype] = MEDIA_TYPES[format].split('/');
  return (
    (clause.type === '*' && clause.subtype === '*') ||
    (clause.type === type && (clause.subtype === '*' || clause.subtype === subtype))
  );
};

function transformOf(clause: Clause): Media['as'] | 'unknown' {
  const { as, g, v } = clause.params;
  if (as === undefined) return undefined;
  const kinds: readonly string[] = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'];
  if (g !== 'meta.k8s.io' || !kinds.includes(as) || (v !== 'v1' && v !== 'v1beta1')) return 'unknown';
  return { kind: as as Transform, version: v };
}

/** Browsers and the like get JSON to read unless they say otherwise. */
const READERS = /^(curl|Wget|Mozilla\/5\.0)/;
export function wantsPretty(query: URLSearchParams, agent: string): boolean {
  const pretty = query.get('pretty');
  if (pretty !== null) return !/^(false|0)$/i.test(pretty);
  return READERS.test(agent);
}

/** Answers of all headers that clients send again and again; bounded, emptied when full. */
const cache = new Map<string, readonly Clause[]>();
const CACHE_SIZE = 256;
function clausesOf(header: string): readonly Clause[] {
  let clauses = cache.get(header);
  if (!clauses) {
    clauses = parseAccept(header);
    if (cache.size >= CACHE_SIZE) cache.clear();
    if (header.length < 1024) cache.set(header, clauses);
  }
  return clauses;
}

/**
 * The first clause that the server can do. `transforms` says whether `as=` is possible here, `tables` whether a Table is
 * among what it may be; where it is not, clauses with it are passed over. Throws 406.
 */
export function negotiate(
  accept: string,
  formats: readonly Format[],
  pretty: boolean,
  options: { transforms: boolean; tables?: boolean },
): Media {
  if (accept === '' || accept === '*/*') return pretty ? JSON_PRETTY : JSON_MEDIA;
  for (const clause of clausesOf(accept)) {
    if (clause.q === 0) continue;
    const { stream } = clause.params;
    if (stream && stream !== 'watch') continue;
    const as = transformOf(clause);
    if (as === 'unknown' || (as && !options.transforms)) continue;
    if (as?.kind === 'Table' && options.tables === false) continue;
    const format = formats.find((f) => matches(clause, f));
    // wherever it is asked for; YAML has no form of streams
    if (format && !(stream && format === 'yaml'))
      return { format, ...(as && { as }), pretty: pretty || clause.params.pretty === '1' };
  }
  throw notAcceptableForm(formats);
}

/**
 * The router's own check of Accept, before any handler: exact names or `*` + `/*` only. Its answer lists what the
 * route produces.
 */
export function checkProduces(accept: string, produces: readonly string[]): void {
  if (accept === '') return;
  for (const clause of accept.split(',')) {
    const name = clause.split(';', 1)[0]!.trim();
    if (name === '*/*' || produces.includes(name)) return;
  }
  throw new StatusError({
    message: `406: Not Acceptable\n\nAvailable representations: ${produces.join(', ')}`,
    reason: 'NotAcceptable',
    details: {},
    code: 406,
  });
}

/** The router's own check of Content-Type, before any handler, of routes that do not take everything. */
export function checkConsumes(contentType: string, consumes: readonly string[]): void {
  const given = contentType.split(',').map((one) => one.split(';', 1)[0]!.trim());
  if (given.some((name) => consumes.includes(name))) return;
  throw new StatusError({
    message: '415: Unsupported Media Type',
    reason: 'UnsupportedMediaType',
    details: {},
    code: 415,
  });
}
