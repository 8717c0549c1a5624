import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Authorizer } from '../../../src/api/authorization/authorizer.ts';
import type { Attributes, Credential, User } from '../../../src/api/contract.ts';
import { forbiddenRequest, type StatusError, unauthorized } from '../../../src/meta/status.ts';
import type { Key } from '../../../src/store/contract.ts';
import { FakeApi, type Manifest } from '../../support/fake-api.ts';

const RBAC = 'rbac.authorization.k8s.io';
const user = (name: string): User => ({ name, groups: ['system:authenticated'] });
const right = (resource = 'configmaps', name = ''): Attributes => ({
  verb: 'watch',
  group: '',
  version: 'v1',
  resource,
  subresource: '',
  namespace: 'a',
  name,
});
const role = (name: string, rest: object = {}): Manifest => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'Role',
  metadata: { name, namespace: 'a' },
  rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['watch'] }],
  ...rest,
});
const binding = (name: string, subjects: string[], of = 'r'): Manifest => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'RoleBinding',
  metadata: { name, namespace: 'a' },
  roleRef: { apiGroup: RBAC, kind: 'Role', name: of },
  subjects: subjects.map((subject) => ({ apiGroup: RBAC, kind: 'User', name: subject })),
});

let fake: FakeApi;
beforeEach(async () => {
  fake = await FakeApi.open();
  await fake.give(role('r'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await fake.close();
});

/** A credential that says what the test wants, and counts how often it is asked. */
class Token implements Credential {
  asked = 0;
  says: () => User | undefined | Promise<User | undefined>;
  constructor(
    readonly user: User,
    readonly until?: number,
    readonly bound?: readonly Key[],
  ) {
    this.says = () => user;
  }
  recheck = async (): Promise<User | undefined> => {
    this.asked++;
    return this.says();
  };
}

interface Holding {
  token: Token;
  lost: StatusError[];
  letGo(): void;
}
function hold(token: Token, rights: Attributes[] = [right()], impersonator?: User): Holding {
  const lost: StatusError[] = [];
  const context = { user: token.user, credential: token, agent: 'test', warn: () => undefined };
  const letGo = fake.api.hold(
    { ...context, ...(impersonator && { impersonator }) },
    rights,
    (why) => void lost.push(why),
  );
  return { token, lost, letGo };
}
const drop = (resource: string, name: string) => fake.client.delete(resource, 'a', name, { gracePeriodSeconds: 0 });
const look = (): Promise<void> => fake.clock.advance(250);
/** Decisions about those for whom things are open here. */
function decisions(...names: string[]): () => number {
  const decide = vi.spyOn(Authorizer.prototype, 'decide');
  return () => decide.mock.calls.filter(([{ name }]) => names.includes(name)).length;
}

describe('rights', () => {
  it('are needed from the start', () => {
    expect(() => hold(new Token(user('jane')))).toThrow(/User "jane" cannot watch resource "configmaps"/);
  });

  it('of one user are decided once for all that he has open by them', async () => {
    await fake.give(binding('b', ['jane']));
    const all = Array.from({ length: 500 }, () => hold(new Token(user('jane'))));
    const made = decisions('jane');
    await drop(`rolebindings.${RBAC}`, 'b');
    await look();
    expect(made()).toBe(1);
    // they are told in turns
    while (!all.every(({ lost }) => lost.length)) await new Promise(setImmediate);
    expect(all.every(({ lost }) => lost.length === 1 && lost[0]?.code === 403)).toBe(true);
  });

  it('are looked at once for all changes that come together', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `u${i}`);
    await fake.give(binding('b', names));
    const all = names.map((name) => hold(new Token(user(name))));
    const made = decisions(...names);
    for (let i = 0; i < 30; i++)
      await fake.edit(`rolebindings.${RBAC}`, 'a', 'b', (object) => void (object.metadata.labels = { i: String(i) }));
    await look();
    expect(made()).toBe(names.length);
    expect(all.flatMap(({ lost }) => lost)).toEqual([]);
  });

  it('are not looked at for what only adds to them, nor for what others lose', async () => {
    await fake.give(binding('b', ['jane']), binding('others', ['joe']), role('unbound'));
    hold(new Token(user('jane')));
    const made = decisions('jane');
    await fake.give(binding('more', ['jane']), role('new'));
    await drop(`rolebindings.${RBAC}`, 'others');
    await fake.edit(`roles.${RBAC}`, 'a', 'unbound', (object) => void (object.rules = []));
    await look();
    expect(made()).toBe(0);
  });

  it('end only when the last of what gives them has gone', async () => {
    await fake.give(binding('one', ['jane']), binding('two', ['jane']));
    const { lost } = hold(new Token(user('jane')));
    await drop(`rolebindings.${RBAC}`, 'one');
    await look();
    expect(lost).toEqual([]);
    await drop(`rolebindings.${RBAC}`, 'two');
    await look();
    expect(lost).toHaveLength(1);
  });

  it('are all needed where there are several', async () => {
    await fake.give(
      binding('b', ['jane']),
      role('s', { rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['watch'] }] }),
      binding('s', ['jane'], 's'),
    );
    const { lost } = hold(new Token(user('jane')), [right(), right('secrets')]);
    await drop(`roles.${RBAC}`, 's');
    await look();
    expect(lost.map(({ status }) => status.message)).toEqual([expect.stringContaining('"secrets"')]);
  });

  it('of a node end with the pod that gave them', async () => {
    const node: User = { name: 'system:node:n', groups: ['system:nodes', 'system:authenticated'] };
    await fake.give(
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'a' } },
      ...['one', 'two'].map((name) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'a' },
        spec: {
          nodeName: 'n',
          containers: [{ name: 'c', image: 'i' }],
          volumes: [{ name: 'v', configMap: { name: 'c' } }],
        },
      })),
    );
    const { lost } = hold(new Token(node), [right('configmaps', 'c')]);
    await drop('pods', 'one');
    await look();
    expect(lost).toEqual([]);
    await drop('pods', 'two');
    await look();
    expect(lost.map(({ code }) => code)).toEqual([403]);
  });

  it('that are let go of are looked at no more', async () => {
    await fake.give(binding('b', ['jane']));
    const { letGo, lost, token } = hold(new Token(user('jane')));
    letGo();
    const made = decisions('jane');
    await drop(`rolebindings.${RBAC}`, 'b');
    await fake.clock.advance(120_000);
    expect([made(), token.asked, lost]).toEqual([0, 0, []]);
  });

  it('of others end though one does not take it well', async () => {
    await fake.give(binding('b', ['jane']));
    const context = { user: user('jane'), credential: new Token(user('jane')), agent: 'test', warn: () => undefined };
    fake.api.hold(context, [right()], () => {
      throw new Error('no');
    });
    const { lost } = hold(new Token(user('jane')));
    await drop(`rolebindings.${RBAC}`, 'b');
    await look();
    expect(lost).toHaveLength(1);
  });

  it('of the program itself are nobody else’s', async () => {
    const lost = vi.fn<() => void>();
    await fake.give(binding('b', ['jane']));
    fake.api.hold({ user: user('jane'), agent: 'test', warn: () => undefined }, [right()], lost);
    await drop(`rolebindings.${RBAC}`, 'b');
    await fake.clock.advance(120_000);
    expect(lost).not.toHaveBeenCalled();
  });
});

