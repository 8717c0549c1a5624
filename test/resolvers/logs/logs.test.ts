import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GraphQLResult } from '../../../src/client/contract.ts';
import type { Executor } from '../../../src/resolvers/graphql.ts';
import type { FakeApi } from '../../support/fake-api.ts';
import { clusterWith, FakeKubelet, runningPod } from './kubelet.ts';

let kubelet: FakeKubelet;
let cluster: FakeApi;
beforeEach(async () => {
  kubelet = await FakeKubelet.open();
  cluster = await clusterWith(kubelet);
});
afterEach(async () => {
  await cluster.close();
  await kubelet.close();
});

const at = (second: number, text: string): string =>
  `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z ${text}\n`;
const FIELDS = '{ time pod container text }';
const as = (name: string | undefined): Executor => {
  if (name === undefined) return cluster.graphql.executor;
  const user = { name, groups: ['system:authenticated'] };
  return cluster.graphql.as({
    user,
    agent: 'test',
    warn: () => undefined,
    credential: { recheck: () => Promise.resolve(user) },
  });
};
const query = async (document: string, user?: string): Promise<GraphQLResult> =>
  JSON.parse(String(await as(user).execute({ query: document }))) as GraphQLResult;
const textsOf = (lines: unknown): string[] => (lines as { text: string }[]).map(({ text }) => text);

/** Payloads of a subscription, one after the other; undefined at its end. */
function follow(document: string, user?: string) {
  const results = as(user).subscribe({ query: `subscription { ${document} }` });
  const next = async (): Promise<GraphQLResult | undefined> => {
    const { value, done } = await results.next();
    return done ? undefined : (JSON.parse(String(value)) as GraphQLResult);
  };
  /** Texts until there are so many of them. */
  const texts = async (count: number): Promise<string[]> => {
    const found: string[] = [];
    while (found.length < count) {
      const payload = await next();
      if (!payload?.data) throw new Error(`no lines: ${JSON.stringify(payload)}`);
      found.push(...textsOf(Object.values(payload.data)[0]));
    }
    return found;
  };
  return { next, texts, end: () => results.return?.() };
}

/** Lets a user read one thing more. */
async function allow(user: string, rules: object[]): Promise<void> {
  const subjects = [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user };
  const metadata = { namespace: 'a', name: user };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  await cluster.give(
    { apiVersion, kind: 'Role', metadata, rules },
    { apiVersion, kind: 'RoleBinding', metadata, subjects, roleRef },
  );
}
const PODS = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] };
const LOGS = { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] };
const DEPLOYMENTS = { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] };

describe('the logs of a pod', () => {
  beforeEach(async () => {
    await cluster.give(runningPod('p', { containers: ['c', 'd'] }));
    kubelet.logs.set('a/p/c', at(1, 'one') + at(3, 'three'));
    kubelet.logs.set('a/p/d', at(2, 'two'));
  });

  test('are those of all its containers, by time', async () => {
    const { data } = await query(`{ pod(namespace: "a", name: "p") { logs ${FIELDS} } }`);
    expect(data?.['pod']).toEqual({
      logs: [
        { time: '2026-01-01T00:00:01.000000000Z', pod: 'p', container: 'c', text: 'one' },
        { time: '2026-01-01T00:00:02.000000000Z', pod: 'p', container: 'd', text: 'two' },
        { time: '2026-01-01T00:00:03.000000000Z', pod: 'p', container: 'c', text: 'three' },
      ],
    });
    const { data: last } = await query('{ pod(namespace: "a", name: "p") { logs(tail: 2) { text } } }');
    expect(last?.['pod']).toEqual({ logs: [{ text: 'two' }, { text: 'three' }] });
  });

  test.each([
    ['tail: 5, container: "c"', { tailLines: '5' }],
    ['since: "5m", container: "c"', { sinceSeconds: '300' }],
    ['since: "1.5s", container: "c"', { sinceSeconds: '2' }],
    ['since: "2026-01-01T00:00:00Z", container: "c"', { sinceTime: '2026-01-01T00:00:00Z' }],
    ['previous: true, container: "c"', { previous: 'true' }],
    ['limit: 10, container: "c"', { limitBytes: '10' }],
    ['limit: 100000000, tail: 1000000, container: "c"', { limitBytes: '1048576', tailLines: '5000' }],
  ])('are asked for by %s', async (args, asked) => {
    await query(`{ pod(namespace: "a", name: "p") { logs(${args}) { text } } }`);
    expect(kubelet.asked.map(({ log, query: parameters }) => [log, parameters])).toEqual([
      ['a/p/c', expect.objectContaining({ timestamps: 'true', ...asked })],
    ]);
  });

  test.each([
    ['tail: -1', 400],
    ['limit: 0', 400],
    ['since: "yesterday"', 400],
    ['since: "-5m"', 400],
    ['container: "none"', 400],
  ])('are refused as %s', async (args, code) => {
    const { data, errors } = await query(`{ pod(namespace: "a", name: "p") { logs(${args}) { text } } }`);
    expect([data?.['pod'], errors?.[0]?.extensions?.['code']]).toEqual([{ logs: null }, code]);
  });

  test('are told to nobody without the right to them, whatever else one may read', async () => {
    await allow('kim', [PODS]);
    const document = '{ pod(namespace: "a", name: "p") { metadata { name } logs { text } } }';
    const { data, errors } = await query(document, 'kim');
    expect([data?.['pod'], errors?.[0]?.extensions?.['code']]).toEqual([{ metadata: { name: 'p' }, logs: null }, 403]);
    const refused = await follow(`podLogs(namespace: "a", name: "p") ${FIELDS}`, 'kim').next();
    const none = await follow(`podLogs(namespace: "a", name: "none") ${FIELDS}`, 'kim').next();
    expect([refused, none].map((one) => one?.errors?.[0]?.extensions?.['code'])).toEqual([403, 403]);
    expect(kubelet.asked).toEqual([]);
  });

  test('go on as they are written, until the last container ends', async () => {
    const logs = follow(`podLogs(namespace: "a", name: "p", tail: 9) ${FIELDS}`);
    expect(await logs.texts(3)).toEqual(['one', 'two', 'three']);
    const [c, d] = [await kubelet.requested('a/p/c'), await kubelet.requested('a/p/d')];
    expect(c.query).toMatchObject({ follow: 'true', tailLines: '9' });
    d.answer.write(at(4, 'four'));
    expect(await logs.texts(1)).toEqual(['four']);
    c.answer.end();
    d.answer.end(at(5, 'five'));
    expect(await logs.texts(1)).toEqual(['five']);
    expect(await logs.next()).toBeUndefined();
  });

  test('end with what there is when they are not followed, with an error that the node says, and for who leaves', async () => {
    const what = follow(`podLogs(namespace: "a", name: "p", follow: false) ${FIELDS}`);
    expect(await what.texts(3)).toEqual(['one', 'two', 'three']);
    expect(await what.next()).toBeUndefined();
    kubelet.logs.delete('a/p/d');
    const failing = follow('podLogs(namespace: "a", name: "p", container: "d") { text }');
    expect((await failing.next())?.errors?.[0]).toMatchObject({ extensions: { code: 400 } });
    const left = follow('podLogs(namespace: "a", name: "p", container: "c") { text }');
    await left.texts(2);
    const { answer } = await kubelet.requested('a/p/c', 2);
    const closed = new Promise((resolve) => answer.once('close', resolve));
    await left.end();
    await closed;
  });

  test('end when the right to them does', async () => {
    await allow('kim', [LOGS]);
    const logs = follow('podLogs(namespace: "a", name: "p", container: "c") { text }', 'kim');
    expect(await logs.texts(2)).toEqual(['one', 'three']);
    await cluster.client.delete('rolebindings.rbac.authorization.k8s.io', 'a', 'kim');
    await cluster.quiet();
    await cluster.clock.advance(60_000);
    expect((await logs.next())?.errors?.[0]).toMatchObject({ extensions: { code: 403 } });
    expect(await logs.next()).toBeUndefined();
  });
});

