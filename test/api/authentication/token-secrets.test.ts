import { SignJWT } from 'jose';
import { createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INVALID_SINCE, LAST_USED } from '../../../src/rules/legacy-tokens.ts';
import { refusal, serviceAccountKeys, TestApi } from '../support.ts';

const CA = '-----BEGIN CERTIFICATE-----\nof the cluster\n-----END CERTIFICATE-----\n';
let api: TestApi;
beforeAll(async () => (api = await TestApi.open({ clientCA: CA })));
afterAll(() => api.close());

const text = (value: string | undefined): string => Buffer.from(value ?? '', 'base64').toString();
const secretOf = (name: string, account: string, annotations: Record<string, string> = {}) => ({
  metadata: { name, annotations: { 'kubernetes.io/service-account.name': account, ...annotations } },
  type: 'kubernetes.io/service-account-token',
});
const account = async (name: string): Promise<string> => {
  const { object } = await api.create('serviceaccounts', { metadata: { name } });
  return object.metadata.uid ?? '';
};
/** The Secret once it has a token. */
async function filled(name: string): Promise<{ token: string; data: Record<string, string> }> {
  let data: Record<string, string> = {};
  await expect
    .poll(async () => {
      data = (await api.get('secrets', name)).object.data ?? {};
      return data['token'];
    })
    .toBeTruthy();
  return { token: text(data['token']), data };
}
const who = (token: string) => api.api.authenticate({ token });
async function gone(name: string): Promise<void> {
  await expect.poll(async () => (await refusal(api.get('secrets', name))).code).toBe(404);
}

describe('a Secret for a token', () => {
  it('is filled with a token, the CA and its namespace', async () => {
    const uid = await account('filled');
    await api.create('secrets', secretOf('filled', 'filled'));
    const { token, data } = await filled('filled');
    expect([text(data['ca.crt']), text(data['namespace'])]).toEqual([CA, 't']);
    expect((await api.get('secrets', 'filled')).object.metadata.annotations).toMatchObject({
      'kubernetes.io/service-account.uid': uid,
    });
    expect(await who(token)).toEqual({
      name: 'system:serviceaccount:t:filled',
      uid,
      groups: ['system:serviceaccounts', 'system:serviceaccounts:t', 'system:authenticated'],
    });
  });

  it('says on which day its token was used last', async () => {
    await account('used');
    await api.create('secrets', secretOf('used', 'used'));
    await who((await filled('used')).token);
    await expect
      .poll(async () => (await api.get('secrets', 'used')).object.metadata.labels)
      .toEqual({ 'kubernetes.io/legacy-token-last-used': new Date().toISOString().slice(0, 10) });
  });

  it.each([
    ['yesterday', -1, 0],
    ['tomorrow, which another server has come to first', 1, 1],
    ['no day at all', undefined, 0],
  ])('that was used %s says so from now on as Kubernetes does', async (what, days, expected) => {
    const name = `day-${what.slice(0, 2)}`;
    const day = (from: number): string => new Date(Date.now() + from * 24 * 3600_000).toISOString().slice(0, 10);
    await account(name);
    await api.create('secrets', secretOf(name, name));
    const { token } = await filled(name);
    const label = days === undefined ? 'never' : day(days);
    await api.merge('secrets', name, { metadata: { labels: { [LAST_USED]: label } } });
    await who(token);
    await expect
      .poll(async () => (await api.get('secrets', name)).object.metadata.labels?.[LAST_USED])
      .toBe(day(expected));
  });

  it('that was marked invalid says when somebody last tried its token', async () => {
    await account('refused');
    await api.create('secrets', secretOf('refused', 'refused'));
    const { token } = await filled('refused');
    await api.merge('secrets', 'refused', { metadata: { labels: { [INVALID_SINCE]: '2026-01-01' } } });
    expect(await who(token)).toBeUndefined();
    await expect
      .poll(async () => (await api.get('secrets', 'refused')).object.metadata.labels?.[LAST_USED])
      .toBe(new Date().toISOString().slice(0, 10));
    await api.merge('secrets', 'refused', { metadata: { labels: { [INVALID_SINCE]: null } } });
    expect(await who(token)).toMatchObject({ name: 'system:serviceaccount:t:refused' });
  });

  it('of an account that is not there, or of another of the same name, is taken away', async () => {
    await api.create('secrets', secretOf('nobody', 'nobody'));
    await gone('nobody');
    await account('namesake');
    await api.create('secrets', secretOf('namesake', 'namesake', { 'kubernetes.io/service-account.uid': 'another' }));
    await gone('namesake');
  });

  it('goes with its account, which lists it no more when it goes first', async () => {
    await account('leaver');
    await api.create('secrets', secretOf('leaver', 'leaver'));
    const { token } = await filled('leaver');
    await api.delete('serviceaccounts', 'leaver');
    expect(await who(token)).toBeUndefined();
    await gone('leaver');

    await api.create('serviceaccounts', { metadata: { name: 'lister' }, secrets: [{ name: 'listed' }, { name: 'b' }] });
    await api.create('secrets', secretOf('listed', 'lister'));
    await filled('listed');
    await api.delete('secrets', 'listed');
    await expect.poll(async () => (await api.get('serviceaccounts', 'lister')).object.secrets).toEqual([{ name: 'b' }]);
  });

  it('keeps what others put into it, and is filled again when it loses something', async () => {
    await account('mixed');
    const own = Buffer.from('own').toString('base64');
    await api.create('secrets', { ...secretOf('mixed', 'mixed'), data: { own } });
    const before = await filled('mixed');
    expect(before.data['own']).toBe(own);
    await api.merge('secrets', 'mixed', { data: { token: null, 'ca.crt': own } });
    const after = await filled('mixed');
    expect([text(after.data['ca.crt']), after.data['own']]).toEqual([CA, own]);
  });
});

