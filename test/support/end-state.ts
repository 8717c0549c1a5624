import type { Store, Stored } from '../../src/store/contract.ts';
import type { FakeApi } from './fake-api.ts';
import { at } from './at.ts';

/** News and claims to lead, which a stop may lose or repeat, and the API's own records of drawn addresses. */
const LEFT_OUT = new Set(['events', 'leases.coordination.k8s.io', 'ipaddresses.networking.k8s.io']);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
/** the volume that admission puts into each pod */
const TOKEN = /^kube-api-access-[a-z0-9]{5}$/;
const UID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** a drawn name in a sentence */
const DRAWN = /-[bcdfghjklmnpqrstvwxz2456789]{5}"/g;
const GENERATIONS = new Set(['generation', 'observedGeneration']);
const VOLATILE = new Set(['resourceVersion', 'managedFields']);

/**
 * Everything that exists, in a form in which two runs of one story are equal: what is drawn or counted (uids, names from
 * generateName, versions, addresses of pods) stands as what it is of, and times as `«time»`.
 * @param options `generations: false` where two writes may have become one
 */
export function endState({ store }: FakeApi, { generations = true } = {}): string[] {
  const all = store.resources().flatMap((resource) => (LEFT_OUT.has(resource) ? [] : itemsOf(store, resource)));
  const words = new Map<string, string>();
  for (const { object, resource } of all) {
    const { uid, name, generateName } = object.metadata;
    const alias = generateName ? `${generateName}«drawn»` : name;
    if (generateName) words.set(name, alias);
    words.set(uid, `«uid of ${resource} ${alias}»`);
    const address = at(object, resource === 'pods' ? 'status.podIP' : 'spec.clusterIP');
    if (typeof address === 'string') words.set(address, '«address»');
  }
  const replace = (key: string, value: unknown): unknown => {
    if (VOLATILE.has(key) || (!generations && GENERATIONS.has(key))) return undefined;
    if (typeof value !== 'string') return value;
    if (key === 'certificate') return '«certificate»';
    return words.get(value) ?? wordFor(value);
  };
  return all.map(({ resource, object }) => `${resource} ${JSON.stringify(object, replace)}`).sort();
}

function wordFor(value: string): string {
  if (TIME.test(value)) return '«time»';
  if (TOKEN.test(value)) return '«token»';
  return UID.test(value) ? '«uid of what is gone»' : value.replace(DRAWN, '-«drawn»"');
}

const itemsOf = (store: Store, resource: string): readonly Stored[] => store.list({ resource }).items;

/** What differs between two ends, field by field. */
export function differences(wanted: readonly string[], found: readonly string[]): string[] {
  const missing = without(wanted, found);
  const surplus = without(found, wanted);
  return missing
    .flatMap((line) => {
      const resource = line.slice(0, line.indexOf(' '));
      const at = surplus.findIndex((other) => other.startsWith(`${resource} `));
      if (at < 0) return [`${resource} is missing: ${line}`];
      const [other] = surplus.splice(at, 1);
      return fieldsThatDiffer(parsed(line), parsed(other!), resource);
    })
    .concat(surplus.map((line) => `one too many: ${line}`));
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const parsed = (line: string): unknown => JSON.parse(line.slice(line.indexOf(' ') + 1));

function fieldsThatDiffer(a: unknown, b: unknown, path: string): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b)
    return [`${path} is ${JSON.stringify(b)}, not ${JSON.stringify(a)}`];
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const fields = keys.flatMap((key) => fieldsThatDiffer(left[key], right[key], `${path}.${key}`));
  return fields.length ? fields : [`${path} has another order`];
}
