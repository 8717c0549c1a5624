import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ListOptions, RequestContext, Target, User, WatchSink } from '../../../src/api/contract.ts';
import { encodeContinue } from '../../../src/api/continue-token.ts';
import { LogFollowing } from '../../../src/api/logs/follow-logs.ts';
import { searchLogs } from '../../../src/api/logs/search-logs.ts';
import type { StatusError } from '../../../src/meta/status.ts';
import type { Key } from '../../../src/store/contract.ts';
import type { KnownSource, LogMark, LogRun } from '../../../src/store/logs/contract.ts';
import { the } from '../../support/at.ts';
import { FakeClock, flush } from '../../support/fake-clock.ts';
import { remove } from '../../support/write.ts';
import { TestApi } from '../support.ts';

const NS = 'shop';
const GROUP = 'rbac.authorization.k8s.io';
const ROLES = `clusterroles.${GROUP}`;
const EVERYWHERE = `clusterrolebindings.${GROUP}`;
const WITHIN = `rolebindings.${GROUP}`;
const user = (name: string): User => ({ name, groups: ['system:authenticated'] });
const sourceOf = (id: number, kind: KnownSource['kind']): KnownSource => ({
  id,
  kind,
  node: 'n',
  namespace: NS,
  pod: kind === 'event' ? '' : 'p',
  uid: '',
  container: 'c',
  attempt: 0,
  position: '',
});
const SOURCES = [sourceOf(1, 'container'), sourceOf(2, 'event')];

let t: TestApi;
/** while the first namespace was there, of an object's deletion in it, and the change set of that */
let then: number;
let deletion: number;
let changeSet: string;
/** when the second was made: ms since the epoch, and the revision before it */
let born: number;
let made: number;
const stops: (() => void)[] = [];

const store = () => t.api.store;
async function erase(key: Key): Promise<number> {
  const done = await store().commit(remove(key, the(store().get(key)).revision));
  return done.ok ? the(done.stored).revision : 0;
}
const bind = (resource: string, name: string, role: string, namespace: string) =>
  t.create(
    resource,
    {
      metadata: { name },
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'User', name, apiGroup: GROUP }],
    },
    namespace,
  );
const say = (name: string, says: string) => t.create('configmaps', { metadata: { name }, data: { says } }, NS);

beforeAll(async () => {
  t = await TestApi.open();
  const read = { apiGroups: [''], resources: ['configmaps', 'events', 'pods/log', 'namespaces'] };
  const verbs = ['get', 'list', 'watch', 'create', 'delete', 'deletecollection', 'update'];
  await t.create(ROLES, { metadata: { name: 'reads' }, rules: [{ ...read, verbs }] }, '');
  const byName = [{ ...read, resourceNames: ['kept', 'p'], verbs: ['get', 'list', 'watch'] }];
  await t.create(ROLES, { metadata: { name: 'reads-some' }, rules: byName }, '');
  await bind(EVERYWHERE, 'all', 'reads', '');
  await bind(EVERYWHERE, 'all-some', 'reads-some', '');
  await t.create('namespaces', { metadata: { name: NS } }, '');
  await say('kept', 'old');
  await say('gone', 'old');
  then = store().revision;
  for (const name of ['kept', 'gone']) deletion = await erase({ resource: 'configmaps', namespace: NS, name });
  const [entry] = await store().changes({
    places: [{ resource: 'configmaps', namespace: NS, name: 'gone' }],
    limit: 1,
  });
  changeSet = the(entry).changeSet;
  await erase({ resource: 'namespaces', namespace: '', name: NS });
  await t.create('namespaces', { metadata: { name: NS } }, '');
  const second = the(await store().made({ resource: 'namespaces', namespace: '', name: NS }));
  [born, made] = [the(second.at), second.revision - 1];
  await bind(WITHIN, 'here', 'reads', NS);
  await bind(WITHIN, 'here-some', 'reads-some', NS);
  await say('kept', 'new');
});
afterAll(() => {
  for (const stop of stops) stop();
  return t.close();
});

