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

/** The relations that a definition declares. What of it cannot be read is left out: it takes no kind away. */
export function declaredRelations(definition: KubeObject): Relation<ObjectLike>[] {
  const text = definition.metadata.annotations?.[REFERENCES_ANNOTATION];
  if (text === undefined) return [];
  try {
    const all: unknown = JSON.parse(text);
    return Array.isArray(all) ? all.slice(0, MAX_REFERENCES).flatMap(relationOf) : [];
  } catch {
    return [];
  }
}

function relationOf(declared: unknown): Relation<ObjectLike> | [] {
  if (typeof declared !== 'object' || declared === null) return [];
  const { path, namespacePath, resource: to, field, back } = declared as Record<string, unknown>;
  if (typeof path !== 'string' || !PATH.test(path) || typeof to !== 'string' || !isField(field) || !isField(back))
    return [];
  const ends = { to, ...(field && { field }), ...(back && { back }) };
  const find = finder(path);
  if (path.includes('[]')) return { ...ends, form: 'names', names: (object) => [...find(object)] };
  const name = (object: Unchecked<ObjectLike>): string | undefined => [...find(object)][0];
  if (typeof namespacePath !== 'string') return { ...ends, form: 'name', name };
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
