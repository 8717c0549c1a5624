import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { certificate } from '../certificate.ts';
import { graphqlSocket, opens, SUBSCRIPTION, type Ending, type Open, type Opened } from './opened.ts';
import { bearer, type Showing } from './asking.ts';
import { ADMIN, RightsServer } from './support.ts';

const RBAC = 'rbac.authorization.k8s.io';
const ROLES = `roles.${RBAC}`;
const BINDINGS = `rolebindings.${RBAC}`;
const IMPERSONATORS = `clusterrolebindings.${RBAC}`;
const ALL = ['get', 'create', 'list', 'watch'];

let server: RightsServer;
const open: Opened[] = [];
beforeAll(async () => {
  server = await RightsServer.open();
});
afterAll(() => server.close());

/** Everybody's rights here come from one role and one binding. */
beforeEach(async () => {
  const role = (name: string, rules: object[]) => ({
    apiVersion: `${RBAC}/v1`,
    kind: name === 'boss' ? 'ClusterRole' : 'Role',
    metadata: { name, ...(name !== 'boss' && { namespace: 'a' }) },
    rules,
  });
  await server.fake.give(
    role('r', [{ apiGroups: ['', 'things.example.com'], resources: ['*', '*/*'], verbs: [...ALL, 'get'] }]),
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'b', namespace: 'a' },
      roleRef: { apiGroup: RBAC, kind: 'Role', name: 'r' },
      subjects: [
        { apiGroup: RBAC, kind: 'Group', name: 'devs' },
        { kind: 'ServiceAccount', name: 'sa', namespace: 'a' },
      ],
    },
    role('boss', [{ apiGroups: [''], resources: ['users', 'groups'], verbs: ['impersonate'] }]),
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'boss' },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'boss' },
      subjects: [{ apiGroup: RBAC, kind: 'User', name: 'boss' }],
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'sa', namespace: 'a' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'another', namespace: 'a' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'a' } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'bound', namespace: 'a' },
      spec: { serviceAccountName: 'sa', containers: [{ name: 'c', image: 'i' }] },
    },
  );
});
afterEach(async () => {
  for (const one of open.splice(0)) one.close();
  const { client } = server.fake;
  await edit('pods', 'bound', (pod) => void (pod.metadata.finalizers = [])).catch(() => undefined);
  for (const [resource, namespace, name] of [
    [ROLES, 'a', 'r'],
    [BINDINGS, 'a', 'b'],
    [`clusterroles.${RBAC}`, '', 'boss'],
    [IMPERSONATORS, '', 'boss'],
    ['serviceaccounts', 'a', 'sa'],
    ['serviceaccounts', 'a', 'another'],
    ['secrets', 'a', 's'],
    ['pods', 'a', 'bound'],
  ] as const)
    await client.delete(resource, namespace, name, { gracePeriodSeconds: 0 }).catch(() => undefined);
});

async function opened(how: Open, showing: Showing): Promise<Opened> {
  const one = await how(server, showing);
  open.push(one);
  return one;
}
const uidOf = async (resource: string, name: string): Promise<string> =>
  (await server.fake.client.get(resource, 'a', name)).metadata.uid ?? '';
const drop = (resource: string, name: string, namespace = 'a') =>
  server.fake.client.delete(resource, namespace, name, { gracePeriodSeconds: 0 });
const edit = (resource: string, name: string, change: (object: any) => void) =>
  server.fake.edit(resource, 'a', name, change);
const pass = (ms: number): Promise<void> => server.fake.clock.advance(ms);

const jane = (): Showing => bearer('jane-token');
const account = async (): Promise<Showing> => bearer(await server.token('sa'));
const boundTo = (kind: string, resource: string, name: string) => async (): Promise<Showing> =>
  bearer(await server.token('sa', { kind, name, uid: await uidOf(resource, name) }));

