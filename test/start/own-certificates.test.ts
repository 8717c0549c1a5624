import { X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/rules/clock.ts';
import { makeAuthority, type KeyPair } from '../../src/start/certificates.ts';
import { OwnCertificates, type Setting } from '../../src/start/own-certificates.ts';

const DAY = 24 * 3600_000;
let ca: KeyPair;
let kept: Map<string, unknown>;
let lines: string[];
beforeAll(async () => {
  ca = await makeAuthority('kubernetes');
});
beforeEach(() => {
  kept = new Map();
  lines = [];
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => vi.useRealTimers());

const setting: Setting = async <T>(name: string, make: () => Promise<T>) => {
  if (!kept.has(name)) kept.set(name, await make());
  return kept.get(name) as T;
};
const certificates = (clock: ConstructorParameters<typeof OwnCertificates>[2] = systemClock): OwnCertificates =>
  new OwnCertificates(setting, (line) => lines.push(line), clock);
const admin = () => ({ setting: 'admin', authority: ca, subject: { commonName: 'admin', organizations: ['a'] } });
const later = (days: number): void => void vi.setSystemTime(Date.now() + days * DAY);
const subjectOf = ({ cert }: KeyPair): string => new X509Certificate(cert).subject;

describe('the certificates of the API', () => {
  it('are the kept ones of all its processes', async () => {
    const first = await certificates().get(admin(), () => undefined);
    expect(await certificates().get(admin(), () => undefined)).toEqual(first);
    expect(kept.get('admin')).toEqual(first);
  });

  it('are made anew at a start where the kept one is about to end', async () => {
    const first = await certificates().get(admin(), () => undefined);
    later(340);
    const second = await certificates().get(admin(), () => undefined);
    expect(second).not.toEqual(first);
    expect(subjectOf(second)).toBe(subjectOf(first));
  });

  it('are renewed a month before they end while the process runs, once, and shown', async () => {
    const shown: KeyPair[] = [];
    const own = certificates();
    const first = await own.get(admin(), (pair) => shown.push(pair));
    later(330);
    await own.renew();
    expect(shown).toEqual([]);
    later(10);
    await own.renew();
    await own.renew();
    expect(shown).toHaveLength(1);
    expect(shown[0]).not.toEqual(first);
    expect(lines).toEqual(['the certificate of admin was about to end and has been renewed']);
    later(340);
    await own.renew();
    expect(shown).toHaveLength(2);
  });

  it('of a server have its names again', async () => {
    const shown: KeyPair[] = [];
    const own = certificates();
    const wanted = { setting: 'serving', authority: ca, subject: { commonName: 's' }, hosts: ['a.b', '127.0.0.1'] };
    const first = await own.get(wanted, (pair) => shown.push(pair));
    later(340);
    await own.renew();
    const names = ({ cert }: KeyPair) => new X509Certificate(cert).subjectAltName;
    expect(shown.map(names)).toEqual([names(first)]);
  });

  it('that fail to be renewed keep the others from nothing, and are tried again', async () => {
    const shown: string[] = [];
    const own = certificates();
    const authority = { ...ca };
    await own.get({ ...admin(), setting: 'broken', authority }, () => shown.push('broken'));
    await own.get(admin(), () => shown.push('admin'));
    later(340);
    authority.key = 'no key';
    await own.renew();
    expect(shown).toEqual(['admin']);
    expect(lines[0]).toMatch(/^a certificate was not renewed: /);
    authority.key = ca.key;
    await own.renew();
    expect(shown).toEqual(['admin', 'broken']);
  });

  it('are looked at each hour until that is ended', async () => {
    const waiting: [run: () => void, ms: number][] = [];
    const cleared: unknown[] = [];
    const clock = {
      setTimeout: (run: () => void, ms: number) => waiting.push([run, ms]),
      clearTimeout: (handle: unknown) => void cleared.push(handle),
    };
    const own = certificates(clock);
    const shown: KeyPair[] = [];
    await own.get(admin(), (pair) => shown.push(pair));
    const end = own.follow();
    later(340);
    waiting[0]![0]();
    await vi.waitFor(() => expect(waiting).toHaveLength(2));
    expect(shown).toHaveLength(1);
    expect(waiting.map(([, ms]) => ms)).toEqual([3600_000, 3600_000]);
    end();
    expect(cleared).toEqual([2]);
  });
});
