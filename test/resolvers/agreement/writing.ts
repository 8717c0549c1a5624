import { expect } from 'vitest';
import type { Loose } from '../../support/fake-api.ts';
import type { Random } from '../../support/random.ts';
import type { Facades, Reply } from './facades.ts';
import { atRevision, keyOf, type Model } from './model.ts';
import { randomQuestion, type Selector } from './questions.ts';
import { NAMES, NAMESPACES, statusOf, SUBJECTS, type Subject } from './subjects.ts';
import { collectionOf, send, type FacadeName, type Write } from './write.ts';

export const HOLD = 'example.com/hold';
const MANAGERS = ['ann', 'bob'];

/** What became of one of many. */
interface Written {
  subject: Subject;
  namespace: string;
  name: string;
  object: Loose | null;
  action: string;
}

/** Writes at random, through either façade, and has the model learn what the answers say. */
export class Writing {
  /** how often each was done, by its words */
  readonly counts: Record<string, number> = {};

  constructor(
    private readonly facades: Facades,
    private readonly model: Model,
    private readonly random: Random,
  ) {}

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  async step(): Promise<void> {
    const { random } = this;
    if (random.chance(0.08)) return this.bundle();
    if (random.chance(0.04)) return this.prunedBundle();
    if (random.chance(0.06)) return this.undo();
    if (random.chance(0.04)) return this.deleteMany();
    if (random.chance(0.05)) return this.updateMany();
    await this.one(this.randomWrite());
  }

  /** Through one façade, and before that perhaps as a dry run through the other, which has to answer the same. */
  private async one(write: Write): Promise<void> {
    const { random, facades, model } = this;
    const by = random.pick<FacadeName>(['rest', 'graphql']);
    const other: FacadeName = by === 'rest' ? 'graphql' : 'rest';
    const dry = random.chance(0.5)
      ? await send(facades, other, { ...write, dryRun: true }, random.below(2))
      : undefined;
    expect(facades.revision, 'a dry run writes nothing').toBe(model.revision);
    const reply = await send(facades, by, write, random.below(2));
    const said = JSON.stringify({ by, write: { ...write, subject: write.subject.kind } });
    if (dry) {
      this.count('dry runs');
      expect(comparable(dry), `dry run, ${said}`).toEqual(comparable(reply));
    }
    const refused = reply.code >= 400;
    this.count(`${by} ${write.verb}${write.type ? ` ${write.type}` : ''}${refused ? ' refused' : ''}`);
    if (refused) expect(reply.body, said).toMatchObject({ kind: 'Status', code: reply.code });
    else this.learn(write, reply.body);
    expect(facades.revision, said).toBe(model.revision);
  }

  private learn({ verb, subject, namespace, name, subresource, policy }: Write, answer: Loose): void {
    const { model, facades } = this;
    const before = model.find(subject, namespace, name);
    const word = verb + (subresource ? `/${subresource}` : '');
    if (
      verb === 'delete'
        ? isGone(answer, policy)
        : before?.metadata.deletionTimestamp && !answer.metadata.finalizers?.length
    ) {
      // a pod is marked before it goes, however short its grace; what is answered has both
      const isMarked = facades.revision === model.revision + 2;
      if (verb === 'delete' && subject.answersDeleted) {
        expect(answer.metadata.resourceVersion).toBe(String(facades.revision));
        if (isMarked) model.put(subject, atRevision(answer, facades.revision - 1), word);
      }
      model.remove(subject, model.find(subject, namespace, name)!, facades.revision, word);
    } else if (answer.metadata.resourceVersion === before?.metadata.resourceVersion) expect(answer).toEqual(before);
    else model.put(subject, answer, word);
  }