const FORBIDDEN = { code: 403, reason: 'Forbidden' };
const UNAUTHORIZED = { code: 401, reason: 'Unauthorized' };
type Take = [string, () => Showing | Promise<Showing>, () => Promise<unknown>, Ending];
const takes: Take[] = [
  ['its binding is deleted', jane, () => drop(BINDINGS, 'b'), FORBIDDEN],
  ['its binding names others', jane, () => edit(BINDINGS, 'b', (b) => void (b.subjects = [])), FORBIDDEN],
  ['its role is deleted', jane, () => drop(ROLES, 'r'), FORBIDDEN],
  [
    'its role allows less',
    jane,
    () => edit(ROLES, 'r', (r) => void (r.rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }])),
    FORBIDDEN,
  ],
  ['the binding of its account is deleted', account, () => drop(BINDINGS, 'b'), FORBIDDEN],
  ['its account is deleted', account, () => drop('serviceaccounts', 'sa'), UNAUTHORIZED],
  [
    'another account has its name',
    account,
    async () => {
      await drop('serviceaccounts', 'sa');
      await server.fake.give({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'sa', namespace: 'a' } });
    },
    UNAUTHORIZED,
  ],
  ['its token expires', account, () => pass(600_000), UNAUTHORIZED],
  ['the pod of its token is deleted', boundTo('Pod', 'pods', 'bound'), () => drop('pods', 'bound'), UNAUTHORIZED],
  [
    'the pod of its token should have gone, and is kept by a finalizer',
    boundTo('Pod', 'pods', 'bound'),
    async () => {
      await edit('pods', 'bound', (pod) => void (pod.metadata.finalizers = ['example.com/keep']));
      await drop('pods', 'bound');
      await pass(91_000);
    },
    UNAUTHORIZED,
  ],
  ['the Secret of its token is deleted', boundTo('Secret', 'secrets', 's'), () => drop('secrets', 's'), UNAUTHORIZED],
  [
    'its certificate expires',
    async () => ({
      headers: {},
      client: await certificate(
        { name: [{ O: ['devs'] }, { CN: ['jill'] }], now: server.fake.clock.now(), until: 600 },
        server.authority,
      ),
    }),
    () => pass(600_000),
    UNAUTHORIZED,
  ],
  [
    'who acts for it may not any more',
    () => bearer('boss-token', { 'impersonate-user': 'jane', 'impersonate-group': 'devs' }),
    () => drop(IMPERSONATORS, 'boss', ''),
    FORBIDDEN,
  ],
];

/** Changes that take nothing from anybody here. */
async function unrelated(): Promise<void> {
  await server.fake.give({
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'other', namespace: 'a' },
    roleRef: { apiGroup: RBAC, kind: 'Role', name: 'r' },
    subjects: [{ apiGroup: RBAC, kind: 'Group', name: 'devs' }],
  });
  await drop(BINDINGS, 'other');
  await drop('serviceaccounts', 'another');
  await edit('secrets', 's', (secret) => void (secret.data = { a: 'Yg==' }));
  await edit(ROLES, 'r', (role) => void (role.metadata.labels = { a: 'b' }));
  // the look at everything, too
  await pass(31_000);
}

describe.each(opens)('%s', (_, how, { says }) => {
  it.each(takes)('ends when %s', async (_case, show, take, expected) => {
    const { ended, close } = await opened(how, await show());
    let over = false;
    void ended.then(() => (over = true));
    await unrelated();
    expect(over).toBe(false);
    await take();
    await pass(1000);
    const { code, reason } = await ended;
    expect({ code, reason }).toEqual(says ? expected : { code: undefined, reason: undefined });
    close();
  });
});

describe.each(opens.filter(([name]) => /^(exec over a web socket|attach)/.test(name)))(
  '%s that the session of a browser has opened',
  (_, how) => {
    let session: Showing;
    const signOut = async (): Promise<void> => {
      (await server.get('/graphiql/session', session, { method: 'DELETE' })).resume();
    };
    it.each<Take>([
      ['one signs out', jane, signOut, UNAUTHORIZED],
      ['eight hours have passed', jane, () => pass(8 * 3600_000), UNAUTHORIZED],
      ...takes.slice(0, 5),
      ['the account that signed in is deleted', account, () => drop('serviceaccounts', 'sa'), UNAUTHORIZED],
      ['the token that signed in expires', account, () => pass(600_000), UNAUTHORIZED],
    ])('ends when %s', async (_case, show, take, expected) => {
      session = await server.session(await show());
      const { ended, close } = await opened(how, session);
      let over = false;
      void ended.then(() => (over = true));
      await unrelated();
      expect(over).toBe(false);
      await take();
      await pass(1000);
      expect(await ended).toMatchObject(expected);
      close();
    });
  },
);