/** A line before the namespace was made, and one after, of each source. */
const archive = {
  all: (): LogRun[] =>
    SOURCES.flatMap(({ id: source }, i) =>
      ['old', 'new'].map((text, later) => {
        const at = born * 1000 + (later ? 0 : -1);
        return { chunk: 1, n: 2 * i + later, source, oldest: at, newest: at, body: `0 o ${text}` };
      }),
    ),
  sources: async ({ kinds }: { kinds: string[] }) => SOURCES.filter(({ kind }) => kinds.includes(kind)),
  sourcesById: async () => SOURCES,
  async *runs({ sources }: { sources: number[] }) {
    for (const run of this.all()) if (sources.includes(run.source)) yield run;
  },
  mark: async (): Promise<LogMark> => new Map(),
  since: async (mark: LogMark) => ({ runs: mark.size ? [] : archive.all(), mark: new Map([[1, 4]]) }),
};
const parts = () => ({ store: store(), authorizer: { decide: t.api.authorize.bind(t.api) } });

type Told = string[] | number;
const spoken = (objects: readonly unknown[]): string[] =>
  objects.flatMap((object) => (object as { data?: { says?: string } } | undefined)?.data?.says ?? []);
const told = async (call: Promise<{ items: readonly { after: unknown; before: unknown }[] }>): Promise<Told> =>
  [...new Set((await call).items.flatMap(({ after, before }) => spoken([after, before])))].sort();
const maps = (name = '') => t.target('configmaps', NS, name);

const listed = async (ctx: RequestContext, options: ListOptions): Promise<string[]> =>
  spoken((await t.api.list(ctx, maps(), options)).items.map(({ object }) => object));
/** What is told, by which a right to all can be seen to be: `new` is the last; or the code of its end. */
const watched = (ctx: RequestContext, target: Target, from: number): Promise<Told> =>
  new Promise((resolve, reject) => {
    const seen: string[] = [];
    t.api
      .watch(ctx, target, { resourceVersion: `${from}` }, {
        full: false,
        onEvents: (events) => {
          seen.push(...spoken(events.map(({ stored }) => stored.object)));
          if (seen.includes('new')) resolve([...new Set(seen)].sort());
        },
        onBookmark: () => undefined,
        onEnd: (error) => resolve((error as StatusError | undefined)?.code ?? 0),
      } as WatchSink)
      .then((stop) => stops.push(stop), reject);
  });

