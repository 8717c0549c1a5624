import type { Loose } from '../../support/fake-api.ts';
import type { Subject } from './subjects.ts';

/** One revision: what an object became, or that it went. */
export interface Change {
  revision: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  subject: Subject;
  /** of the deleted, as it was, at the revision of its end */
  object: Loose;
  before: Loose | undefined;
  verb: string;
}

export const keyOf = (subject: Subject, { metadata: { namespace, name } }: Loose): string =>
  `${subject.resource}/${namespace}/${name}`;

export const atRevision = (object: Loose, revision: number): Loose => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
});

/** All objects of each revision, as the answers of writes told them. It forgets nothing and is as slow as it looks. */
export class Model {
  readonly changes: Change[] = [];
  private readonly states: { revision: number; objects: ReadonlyMap<string, Loose> }[];

  /** @param given what is there at the beginning */
  constructor(
    readonly start: number,
    given: ReadonlyMap<string, Loose>,
  ) {
    this.states = [{ revision: start, objects: given }];
  }

  /** of the newest change, or of the beginning */
  get revision(): number {
    return this.states.at(-1)!.revision;
  }

  at(revision: number): ReadonlyMap<string, Loose> {
    return this.states.findLast((state) => state.revision <= revision)!.objects;
  }
  get now(): ReadonlyMap<string, Loose> {
    return this.at(Infinity);
  }
  find(subject: Subject, namespace: string, name: string, revision = Infinity): Loose | undefined {
    return this.at(revision).get(`${subject.resource}/${namespace}/${name}`);
  }

  /** In the order of lists: by namespace and name; of all namespaces where none is said. */
  list(subject: Subject, namespaces: readonly string[] = [], revision = Infinity): Loose[] {
    return [...this.at(revision)]
      .filter(
        ([key, { metadata }]) =>
          key.startsWith(`${subject.resource}/`) && (!namespaces.length || namespaces.includes(metadata.namespace!)),
      )
      .map(([, object]) => object)
      .sort((a, b) => byPlace(a, b));
  }

  put(subject: Subject, object: Loose, verb: string): void {
    const key = keyOf(subject, object);
    const before = this.now.get(key);
    const revision = Number(object.metadata.resourceVersion);
    const type = before ? 'MODIFIED' : 'ADDED';
    this.enter({ revision, type, subject, object, before, verb }, new Map(this.now).set(key, object));
  }

  remove(subject: Subject, before: Loose, revision: number, verb: string): void {
    const objects = new Map(this.now);
    objects.delete(keyOf(subject, before));
    this.enter({ revision, type: 'DELETED', subject, object: atRevision(before, revision), before, verb }, objects);
  }

  private enter(change: Change, objects: ReadonlyMap<string, Loose>): void {
    if (change.revision <= this.revision) throw new Error(`${change.revision} is written after ${this.revision}`);
    this.changes.push(change);
    this.states.push({ revision: change.revision, objects });
  }
}

export const compare = <T extends number | string | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
const byPlace = (a: Loose, b: Loose): number =>
  compare(a.metadata.namespace!, b.metadata.namespace!) || compare(a.metadata.name, b.metadata.name);