  private randomWrite(): Write {
    const { random, model } = this;
    const subject = random.pick(SUBJECTS);
    const namespace = random.pick(NAMESPACES);
    const name = random.pick(NAMES);
    const place = { subject, namespace, name, manager: random.pick(MANAGERS) };
    const there = model.find(subject, namespace, name);
    if (!there ? random.chance(0.85) : random.chance(0.08)) return this.randomCreate(place);
    const stale = random.chance(0.1);
    const { resourceVersion = '1' } = there?.metadata ?? {};
    const precondition = stale ? '1' : random.chance(0.3) ? resourceVersion : undefined;
    if (random.chance(0.2)) {
      return {
        ...place,
        verb: 'delete',
        ...(random.chance(0.3) && { uid: stale ? 'another' : (there?.metadata.uid ?? 'none') }),
        ...(precondition && random.chance(0.5) && { resourceVersion: precondition }),
        ...(random.chance(0.3) && { policy: random.pick(['Foreground', 'Background', 'Orphan']) }),
        ...(random.chance(0.2) && { graceSeconds: random.below(2) }),
      };
    }
    const status = subject.status && random.chance(0.25);
    const subresource = status ? { subresource: 'status' } : {};
    const change = status ? { status: statusOf(subject, random) } : this.randomChange(subject);
    const metadata = precondition && { resourceVersion: precondition };
    if (random.chance(0.3)) {
      const base = structuredClone(there ?? this.manifest(place));
      const object = merged(base, change) as Loose;
      object.metadata.resourceVersion = precondition ?? (random.chance(0.5) ? resourceVersion : '');
      return { ...place, verb: 'update', body: object, ...subresource };
    }
    const patch = { ...place, verb: 'patch', ...subresource } as const;
    const value = merged({ ...(metadata && { metadata }) }, change);
    const type = random.pick(['MERGE', 'STRATEGIC', 'JSON', 'APPLY'] as const);
    if (type === 'APPLY') {
      const { apiVersion, kind } = subject;
      const applied = merged({ apiVersion, kind, metadata: { name, namespace } }, withoutNulls(value));
      return { ...patch, type, body: applied, ...(random.chance(0.6) && { force: true }) };
    }
    if (type === 'JSON') {
      const label = { op: 'add', path: '/metadata/labels', value: { app: random.pick(['x', 'y']) } };
      const test = { op: 'test', path: '/metadata/labels/app', value: 'x' };
      const remove = { op: 'remove', path: '/metadata/labels/tier' };
      return { ...patch, type, body: random.pick([[label], [test, label], [remove], [{ ...label, op: 'none' }]]) };
    }
    return { ...patch, type, body: value };
  }

  private randomCreate(place: Pick<Write, 'subject' | 'namespace' | 'name' | 'manager'>): Write {
    const object = this.manifest(place);
    if (this.random.chance(0.3)) {
      const force = this.random.chance(0.5) ? { force: true } : {};
      return { ...place, verb: 'patch', type: 'APPLY', body: object, ...force };
    }
    return { ...place, verb: 'create', body: object };
  }

  private manifest({ subject, namespace, name }: Pick<Write, 'subject' | 'namespace' | 'name'>): Loose {
    const { random, model } = this;
    const { apiVersion, kind } = subject;
    const owners = random.chance(0.4)
      ? [...model.now.values()].filter(
          (o) => o.metadata.namespace === namespace && !(o.kind === kind && o.metadata.name === name),
        )
      : [];
    const owner = owners.length ? random.pick(owners) : undefined;
    return {
      apiVersion,
      kind,
      metadata: {
        name,
        namespace,
        labels: { app: random.pick(['x', 'y', 'z']), ...(random.chance(0.5) && { tier: random.pick(['1', '2']) }) },
        ...(random.chance(0.3) && { annotations: { note: random.pick(['red', 'green', '']) } }),
        ...(random.chance(0.1) && { finalizers: [HOLD] }),
        ...(owner && {
          ownerReferences: [
            { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid },
          ],
        }),
      },
      ...subject.body(random),
    } as unknown as Loose;
  }

  /** A merge patch: of what the kind has, of labels, of finalizers, or of nothing. */
  private randomChange(subject: Subject): Record<string, unknown> {
    const { random } = this;
    return random.pick<() => Record<string, unknown>>([
      () => subject.change(random),
      () => subject.change(random),
      () => ({ metadata: { labels: { app: random.pick(['x', 'y', null]), tier: random.pick(['1', '2', null]) } } }),
      () => ({ metadata: { annotations: { note: random.pick(['red', 'Blue', '', null]) } } }),
      () => ({ metadata: { finalizers: random.chance(0.6) ? null : [HOLD] } }),
      () => ({}),
    ])();
  }

