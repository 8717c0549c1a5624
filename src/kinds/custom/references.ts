import type { KubeObject, ObjectLike, Unchecked } from '../../meta/object.ts';
import type { Relation } from '../relation.ts';

/**
 * An annotation of a CustomResourceDefinition that says what its objects refer to. A definition with it means the same
 * to any other API server. Its value is a JSON list of references:
 *
 * - `path`: where a name stands, as `spec.clusterRef.name`; a `[]` behind a field goes through a list
 * - `namespacePath`: where its namespace stands, if that can be another than the object's own
 * - `resource`: what it is the name of, as `clusters.example.com`
 * - `field`: of the custom kind, which leads there
 * - `back`: of the other kind, which leads to all objects that refer to it
 */
export const REFERENCES_ANNOTATION = 'ku7s.io/references';

/** References of one definition; more are left out. */
const MAX_REFERENCES = 32;
const FIELD = /^[A-Za-z_]\w{0,62}$/;
const PATH = /^[\w-]+(\[\])?(\.[\w-]+(\[\])?)*$/;

/** What a definition declares, and what of it cannot be understood. */
export interface DeclaredReferences {
  relations: Relation<ObjectLike>[];
  /** `ku7s.io/references[1]: path: …` */
  faults: string[];
}

const NONE: DeclaredReferences = { relations: [], faults: [] };

/** The relations that a definition declares. What of it cannot be read is left out: it takes no kind away. */
export function declaredReferences(definition: KubeObject): DeclaredReferences {
  const text = definition.metadata.annotations?.[REFERENCES_ANNOTATION];
  if (text === undefined) return NONE;
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch {
    return { relations: [], faults: [`${REFERENCES_ANNOTATION}: it must be JSON`] };
  }
  if (!Array.isArray(all)) return { relations: [], faults: [`${REFERENCES_ANNOTATION}: it must be a list`] };
  const relations: Relation<ObjectLike>[] = [];
  const faults: string[] = [];
  for (const [i, declared] of all.slice(0, MAX_REFERENCES).entries()) {
    const fault = faultOf(declared);
    if (fault === undefined) relations.push(relationOf(declared as Declared));
    else faults.push(`${REFERENCES_ANNOTATION}[${i}]: ${fault}`);
  }
  if (all.length > MAX_REFERENCES) faults.push(`${REFERENCES_ANNOTATION}: more than ${MAX_REFERENCES}`);
  return { relations, faults };
}

interface Declared {
  path: string;
  namespacePath?: string;
  resource: string;
  field?: string;
  back?: string;
}

const isPath = (value: unknown): value is string => typeof value === 'string' && PATH.test(value);

/** Why a reference cannot be understood. */
function faultOf(declared: unknown): string | undefined {
  if (typeof declared !== 'object' || declared === null) return 'it must be an object';
  const { path, namespacePath, resource, field, back } = declared as Record<string, unknown>;
  if (!isPath(path)) return 'path: it must lead to a name: `spec.clusterRef.name`, `spec.refs[].name`';
  if (namespacePath !== undefined && !isPath(namespacePath)) return 'namespacePath: it must lead to a namespace';
  if (namespacePath !== undefined && path.includes('[]')) return 'namespacePath: not with a path through a list';
  if (typeof resource !== 'string' || resource === '') return 'resource: it must name one: `clusters.example.com`';
  if (!isField(field)) return 'field: it must be a name of GraphQL';
  if (!isField(back)) return 'back: it must be a name of GraphQL';
  return field === undefined && back === undefined ? 'it has neither `field` nor `back`' : undefined;
}

function relationOf({ path, namespacePath, resource: to, field, back }: Declared): Relation<ObjectLike> {
  const ends = { to, ...(field !== undefined && { field }), ...(back !== undefined && { back }) };
  const find = finder(path);
  if (path.includes('[]')) return { ...ends, form: 'names', names: (object) => [...find(object)] };
  const name = (object: Unchecked<ObjectLike>): string | undefined => [...find(object)][0];
  if (namespacePath === undefined) return { ...ends, form: 'name', name };
  const findNamespace = finder(namespacePath);
  const namespace = (object: Unchecked<ObjectLike>): string | undefined =>
    [...findNamespace(object)][0] ?? object.metadata.namespace;
  return { ...ends, form: 'name', name, namespace };
}

const isField = (value: unknown): value is string | undefined =>
  value === undefined || (typeof value === 'string' && FIELD.test(value) && !value.startsWith('__'));

/** Finds the texts at a path. */
function finder(path: string): (object: unknown) => Generator<string> {
  const steps = path.split('.').map((step) => ({ key: step.replace('[]', ''), through: step.endsWith('[]') }));
  return function* find(value: unknown, at = 0): Generator<string> {
    const step = steps[at];
    if (!step) {
      if (typeof value === 'string' && value !== '') yield value;
      return;
    }
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step.key)) return;
    const next = (value as Record<string, unknown>)[step.key];
    if (!step.through) yield* find(next, at + 1);
    else if (Array.isArray(next)) for (const item of next) yield* find(item, at + 1);
  };
}
