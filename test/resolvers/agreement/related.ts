import { expect } from 'vitest';
import type { Loose } from '../../support/fake-api.ts';
import { compare } from './model.ts';
import type { Subject } from './subjects.ts';

const usesOf = ({ one }: Subject): string =>
  one === 'configMap' ? 'pods { items { raw } } deployments { items { raw } }' : '';

/** What an object of a subject is asked for of its relations: what it owns, its owners, and who uses it. */
export const relationsOf = (subject: Subject): string =>
  `owned { totalCount items { kind raw: _json } } owners { raw: _json } ${usesOf(subject)}`;

/** Throws where what was answered of an object's relations is not so among all objects of a revision. */
export function checkRelations(
  answer: any,
  subject: Subject,
  object: Loose,
  all: ReadonlyMap<string, Loose>,
  said: string,
): void {
  const { namespace, name, uid, ownerReferences = [] } = object.metadata;
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
  expect(raws(answer.pods.items), said).toEqual(using('Pod', (pod) => pod['spec']));
  expect(raws(answer.deployments.items), said).toEqual(using('Deployment', (one) => one['spec'].template.spec));
}

const raws = (list: any): Loose[] => (list ?? []).map((item: any) => item?.raw ?? null);
const places = (objects: readonly Loose[]): string[] =>
  objects
    .map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}@${metadata.resourceVersion}`)
    .sort();