  private async bundle(): Promise<void> {
    const { random, model, facades } = this;
    const manager = random.pick(MANAGERS);
    const namespace = random.pick(NAMESPACES);
    const wanted = random.list(1, 4, () => {
      const [subject, name] = [random.pick(SUBJECTS), random.pick(NAMES)];
      return { subject, name, manifest: this.manifest({ subject, namespace, name }) };
    });
    const manifests = wanted.map(({ manifest }) => manifest);
    const force = random.chance(0.7);
    const document = `mutation ($manifests: JSON!, $manager: String, $force: Boolean, $dryRun: Boolean) {
      r: applyBundle(manifests: $manifests, fieldManager: $manager, force: $force, dryRun: $dryRun) {
        refused firstRevision lastRevision objects { action object error } } }`;
    const variables = { manifests, manager, force };
    const dry = await facades.ask(document, { ...variables, dryRun: true });
    expect(facades.revision, 'a dry run writes nothing').toBe(model.revision);
    const done = await facades.ask(document, variables);
    const said = JSON.stringify({ done, manifests });
    expect(undrawn(dry.objects.map(outcomeOf)), said).toEqual(undrawn(done.objects.map(outcomeOf)));
    expect(dry.refused).toBe(done.refused);
    this.count(`bundle${done.refused ? ' refused' : ''}`);
    const before = model.revision;
    if (!done.refused)
      await this.learnMany(
        wanted.map(({ subject, name }, i) => ({ subject, namespace, name, ...done.objects[i] })),
        'apply',
      );
    expect(facades.revision, said).toBe(model.revision);
    if (model.revision > before)
      expect([done.firstRevision, done.lastRevision]).toEqual([String(before + 1), String(model.revision)]);
  }

  /** One manifest, and what the same manager has applied with a label goes unless it is that. */
  private async prunedBundle(): Promise<void> {
    const { random, model, facades } = this;
    const [manager, namespace, tier] = [random.pick(MANAGERS), random.pick(NAMESPACES), random.pick(['1', '2'])];
    const [subject, name] = [random.pick(SUBJECTS), random.pick(NAMES)];
    const manifests = [this.manifest({ subject, namespace, name })];
    const isApplied = ({ operation, manager: who }: Loose): boolean => operation === 'Apply' && who === manager;
    const going = SUBJECTS.flatMap((of) =>
      model
        .list(of, [namespace])
        .filter(({ metadata }) => metadata.labels?.['tier'] === tier && !metadata.deletionTimestamp)
        .filter(({ metadata }) => (metadata.managedFields as Loose[] | undefined)?.some(isApplied))
        .filter(({ metadata }) => of !== subject || metadata.name !== name)
        .map(({ metadata }) => `${of.kind}/${metadata.name}`),
    );
    const document = `mutation ($manifests: JSON!, $manager: String, $prune: BundlePrune, $dryRun: Boolean) {
      r: applyBundle(manifests: $manifests, fieldManager: $manager, force: true, prune: $prune, dryRun: $dryRun) {
        refused objects { kind name action error } } }`;
    const prune = { labelSelector: `tier=${tier}`, kinds: SUBJECTS.map(({ resource }) => resource) };
    const variables = { manifests, manager, prune };
    const dry = await facades.ask(document, { ...variables, dryRun: true });
    expect(facades.revision, 'a dry run writes nothing').toBe(model.revision);
    const done = await facades.ask(document, variables);
    const said = JSON.stringify({ done, variables });
    expect(undrawn(dry.objects.map(outcomeOf)), said).toEqual(undrawn(done.objects.map(outcomeOf)));
    this.count(`bundle with prune${done.refused ? ' refused' : ''}`);
    const pruned = (done.objects as { kind: string; name: string }[]).slice(1);
    if (!done.refused) expect(pruned.map((one) => `${one.kind}/${one.name}`).sort(), said).toEqual(going.sort());
    await this.learnByHistory('bundle');
    for (const one of going) {
      const [kind, gone = ''] = one.split('/');
      const left = model.find(
        SUBJECTS.find((of) => of.kind === kind)!,
        namespace,
        gone,
      );
      if (!done.refused && left) expect(left.metadata.deletionTimestamp, said).toBeDefined();
      if (done.refused) expect(left?.metadata.deletionTimestamp, said).toBeUndefined();
    }
  }

