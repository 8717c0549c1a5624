import { expect } from 'vitest';
import type { Loose } from '../../support/fake-api.ts';
import type { Random } from '../../support/random.ts';
import type { Facades } from './facades.ts';
import type { Change, Model } from './model.ts';
import { randomQuestion } from './questions.ts';
import { COMMON, NAMES, NAMESPACES, SUBJECTS } from './subjects.ts';

const bare = (object: Loose | undefined): unknown =>
  object ? { ...object, metadata: { ...object.metadata, managedFields: undefined } } : null;
const told = ({ revision, type, before, object }: Change): object => ({
  revision: String(revision),
  type,
  before: bare(before),
  after: type === 'DELETED' ? null : bare(object),
});

/** Throws where the history of some object, there or gone, is not the model's. */
export async function checkHistory(facades: Facades, model: Model, random: Random): Promise<void> {
  const [subject, namespace, name] = [random.pick(SUBJECTS), random.pick(NAMESPACES), random.pick(NAMES)];
  const query = `{ r: history(resource: "${subject.resource}", namespace: "${namespace}", name: "${name}", first: 500) { items { revision type before after } } }`;
  const { items } = await facades.ask(query);
  const expected = model.changes.filter(
    ({ object: { metadata }, ...change }) =>
      change.subject === subject && metadata.namespace === namespace && metadata.name === name,
  );
  expect(items, query).toEqual(expected.reverse().map(told));
}

/** Throws where what happened to objects of some kinds, of some namespaces, with some fields is not the model's, page by page. */
export async function checkChanges(facades: Facades, model: Model, random: Random): Promise<void> {
  const one = random.pick(SUBJECTS);
  const subjects = random.chance(0.5) ? [one] : SUBJECTS.filter((subject) => subject === one || random.chance(0.5));
  const namespaces = random.pick([undefined, ['a'], NAMESPACES]);
  const fields = subjects.length > 1 ? COMMON : one.fields;
  const question = random.maybe(0.7, () => randomQuestion(random, { fields }));
  const query = `query ($kinds: [String!], $namespaces: [String!], $where: JSON, $after: String) {
    r: changes(kinds: $kinds, namespaces: $namespaces, where: $where, first: ${1 + random.below(20)}, after: $after) {
      items { revision type resource namespace name before after } continue } }`;
  const kinds = subjects.map(({ resource }) => resource);
  const variables = { kinds, namespaces, where: question?.where };
  const seen: object[] = [];
  for (let after: string | null = null, more = true; more; more = after !== null) {
    const page: any = await facades.ask(query, { ...variables, after });
    seen.push(...page.items);
    after = page.continue;
  }
  const expected = model.changes
    .filter(
      ({ subject, object }) =>
        subjects.includes(subject) && (namespaces ?? NAMESPACES).includes(object.metadata.namespace!),
    )
    // what it became, or was where it is gone
    .filter(({ object }) => question?.holds(object) ?? true)
    .reverse()
    .map((change) => {
      const { namespace, name } = change.object.metadata;
      return { ...told(change), resource: change.subject.resource, namespace, name };
    });
  // what was made before the model began
  const own = seen.filter((item) => Number((item as { revision: string }).revision) > model.start);
  expect(own, JSON.stringify({ query, variables })).toEqual(expected);
}
