import { expect } from 'vitest';
import type { Loose } from '../../support/fake-api.ts';
import { compare } from './model.ts';
import type { Subject } from './subjects.ts';

/** Of a list of a relation, with arguments of its own. */
const SOME =
  'where: { metadata: { labels: { key: "app", ne: "x" } } }, orderBy: [{ metadata: { name: DESC } }], first: 2';
const usesOf = ({ one }: Subject): string =>
  one === 'configMap'
    ? `pods { items { raw } } some: pods(${SOME}) { totalCount items { raw } } deployments { items { raw } } usedBy { totalCount items { kind raw: _json } }`
    : '';

/** What an object of a subject is asked for of its relations: what it owns, its owners, and who uses it. */
export const relationsOf = (subject: Subject): string =>
  `metadata { label(key: "app") } inNamespace { metadata { name } } owned { totalCount items { kind raw: _json } } owners { raw: _json } ${usesOf(subject)}`;

/** Throws where what was answered of an object's relations is not so among all objects of a revision. */
export function checkRelations(
  answer: any,
  subject: Subject,
  object: Loose,
  all: ReadonlyMap<string, Loose>,
  said: string,
): void {
  const { namespace, name, uid, labels, ownerReferences = [] } = object.metadata;
  expect(answer.metadata.label, said).toBe(labels?.['app'] ?? null);
  expect(answer.inNamespace.metadata.name, said).toBe(namespace);
  const near = [...all.values()].filter((other) => other.metadata.namespace === namespace);
  const owned = near.filter(({ metadata }) => metadata.ownerReferences?.some((one) => one.uid === uid));
  expect(places(raws(answer.owned.items)), said).toEqual(places(owned));
  expect(answer.owned.totalCount, said).toBe(answer.owned.items.length);
  const owners = ownerReferences.map((one) => near.find(({ metadata }) => metadata.uid === one.uid) ?? null);
  expect(raws(answer.owners), said).toEqual(owners);
  if (!usesOf(subject)) return;
  const using = (kind: string, specOf: (other: Loose) => any): Loose[] =>
    near
      .filter((other) => other.kind === kind && specOf(other).volumes?.some((v: any) => v.configMap?.name === name))
      .sort((a, b) => compare(a.metadata.name, b.metadata.name));
  const pods = using('Pod', (pod) => pod['spec']);
  const deployments = using('Deployment', (one) => one['spec'].template.spec);
  expect(raws(answer.pods.items), said).toEqual(pods);
  const some = pods.filter(({ metadata }) => metadata.labels?.['app'] !== 'x').reverse();
  expect(raws(answer.some.items), said).toEqual(some.slice(0, 2));
  expect(answer.some.totalCount, said).toBe(some.length);
  expect(raws(answer.deployments.items), said).toEqual(deployments);
  expect(places(raws(answer.usedBy.items)), said).toEqual(places([...pods, ...deployments]));
  expect(answer.usedBy.totalCount, said).toBe(pods.length + deployments.length);
}

const raws = (list: any): Loose[] => (list ?? []).map((item: any) => item?.raw ?? null);
const places = (objects: readonly Loose[]): string[] =>
  objects
    .map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}@${metadata.resourceVersion}`)
    .sort();