  /** What a request wrote is taken back: of what nobody has written since, all is as it was. */
  private async undo(): Promise<void> {
    const { random, model, facades } = this;
    if (!model.changes.length) return;
    const picked = random.pick(model.changes.slice(-20));
    const { name, namespace } = picked.object.metadata;
    const all = await facades.ask(
      `{ r: history(resource: "${picked.subject.resource}", namespace: "${namespace}", name: "${name}", first: 500) { items { revision changeSet } } }`,
    );
    const items = all.items as { revision: string; changeSet: string }[];
    const { changeSet } = items.find(({ revision }) => Number(revision) === picked.revision)!;
    const own = new Set(items.filter((one) => one.changeSet === changeSet).map(({ revision }) => Number(revision)));
    const ofObject = model.changes.filter(
      (one) => keyOf(one.subject, one.object) === keyOf(picked.subject, picked.object),
    );
    const before = ofObject.find(({ revision }) => own.has(revision))!.before;
    const isLast = ofObject.every(({ revision }) => revision <= Math.max(...own));
    const document = `mutation ($set: String, $dryRun: Boolean) { r: undo(changeSet: $set, dryRun: $dryRun) {
      done steps { verb name error } refusals { name reason paths } } }`;
    const dry = await facades.ask(document, { set: changeSet, dryRun: true });
    expect(facades.revision, 'a dry run writes nothing').toBe(model.revision);
    const done = await facades.ask(document, { set: changeSet });
    const said = JSON.stringify({ picked, changeSet, done });
    expect([dry.done, dry.refusals], said).toEqual([done.done, done.refusals]);
    this.count(`undo${done.done ? '' : ' refused'}`);
    const revision = model.revision;
    await this.learnByHistory('undo');
    if (!done.done) {
      expect(model.revision, said).toBe(revision);
      expect(
        done.refusals.length + done.steps.filter(({ error }: { error: unknown }) => error).length,
        said,
      ).toBeGreaterThan(0);
    } else if (isLast) {
      const now = model.find(picked.subject, namespace!, name);
      // what still has a finalizer only waits to go
      if (before || !now?.metadata.deletionTimestamp)
        expect(undrawn(writable(now)), said).toEqual(undrawn(writable(before)));
    }
  }

  /** What was written since the model knows: history says which revisions there are, and what each object was. */
  private async learnByHistory(verb: string): Promise<void> {
    const { model, facades } = this;
    const count = facades.revision - model.revision;
    if (count === 0) return;
    const kinds = JSON.stringify(SUBJECTS.map(({ resource }) => resource));
    const document = `{ r: changes(kinds: ${kinds}, first: ${count}) { items { revision resource namespace name type } } }`;
    const { items } = await facades.ask(document);
    for (const { revision, resource, namespace, name, type } of [...items].reverse()) {
      const subject = SUBJECTS.find((of) => of.resource === resource)!;
      if (type === 'DELETED') model.remove(subject, model.find(subject, namespace, name)!, Number(revision), verb);
      else {
        const query = `{ r: ${subject.one}(namespace: "${namespace}", name: "${name}", asOf: "${revision}") { raw } }`;
        model.put(subject, (await facades.ask(query)).raw, verb);
      }
    }
    expect(facades.revision).toBe(model.revision);
  }

