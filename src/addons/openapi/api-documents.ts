import { createHash } from 'node:crypto';
import { META, META_TYPES } from './meta-types.ts';
import { reachedFrom, referenceTo, rendered, type Schema, type Types, type Version } from './schema.ts';

/** What may be asked of one path below that of the group and version. */
export interface Operation {
  /** `/namespaces/{namespace}/pods/{name}` */
  path: string;
  action: 'get' | 'list';
  kind: string;
  /** name of the type that is answered */
  answers: string;
  /** at the end of the operation's id */
  suffix?: string;
}

/** One group and version as its document tells it. */
export interface Described {
  group: string;
  version: string;
  operations: readonly Operation[];
  types: Types;
}

/** A text with the hash by which clients keep it. */
export interface Document {
  text: string;
  hash: string;
}

const JSON_TYPE = 'application/json';
const INFO_VERSION = '1.35';
const V3 = '/openapi/v3';

const TEXT = { type: 'string', uniqueItems: true };
const BOOLEAN = { type: 'boolean', uniqueItems: true };
const INTEGER = { type: 'integer', uniqueItems: true };
const LIST: Readonly<Record<string, Schema>> = {
  allowWatchBookmarks: BOOLEAN,
  continue: TEXT,
  fieldSelector: TEXT,
  labelSelector: TEXT,
  limit: INTEGER,
  resourceVersion: TEXT,
  resourceVersionMatch: TEXT,
  sendInitialEvents: BOOLEAN,
  timeoutSeconds: INTEGER,
  watch: BOOLEAN,
};

/**
 * OpenAPI of an API that an add-on serves: version 2 of all its groups, version 3 by group and version, as kube-openapi
 * makes them for an aggregated server. The documents stay what they are.
 */
export class ApiDocuments {
  private readonly second: Document;
  private readonly third: ReadonlyMap<string, Document>;
  private readonly index: Document;

  constructor(title: string, described: readonly Described[]) {
    const info = { title, version: INFO_VERSION };
    this.second = documentOf({
      swagger: '2.0',
      info,
      paths: Object.assign({}, ...described.map((each) => pathsOf(each, 2))) as object,
      definitions: Object.assign({}, ...described.map((each) => typesOf(each, 2))) as object,
    });
    this.third = new Map(
      described.map((each) => [
        `apis/${each.group}/${each.version}`,
        documentOf({
          openapi: '3.0.0',
          info,
          paths: pathsOf(each, 3),
          components: { schemas: typesOf(each, 3) },
        }),
      ]),
    );
    const paths = [...this.third].map(([path, { hash }]) => [
      path,
      { serverRelativeURL: `${V3}/${path}?hash=${hash}` },
    ]);
    this.index = documentOf({ paths: Object.fromEntries(paths) as object });
  }

  /** What stands at `/openapi/v2`, `/openapi/v3` and below it; undefined for any other path. */
  at(path: string): Document | undefined {
    if (path === '/openapi/v2') return this.second;
    if (path === V3) return this.index;
    return path.startsWith(`${V3}/`) ? this.third.get(path.slice(V3.length + 1)) : undefined;
  }
}

function documentOf(value: object): Document {
  const text = JSON.stringify(value);
  return { text, hash: createHash('sha512').update(text).digest('hex').toUpperCase() };
}

const RESOURCES = `${META}.APIResourceList`;

function typesOf({ operations, types }: Described, version: Version): Record<string, Schema> {
  const all = { ...META_TYPES, ...types };
  const names = reachedFrom([RESOURCES, ...operations.map(({ answers }) => answers)], all);
  return Object.fromEntries(names.map((name) => [name, rendered(all[name] ?? {}, version)]));
}

function pathsOf(described: Described, version: Version): Record<string, Schema> {
  const { group, version: own, operations } = described;
  const root = `/apis/${group}/${own}`;
  const tags = [`${camel(group)}_${own}`];
  const prefix = upper(camel(group)) + upper(own);
  const resources = {
    ...(version === 2 && { consumes: [JSON_TYPE], produces: [JSON_TYPE], schemes: ['https'] }),
    tags,
    operationId: `get${prefix}APIResources`,
    responses: answered(RESOURCES, version),
  };
  const rest = operations.map(({ path, action, kind, answers, suffix = '' }) => {
    const middle = path.includes('{namespace}') ? 'Namespaced' : '';
    const get = {
      ...(version === 2 && { consumes: ['*/*'], produces: [JSON_TYPE], schemes: ['https'] }),
      tags,
      operationId: `${action === 'get' ? 'read' : 'list'}${prefix}${middle}${kind}${suffix}`,
      responses: answered(answers, version),
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': { group, kind, version: own },
    };
    return [`${root}${path}`, { get, parameters: parametersOf(path, action, version) }] as const;
  });
  return { [`${root}/`]: { get: resources }, ...Object.fromEntries(rest) };
}

function answered(type: string, version: Version): Schema {
  const schema = { $ref: referenceTo(type, version) };
  return { 200: { description: 'OK', ...(version === 2 ? { schema } : { content: { [JSON_TYPE]: { schema } } }) } };
}

function parametersOf(path: string, action: 'get' | 'list', version: Version): Schema[] {
  const inPath = path
    .split('/')
    .filter((part) => part.startsWith('{'))
    .map((part) => ({ name: part.slice(1, -1), in: 'path', required: true }));
  const inQuery = Object.keys({ ...(action === 'list' && LIST), pretty: TEXT }).map((name) => ({ name, in: 'query' }));
  return [...inPath, ...inQuery]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((parameter) => {
      const type = LIST[parameter.name] ?? TEXT;
      return version === 2 ? { ...type, ...parameter } : { ...parameter, schema: type };
    });
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
/** `customMetrics` of custom.metrics.k8s.io */
const camel = (group: string): string => {
  const [first = '', ...rest] = group.split('.').slice(0, -2);
  return first + rest.map(upper).join('');
};