describe('a credential', () => {
  const admin: User = { name: 'admin', groups: ['system:masters'] };
  const forbidden = forbiddenRequest({ group: '', resource: 'users' }, 'x', 'no');
  const key = (resource: string, name: string): Key => ({ resource, namespace: 'a', name });

  it('is asked within a minute, whatever happens or not', async () => {
    const { token, lost } = hold(new Token(admin));
    await fake.clock.advance(600_000);
    expect(token.asked).toBeGreaterThanOrEqual(10);
    token.says = () => undefined;
    await fake.clock.advance(60_000);
    expect(lost.map(({ code }) => code)).toEqual([401]);
  });

  it.each<[string, Token['says'], number | undefined]>([
    ['stands for nobody', () => undefined, 401],
    ['stands for another', () => user('joe'), 401],
    ['has other groups', () => ({ ...admin, groups: [] }), 401],
    ['has another uid', () => ({ ...admin, uid: '1' }), 401],
    ['is refused', () => Promise.reject(unauthorized()), 401],
    ['may not act for another', () => Promise.reject(forbidden), 403],
    ['is as it was', () => ({ groups: [...admin.groups], name: admin.name }), undefined],
    ['cannot be asked', () => Promise.reject(new Error('no database')), undefined],
  ])('that %s', async (_, says, code) => {
    const { token, lost } = hold(new Token(admin));
    token.says = says;
    await fake.clock.advance(31_000);
    expect(lost.map((why) => why.code)).toEqual(code === undefined ? [] : [code]);
  });

  it('that cannot be asked for an hour is none', async () => {
    const { token, lost } = hold(new Token(admin));
    token.says = () => Promise.reject(new Error('no database'));
    await fake.clock.advance(3_500_000);
    expect(lost).toEqual([]);
    await fake.clock.advance(200_000);
    expect(lost.map(({ code }) => code)).toEqual([401]);
  });

  it('is asked at its end, and neither later nor often', async () => {
    const until = fake.clock.now() + 10_000;
    const { token, lost } = hold(new Token(admin, until));
    token.says = () => (fake.clock.now() < until ? admin : undefined);
    await fake.clock.advance(9_999);
    expect([token.asked, lost]).toEqual([0, []]);
    await fake.clock.advance(2);
    expect([token.asked, lost.map(({ code }) => code)]).toEqual([1, [401]]);
  });

  it('that ended before anything was open by it is asked at once', async () => {
    const { token, lost } = hold(new Token(admin, fake.clock.now() - 1));
    token.says = () => undefined;
    await fake.clock.advance(1);
    expect(lost.map(({ code }) => code)).toEqual([401]);
  });

  it('that is good beyond its end is asked now and then', async () => {
    const { token, lost } = hold(new Token(admin, fake.clock.now() + 1000));
    await fake.clock.advance(25_000);
    expect([token.asked, lost]).toEqual([3, []]);
  });

  it.each<[string, Key, boolean]>([
    ['its account', key('serviceaccounts', 'mine'), true],
    ['its Secret', key('secrets', 'mine'), true],
    ['its pod', key('pods', 'mine'), true],
    ['another account', key('serviceaccounts', 'other'), false],
    ['another of the name', key('secrets', 'other'), false],
  ])('is asked when %s goes', async (_, gone, expected) => {
    await fake.give(
      ...['mine', 'other'].flatMap((name) => [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'a' } },
        { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'a' } },
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name, namespace: 'a' },
          spec: { containers: [{ name: 'c', image: 'i' }] },
        },
      ]),
    );
    const bound = ['serviceaccounts', 'secrets', 'pods'].map((resource) => key(resource, 'mine'));
    const { token } = hold(new Token(admin, undefined, bound));
    await fake.edit('pods', 'a', 'mine', (pod) => void (pod.metadata.labels = { a: 'b' }));
    await drop(gone.resource, gone.name);
    await look();
    expect(token.asked).toBe(expected ? 1 : 0);
  });

  it('of one who acts for another is asked when his rights become fewer', async () => {
    await fake.give(binding('b', ['boss']));
    const mine = hold(new Token(admin), [right()], user('boss'));
    const other = hold(new Token(admin), [right()], user('joe'));
    await drop(`rolebindings.${RBAC}`, 'b');
    await look();
    expect([mine.token.asked, other.token.asked]).toEqual([1, 0]);
  });

  it('is asked once for all that is open by it', async () => {
    const token = new Token(admin);
    const all = Array.from({ length: 100 }, () => hold(token, []));
    token.says = () => undefined;
    await fake.clock.advance(31_000);
    expect([token.asked, all.every(({ lost }) => lost.length === 1)]).toEqual([1, true]);
  });
});