describe('the token of a Secret', () => {
  it.each<[string, (name: string) => Promise<unknown>]>([
    ['that is deleted', (name) => api.delete('secrets', name)],
    ['that holds another one', (name) => api.merge('secrets', name, { data: { token: 'b3RoZXI=' } })],
    [
      'that was marked invalid',
      (name) =>
        api.merge('secrets', name, { metadata: { labels: { 'kubernetes.io/legacy-token-invalid-since': 'x' } } }),
    ],
    ['whose account is deleted', (name) => api.delete('serviceaccounts', name)],
  ])('%s is nobody’s', async (what, change) => {
    const name = what.replace(/[^a-z]+/g, '-');
    await account(name);
    await api.create('secrets', secretOf(name, name));
    const { token } = await filled(name);
    expect(await who(token)).toMatchObject({ name: `system:serviceaccount:t:${name}` });
    await change(name);
    expect(await who(token)).toBeUndefined();
  });

  it.each<[string, Record<string, string>, string]>([
    ['for another account', { 'service-account.name': 'other' }, 'system:serviceaccount:t:other'],
    ['with another subject', {}, 'system:serviceaccount:t:other'],
    ['for another Secret', { 'secret.name': 'other' }, 'system:serviceaccount:t:whole'],
    ['without a Secret', { 'secret.name': '' }, 'system:serviceaccount:t:whole'],
  ])('is good as it is only: %s', async (_, change, subject) => {
    const uid = await account('whole').catch(
      async () => (await api.get('serviceaccounts', 'whole')).object.metadata.uid,
    );
    await api.create('secrets', secretOf('whole', 'whole')).catch(() => undefined);
    await filled('whole');
    const claims = {
      namespace: 't',
      'secret.name': 'whole',
      'service-account.name': 'whole',
      'service-account.uid': uid ?? '',
      ...change,
    };
    const signed = await new SignJWT(
      Object.fromEntries(
        Object.entries(claims).map(([name, value]) => [`kubernetes.io/serviceaccount/${name}`, value]),
      ),
    )
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer('kubernetes/serviceaccount')
      .setSubject(subject)
      .sign(createPrivateKey(serviceAccountKeys.privateKey));
    expect(await who(signed)).toBeUndefined();
  });
});