describe('a GraphQL socket', () => {
  const byHeader = graphqlSocket(
    () => ({}),
    (showing) => showing,
  );
  const byInit = graphqlSocket(
    ({ headers }) => headers,
    () => ({ headers: {} }),
  );
  it.each<[string, Open, Take[1], Take[2], number]>([
    ['of a token in its upgrade', byHeader, account, () => drop('serviceaccounts', 'sa'), 4401],
    ['of a token in its greeting', byInit, account, () => drop('serviceaccounts', 'sa'), 4401],
    ['of a token in its greeting', byInit, account, () => pass(600_000), 4401],
    [
      'of one who acts for another',
      byHeader,
      () => bearer('boss-token', { 'impersonate-user': 'jane', 'impersonate-group': 'devs' }),
      () => drop(IMPERSONATORS, 'boss', ''),
      4403,
    ],
  ])('%s is closed with its credential', async (_, how, show, take, code) => {
    const showing = await show();
    // without a subscription too: what it could begin would be begun by nobody
    const idle = new WebSocket(`wss://127.0.0.1:${server.port}/graphql`, 'graphql-transport-ws', {
      ca: server.ca,
      ...(how === byHeader && { headers: showing.headers }),
    });
    const closed = once(idle, 'close');
    await once(idle, 'open');
    idle.send(JSON.stringify({ type: 'connection_init', payload: how === byInit ? showing.headers : {} }));
    await once(idle, 'message');
    const { ended } = await opened(how, showing);
    await take();
    await pass(1000);
    expect((await closed)[0]).toBe(code);
    await ended;
  });

  it('stays when a right ends, and what it asks next is refused', async () => {
    const socket = new WebSocket(`wss://127.0.0.1:${server.port}/graphql`, 'graphql-transport-ws', {
      ca: server.ca,
      headers: jane().headers,
    });
    const messages: { id?: string; type: string; payload?: { errors?: { extensions: { code: number } }[] } }[] = [];
    let wake = (): void => undefined;
    socket.on('message', (data: Buffer) => {
      messages.push(JSON.parse(data.toString()) as (typeof messages)[number]);
      wake();
    });
    const until = async (id: string, type: string): Promise<(typeof messages)[number]> => {
      for (;;) {
        const found = messages.find((message) => message.type === type && (message.id ?? '') === id);
        if (found) return found;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    };
    const subscribe = (id: string) =>
      socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query: SUBSCRIPTION } }));
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await until('', 'connection_ack');
    subscribe('1');
    await until('1', 'next');
    await drop(BINDINGS, 'b');
    // the first one still runs, as nothing has been looked at yet: who joins it is looked at now
    subscribe('2');
    expect(await until('2', 'next')).toMatchObject({ payload: { errors: [{ extensions: { code: 403 } }] } });
    await until('2', 'complete');
    expect(messages.some(({ id, type }) => id === '1' && type === 'complete')).toBe(false);
    await pass(1000);
    await until('1', 'complete');
    subscribe('3');
    expect(await until('3', 'next')).toMatchObject({ payload: { errors: [{ extensions: { code: 403 } }] } });
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.terminate();
  });
});

it('a subscription that two read ends for the one whose credential has ended', async () => {
  const [how] = [
    graphqlSocket(
      () => ({}),
      (showing) => showing,
    ),
  ];
  const acting = { 'impersonate-user': 'jane', 'impersonate-group': 'devs' };
  await server.fake.give({
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'joe' },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'boss' },
    subjects: [{ apiGroup: RBAC, kind: 'User', name: 'joe' }],
  });
  const boss = await opened(how, bearer('boss-token', acting));
  const joe = await opened(how, bearer('joe-token', acting));
  await drop(IMPERSONATORS, 'joe', '');
  await pass(1000);
  expect(await joe.ended).toMatchObject({ code: 403 });
  let over = false;
  void boss.ended.then(() => (over = true));
  await pass(31_000);
  expect(over).toBe(false);
});

it('who has everything, and the program itself, are not sent away by what becomes of roles', async () => {
  const stays = await Promise.all(opens.map(([, how]) => opened(how, ADMIN)));
  const inside = server.fake.graphql.executor.subscribe({
    query: SUBSCRIPTION,
    as: { user: 'jane', groups: ['devs'] },
  });
  await inside.next();
  // the first event may come before all of it stands
  await pass(0);
  let over = false;
  for (const { ended } of stays) void ended.then(() => (over = true));
  const next = inside.next().then(() => (over = true));
  await drop(BINDINGS, 'b');
  await pass(61_000);
  expect(over).toBe(false);
  await inside.return?.();
  await next;
});
