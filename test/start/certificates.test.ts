import { X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeAuthority, makeCertificate, stillGood, type KeyPair } from '../../src/start/certificates.ts';

const DAY = 24 * 3600_000;
let ca: KeyPair;
let serving: KeyPair;
beforeAll(async () => {
  ca = await makeAuthority('kubernetes');
  serving = await makeCertificate({ commonName: 'kube-apiserver' }, ca, ['127.0.0.1', 'localhost']);
});

describe('a certificate', () => {
  const days = ({ cert }: KeyPair) => {
    const { validFrom, validTo } = new X509Certificate(cert);
    return Math.round((Date.parse(validTo) - Date.parse(validFrom)) / DAY);
  };

  it('of an authority signs others, for ten years', () => {
    const cert = new X509Certificate(ca.cert);
    expect([cert.ca, cert.subject, days(ca)]).toEqual([true, 'CN=kubernetes', 3650]);
    expect(new X509Certificate(serving.cert).verify(cert.publicKey)).toBe(true);
  });

  it('of a server names its hosts, for a year', () => {
    const cert = new X509Certificate(serving.cert);
    expect([cert.ca, cert.checkIP('127.0.0.1'), cert.checkHost('localhost'), cert.checkHost('other')]).toEqual([
      false,
      '127.0.0.1',
      'localhost',
      undefined,
    ]);
    expect(days(serving)).toBe(365);
  });

  it('of a client says who it is and of which groups', async () => {
    const { cert } = await makeCertificate({ commonName: 'admin', organizations: ['system:masters'] }, ca);
    const { subject, subjectAltName, keyUsage } = new X509Certificate(cert);
    expect(subject.split('\n').sort()).toEqual(['CN=admin', 'O=system:masters']);
    // 1.3.6.1.5.5.7.3.2: for clients
    expect([subjectAltName, keyUsage]).toEqual([undefined, ['1.3.6.1.5.5.7.3.2']]);
  });
});

describe('a certificate that was kept', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['is used on', 0, ['localhost'], true],
    ['is used on to its last month but one', 330, ['localhost', '127.0.0.1'], true],
    ['is made anew in its last month', 340, ['localhost'], false],
    ['is made anew when it is over', 400, ['localhost'], false],
    ['is made anew when the server has another name', 0, ['localhost', 'api.example.com'], false],
    ['is made anew when the server has another address', 0, ['10.0.0.1'], false],
  ])('%s', (_, days, hosts, good) => {
    vi.setSystemTime(Date.now() + days * DAY);
    expect(stillGood(serving, ca, hosts)).toBe(good);
  });

  it('is made anew when the authority is another, or it cannot be read', async () => {
    expect(stillGood(serving, await makeAuthority('kubernetes'))).toBe(false);
    expect(stillGood({ cert: 'nonsense', key: '' }, ca)).toBe(false);
  });
});