const QUESTIONS: [what: string, ask: (ctx: RequestContext) => Promise<Told>][] = [
  ['the history of an object', (ctx) => told(t.api.history(ctx, maps('kept'), {}, {}))],
  ['the history of one that was there before', (ctx) => told(t.api.history(ctx, maps('gone'), {}, {}))],
  ['changes', (ctx) => told(t.api.changes(ctx, { kinds: ['configmaps'], namespaces: [NS] }, {}, {}))],
  ['changes anywhere', (ctx) => told(t.api.changes(ctx, { kinds: ['configmaps'] }, {}, {}))],
  [
    'a list as it was',
    async (ctx) => spoken((await t.api.list(ctx, maps(), { asOf: then })).items.map(({ object }) => object)),
  ],
  [
    'an object as it was',
    async (ctx) => {
      const options = { asOf: then, fieldSelector: 'metadata.name=kept' };
      return spoken((await t.api.list(ctx, maps(), options)).items.map(({ object }) => object));
    },
  ],
  ['a list at a revision', (ctx) => listed(ctx, { resourceVersion: `${then}`, resourceVersionMatch: 'Exact' })],
  [
    'the rest of a list of then',
    (ctx) => listed(ctx, { continue: encodeContinue({ revision: then, namespace: NS, name: 'kept' }) }),
  ],
  [
    'what is deleted of a list of then',
    async (ctx) => {
      const options = { resourceVersion: `${then}`, resourceVersionMatch: 'Exact' };
      const found = await t.api.deleteCollection(ctx, maps(), options, { dryRun: ['All'] });
      return spoken(found.items.map(({ object }) => object));
    },
  ],
  ['a watch from then', (ctx) => watched(ctx, maps(), then)],
  ['a watch of one from then', (ctx) => watched(ctx, maps('kept'), then)],
  ['a watch from when the namespace was made', (ctx) => watched(ctx, maps(), made)],
  [
    'an undone change set',
    async (ctx) => {
      const { steps } = await t.api.undo(ctx, { changeSet }, { dryRun: ['All'] });
      return steps.map(({ step }) => step.verb);
    },
  ],
  [
    'undone revisions',
    async (ctx) => {
      const { steps } = await t.api.undo(ctx, { from: deletion, to: deletion }, { dryRun: ['All'] });
      return steps.map(({ step }) => step.verb);
    },
  ],
  [
    'kept lines',
    async ({ user }) => {
      const { entries } = await searchLogs({ archive: archive as never, ...parts() } as never, { user }, {}, {});
      return entries.map(({ kind, text }) => `${kind} ${text}`).sort();
    },
  ],
  [
    'lines as they come',
    async ({ user }) => {
      const lines: string[] = [];
      const clock = new FakeClock();
      const following = new LogFollowing(archive as never, parts() as never, clock);
      const end = await following.follow(
        user,
        {},
        {
          full: false,
          onEntries: (entries) => void lines.push(...entries.map(({ kind, text }) => `${kind} ${text}`)),
          onLeftOut: () => undefined,
          onEnd: () => undefined,
        },
      );
      await clock.advance(600);
      while (lines.length === 0 && user.name !== 'nobody') await flush();
      end();
      return lines.sort();
    },
  ],
];
const OLD_LINES = ['container new', 'container old', 'event new', 'event old'];
const NEW_LINES = ['container new', 'event new'];
const NAMED_OLD = ['container new', 'container old'];

/** What each is told, in the order of the questions; a number is the code of a refusal. */
const ANSWERS: [who: string, user: string, answers: Told[]][] = [
  [
    'with a right everywhere',
    'all',
    [
      ['new', 'old'],
      ['old'],
      ['new', 'old'],
      ['new', 'old'],
      ['old', 'old'],
      ['old'],
      ['old', 'old'],
      ['old'],
      ['old', 'old'],
      ['new', 'old'],
      ['new', 'old'],
      ['new'],
      ['create'],
      ['create'],
      OLD_LINES,
      OLD_LINES,
    ],
  ],
  [
    'with a right in the namespace',
    'here',
    [['new'], [], ['new'], ['new'], [], [], [], 410, [], 410, 410, ['new'], 404, [], NEW_LINES, NEW_LINES],
  ],
  [
    'with a right to some everywhere',
    'all-some',
    [['new', 'old'], 403, [], [], 403, ['old'], 403, 403, 403, 403, ['new', 'old'], 403, 404, [], NAMED_OLD, NAMED_OLD],
  ],
  [
    'with a right to some in the namespace',
    'here-some',
    [['new'], 403, [], [], 403, [], 403, 403, 403, 403, 410, 403, 404, [], ['container new'], ['container new']],
  ],
  ['without a right', 'nobody', [403, 403, [], [], 403, 403, 403, 403, 403, 403, 403, 403, 404, [], [], []]],
];

describe.each(ANSWERS)('of a namespace that was made again, one %s', (_, name, answers) => {
  test.each(QUESTIONS.map(([what, ask], i) => [what, ask, the(answers[i])] as const))(
    'is told of the past: %s',
    async (_what, ask, answer) => {
      const asked = ask(t.ctx(user(name)));
      if (typeof answer === 'number') expect(await asked.catch((error: StatusError) => error.code)).toBe(answer);
      else expect(await asked).toEqual(answer);
    },
  );
});
