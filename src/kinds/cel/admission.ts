import { LRUCache } from 'lru-cache';
import type { Variables } from '../../cel/check.ts';
import type { Dialect } from '../../cel/dialect.ts';
import { compileSteps, type Program } from '../../cel/expression.ts';
import { AUTHORIZER_TYPE, RESOURCE_CHECK_TYPE } from '../../cel/library/authorizer.ts';
import {
  BOOL,
  DYN,
  fullName,
  INT,
  listOf,
  mapOf,
  objectType,
  STRING,
  TIMESTAMP,
  type Field,
  type Type,
} from '../../cel/types.ts';
import type { Steps } from '../../meta/steps.ts';

const object = (name: string, fields: Readonly<Record<string, Type>>): Type =>
  objectType(
    `kubernetes.${name}`,
    new Map(Object.entries(fields).map(([key, type]): [string, Field] => [key, { type, key }])),
  );
const kind = object('GroupVersionKind', { group: STRING, version: STRING, kind: STRING });
const resource = object('GroupVersionResource', { group: STRING, version: STRING, resource: STRING });
const texts = mapOf(STRING, STRING);

const request = object('AdmissionRequest', {
  kind,
  resource,
  subResource: STRING,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo: object('UserInfo', {
    username: STRING,
    uid: STRING,
    groups: listOf(STRING),
    extra: mapOf(STRING, listOf(STRING)),
  }),
  dryRun: BOOL,
  options: DYN,
});
const namespaceObject = object('Namespace', {
  metadata: object('NamespaceMetadata', {
    name: STRING,
    generateName: STRING,
    namespace: STRING,
    labels: texts,
    annotations: texts,
    UID: STRING,
    creationTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: INT,
    deletionTimestamp: TIMESTAMP,
    generation: INT,
    resourceVersion: STRING,
    finalizers: listOf(STRING),
  }),
  spec: object('NamespaceSpec', { finalizers: listOf(STRING) }),
  status: object('NamespaceStatus', {
    conditions: listOf(
      object('NamespaceCondition', {
        status: STRING,
        type: STRING,
        lastTransitionTime: TIMESTAMP,
        message: STRING,
        reason: STRING,
      }),
    ),
    phase: STRING,
  }),
});
const base = { object: DYN, oldObject: DYN, request, namespaceObject };
const authorizer = { authorizer: AUTHORIZER_TYPE, 'authorizer.requestResource': RESOURCE_CHECK_TYPE };
const params = { params: DYN };

/** What the type checking of a policy knows of a request besides its objects: not `authorizer.requestResource`. */
export const CHECKED_VARIABLES: Variables = { request, namespaceObject, authorizer: AUTHORIZER_TYPE };
/** `variables` of a policy, by the types of their values. */
export const variablesType = (types: Readonly<Record<string, Type>>): Type => object('variables', types);

/** What expressions of webhooks and policies know (KEP-3488); the same object for the same question. */
const KNOWN: Readonly<Record<string, Variables>> = {
  '': base,
  params: { ...base, ...params },
  authorizer: { ...base, ...authorizer },
  both: { ...base, ...params, ...authorizer },
};
export function admissionVariables(withParams: boolean, withAuthorizer: boolean): Variables {
  const key = withParams ? (withAuthorizer ? 'both' : 'params') : withAuthorizer ? 'authorizer' : '';
  return KNOWN[key] as Variables;
}

/** Of an expression in the words of the API server: its program, or why it is none. @param returns names of types that it may give; empty: any */
export function* compileFor(
  expression: string,
  variables: Variables,
  returns: readonly string[],
  dialect?: Dialect,
): Steps<{ program: Program } | { error: string }> {
  const compiled = yield* compileSteps(expression, variables, dialect);
  if ('error' in compiled) return compiled;
  const got = fullName(compiled.program.type);
  if (returns.length === 0 || returns.includes(got)) return compiled;
  const wanted = returns.length === 1 ? returns[0] : `one of [${returns.join(' ')}]`;
  return { error: `must evaluate to ${wanted} but got ${got}` };
}

/** A named expression of a policy, which others use as `variables.name`. */
export interface Named {
  readonly name: string;
  readonly expression: string;
}
export interface Composition {
  /** for expressions with and without `authorizer` */
  variables(withAuthorizer: boolean): Variables;
  /** of each name its program, or why it has none */
  readonly programs: ReadonlyMap<string, { program: Program } | { error: string }>;
}
const MAX_KEPT = 500;
const kept = new LRUCache<string, Composition>({ max: MAX_KEPT });

/** The variables of a policy, each of which knows those before it; the same object for the same policy. Gives way after each. */
export function* composeSteps(list: readonly Named[], withParams: boolean): Steps<Composition> {
  const key = JSON.stringify([withParams, list.map(({ name, expression }) => [name, expression])]);
  let found = kept.get(key);
  if (!found) kept.set(key, (found = yield* make(list, withParams)));
  return found;
}
function* make(list: readonly Named[], withParams: boolean): Steps<Composition> {
  const programs = new Map<string, { program: Program } | { error: string }>();
  const fields: Record<string, Type> = {};
  const scope = (withAuthorizer: boolean): Variables => ({
    ...admissionVariables(withParams, withAuthorizer),
    variables: variablesType(fields),
  });
  for (const { name, expression } of list) {
    const compiled = yield* compileSteps(expression, scope(true));
    programs.set(name, compiled);
    fields[name] = 'error' in compiled ? DYN : declared(compiled.program.type);
    yield;
  }
  const [plain, full] = [scope(false), scope(true)];
  return { programs, variables: (withAuthorizer) => (withAuthorizer ? full : plain) };
}
const PLAIN = new Set<Type['kind']>([
  'any',
  'bool',
  'bytes',
  'double',
  'duration',
  'int',
  'null',
  'string',
  'timestamp',
  'uint',
]);
/** Of a variable's type others know what is plain, and lists and maps of that. */
export function declared(type: Type): Type {
  if (PLAIN.has(type.kind)) return type;
  const [first = DYN, second = DYN] = type.parameters;
  if (type.kind === 'list') return listOf(declared(first));
  return type.kind === 'map' ? mapOf(declared(first), declared(second)) : DYN;
}