describe('the logs of a workload', () => {
  const workload = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'a', name: 'w' },
    spec: {
      selector: { matchLabels: { app: 'w' } },
      template: { metadata: { labels: { app: 'w' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  };
  const LOGS_OF_W = `deploymentLogs(namespace: "a", name: "w") ${FIELDS}`;
  beforeEach(async () => {
    await cluster.give(workload, runningPod('p'), runningPod('q'), runningPod('other', { labels: { app: 'x' } }));
    kubelet.logs.set('a/p/c', at(1, 'p1') + at(4, 'p4'));
    kubelet.logs.set('a/q/c', at(2, 'q2') + at(3, 'q3'));
    kubelet.logs.set('a/other/c', at(2, 'not this'));
  });

  test('are those of all pods that it selects, by time; pods come and go, and containers start again', async () => {
    const logs = follow(LOGS_OF_W);
    expect(await logs.texts(4)).toEqual(['p1', 'q2', 'q3', 'p4']);
    kubelet.logs.set('a/r/c', at(5, 'r5'));
    await cluster.give(runningPod('r'));
    expect(await logs.texts(1)).toEqual(['r5']);
    (await kubelet.requested('a/q/c')).answer.end();
    await cluster.client.delete('pods', 'a', 'q', { gracePeriodSeconds: 0 });
    (await kubelet.requested('a/p/c')).answer.end();
    kubelet.logs.set('a/p/c', at(6, 'p again'));
    await cluster.edit(
      'pods',
      'a',
      'p',
      ({ ['status']: status }) => {
        status.containerStatuses[0].restartCount = 1;
        status.containerStatuses[0].containerID = 'x://p-c-1';
      },
      'status',
    );
    expect(await logs.texts(1)).toEqual(['p again']);
    await logs.end();
  });

  test('end with what there is when they are not followed', async () => {
    const logs = follow(`deploymentLogs(namespace: "a", name: "w", follow: false) ${FIELDS}`);
    expect(await logs.texts(4)).toEqual(['p1', 'q2', 'q3', 'p4']);
    expect(await logs.next()).toBeUndefined();
  });

  test('need the right to the workload, to its pods, and to the log of each', async () => {
    const rights = [DEPLOYMENTS, PODS, { ...LOGS, resourceNames: ['p'] }];
    for (let less = 0; less < rights.length; less++) {
      const user = `user-${less}`;
      await allow(
        user,
        rights.filter((_, i) => i !== less),
      );
      const logs = follow(LOGS_OF_W, user);
      let last: GraphQLResult | undefined;
      for (let one = await logs.next(); one; one = await logs.next()) last = one;
      expect(last?.errors?.[0]).toMatchObject({ extensions: { code: 403 } });
    }
    expect(kubelet.asked.map(({ log }) => log)).not.toContain('a/q/c');
  });
});