  /** A collection, by selectors over REST, by any filter over GraphQL. */
  private async deleteMany(): Promise<void> {
    const { random, model, facades } = this;
    const subject = random.pick(SUBJECTS);
    const namespace = random.pick(NAMESPACES);
    const revision = model.revision;
    let holds: Selector['holds'];
    if (random.chance(0.5)) {
      const app = random.pick(['x', 'y']);
      holds = ({ metadata: { labels } }) => labels?.['app'] === app && labels['tier'] !== '1';
      const path = `${collectionOf(subject, namespace)}?labelSelector=${encodeURIComponent(`app=${app},tier!=1`)}`;
      const { code, body } = await facades.rest('DELETE', path);
      expect([code, body.items.length]).toEqual([200, model.list(subject, [namespace]).filter(holds).length]);
      this.count('rest deletecollection');
    } else {
      const question = randomQuestion(random, subject);
      holds = question.holds;
      const count = model.list(subject, [namespace]).filter(holds).length;
      if (count > 5) return;
      const document = `mutation ($where: ${subject.kind === 'Widget' ? 'JSON' : `${subject.kind}Where`}) {
        r: ${subject.kind === 'Widget' ? 'deleteObjects(resource: "widgets.example.com", ' : `delete${subject.kind}s(`}namespace: "${namespace}", where: $where, expectCount: ${count}) {
          count refused objects { action error } } }`;
      const done = await facades.ask(document, { where: question.where });
      expect(done, JSON.stringify(question.where)).toMatchObject({ count, refused: false });
      this.count('graphql deleteMany');
    }
    await this.learnDeletions(subject, namespace, model.list(subject, [namespace]).filter(holds), revision);
  }

  /** Which went at which revision no answer says; history does. What only waits to go is read. */
  private async learnDeletions(
    subject: Subject,
    namespace: string,
    all: readonly Loose[],
    from: number,
  ): Promise<void> {
    const { model, facades } = this;
    if (facades.revision === from) return;
    const document = `{ r: changes(kinds: ["${subject.resource}"], namespaces: ["${namespace}"], first: ${facades.revision - from}) { items { revision name type } } }`;
    const { items } = await facades.ask(document);
    for (const { revision, name, type } of [...items].reverse()) {
      if (type === 'DELETED') {
        model.remove(subject, model.find(subject, namespace, name)!, Number(revision), 'deletecollection');
        continue;
      }
      const query = `{ r: ${subject.one}(namespace: "${namespace}", name: "${name}", asOf: "${revision}") { raw } }`;
      model.put(subject, (await facades.ask(query)).raw, 'deletecollection');
    }
    const left = all.filter(({ metadata }) => metadata.finalizers?.length).map(({ metadata }) => metadata.name);
    for (const { metadata } of all)
      expect(model.find(subject, namespace, metadata.name) !== undefined).toBe(left.includes(metadata.name));
    expect(facades.revision).toBe(model.revision);
  }

  /** Several writes of one object are one; of what they have finished deleting history knows the revision. */
  private async learnMany(written: readonly Written[], verb: string): Promise<void> {
    const { model, facades } = this;
    const before = model.revision;
    const byRevision = new Map<number, Written>();
    for (const one of written) {
      const { subject, namespace, name, object, action } = one;
      const marked = model.find(subject, namespace, name)?.metadata.deletionTimestamp !== undefined;
      if (!object) expect([action, marked]).toEqual(['DELETED', true]);
      const query = `{ r: history(resource: "${subject.resource}", namespace: "${namespace}", name: "${name}", first: 1) { items { revision } } }`;
      byRevision.set(Number(object?.metadata.resourceVersion ?? (await facades.ask(query)).items[0].revision), one);
    }
    for (const [revision, { subject, namespace, name, object }] of [...byRevision].sort(([a], [b]) => a - b)) {
      const known = model.find(subject, namespace, name);
      if (!object) model.remove(subject, known!, revision, verb);
      else if (revision > before) model.put(subject, object, verb);
      else expect(object).toEqual(known);
    }
  }

  private async updateMany(): Promise<void> {
    const { random, model, facades } = this;
    const subject = random.pick(SUBJECTS);
    const { where, holds } = randomQuestion(random, subject);
    const found = model.list(subject, NAMESPACES).filter(holds);
    const patch = { metadata: { labels: { app: random.pick(['x', 'y', 'z']) } } };
    const document = `mutation ($where: JSON, $patch: JSON!) {
      r: updateObjects(resource: "${subject.resource}", namespaces: ["a", "b"], where: $where, patch: $patch, expectCount: ${found.length}, fieldManager: "ann") {
        count refused objects { name namespace action object error } } }`;
    const done = await facades.ask(document, { where, patch });
    const said = JSON.stringify({ where, done });
    expect(done, said).toMatchObject({ count: found.length, refused: false });
    this.count('graphql updateMany');
    await this.learnMany(
      done.objects.map((one: object) => ({ ...one, subject })),
      'patch',
    );
    expect(facades.revision, said).toBe(model.revision);
  }
}

/** Whether a delete that answers this has nothing to wait for: a policy takes away what other policies wait for. */
function isGone({ kind, metadata }: Loose, policy: string | undefined): boolean {
  if (kind === 'Status') return true;
  const waited = policy === 'Background' ? ['orphan', 'foregroundDeletion'] : [];
  return (metadata.finalizers ?? []).every((finalizer) => waited.includes(finalizer));
}

/** Without fields, and the same whatever name admission has drawn for the volume of a token. */
const undrawn = (value: unknown, isLeftOut: (key: string) => boolean = () => false): unknown => {
  const text = JSON.stringify(value, (key, one: unknown) => (isLeftOut(key) ? undefined : one));
  return JSON.parse(text.replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access'));
};

const outcomeOf = ({ action, error }: { action: string | null; error: { code: number } | null }): unknown => [
  action,
  error,
];

/** What an undo brings back: neither status nor what the server says of an object. */
function writable(object: Loose | undefined): unknown {
  if (!object) return null;
  const { metadata, status: _, ...rest } = object;
  const { labels = {}, annotations = {}, finalizers = [], ownerReferences = [] } = metadata;
  return { ...rest, labels, annotations, finalizers, ownerReferences };
}

/** A dry run draws uids of its own, and has no revision. */
function comparable({ code, body }: Reply): unknown {
  const refused = code >= 400;
  return [refused ? code : 'done', undrawn(body, (key) => !refused && (key === 'uid' || key === 'resourceVersion'))];
}

/** By RFC 7386. */
function merged(base: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof base === 'object' && base !== null && !Array.isArray(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(patch))
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  return result;
}

const withoutNulls = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, one: unknown) =>
      typeof one === 'object' && one !== null && !Array.isArray(one)
        ? Object.fromEntries(Object.entries(one).filter(([, inner]) => inner !== null))
        : one,
    ),
  );
