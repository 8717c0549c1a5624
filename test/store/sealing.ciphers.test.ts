import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aesCbc, aesGcm, seededGcm } from '../../src/store/sealing/aes.ts';
import type { Cipher } from '../../src/store/sealing/cipher.ts';
import { secretbox } from '../../src/store/sealing/secretbox.ts';

interface Row {
  name: string;
  bytes: number;
  make(key: Buffer): Cipher;
  /** a changed byte, another key or a cut is found out */
  authentic: boolean;
  /** so is another context */
  bound: boolean;
}
const CIPHERS: Row[] = [
  ...[16, 24, 32].map((bytes) => ({ name: 'aesgcm', bytes, make: aesGcm, authentic: true, bound: true })),
  ...[16, 24, 32].map((bytes) => ({ name: 'aescbc', bytes, make: aesCbc, authentic: false, bound: false })),
  { name: 'secretbox', bytes: 32, make: secretbox, authentic: true, bound: false },
  { name: 'seeded aesgcm', bytes: 32, make: seededGcm, authentic: true, bound: true },
];
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

describe.each(CIPHERS)('$name with $bytes bytes', ({ bytes: length, make, authentic, bound }) => {
  const key = randomBytes(length);
  const cipher = make(key);

  it('opens what it has sealed, and never seals alike twice', () => {
    fc.assert(
      fc.property(bytes, bytes, (plain, context) => {
        const sealed = cipher.seal(plain, context);
        expect(make(Buffer.from(key)).open(sealed, context)).toEqual(plain);
        expect(cipher.seal(plain, context)).not.toEqual(sealed);
      }),
    );
  });

  it('holds nothing of the plain text', () => {
    const plain = randomBytes(64);
    expect(cipher.seal(plain, Buffer.of()).includes(plain.subarray(16, 40))).toBe(false);
  });

  it('opens nothing that is shorter than a seal', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), (plain, cut) => {
        const sealed = cipher.seal(plain, Buffer.of());
        const short = sealed.subarray(0, cut % 16);
        expect(() => cipher.open(short, Buffer.of())).toThrow('the stored data was shorter than the required size');
      }),
    );
  });

  it.runIf(authentic)('opens nothing that was tampered with', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (plain, at, change) => {
        const sealed = cipher.seal(plain, Buffer.of());
        sealed[at % sealed.length]! ^= change;
        expect(() => cipher.open(sealed, Buffer.of())).toThrow();
      }),
    );
    expect(() => make(randomBytes(length)).open(cipher.seal(Buffer.from('a'), Buffer.of()), Buffer.of())).toThrow();
  });

  it.runIf(bound)('opens nothing that was sealed for another object', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (plain, context, other) => {
        fc.pre(!context.equals(other));
        expect(() => cipher.open(cipher.seal(plain, context), other)).toThrow('message authentication failed');
      }),
    );
  });
});

/** What the transformers of k8s.io/apiserver v0.35.4 made with the key 00 01 02 … 1f and the context `ctx`. */
it.each([
  ['aesgcm', aesGcm, '34TdfL18KdfyYXNKwCbishrRAStl7tkj2WqgKHQ57Dr/ZEqiihAhZG8qCfG7mbGJkCfp'],
  ['aescbc', aesCbc, 'eMeEb85z/9gg6n5j6000cUlQZThFKK6YlYaNgZURVRWB5Oe0xbYoKWSNze1Snt7Z'],
  ['secretbox', secretbox, 'c5PG653ynxQghkNoaBPycHCxy4yx9HaZ3Srl99uSSZPYrCDIaOzqLFzwcldj0sNZ3uvEUDiCNaNHzt41qMKy'],
  [
    'the seeded cipher of KMS v2',
    seededGcm,
    'V/oucbrfzZL1mMGjkMDZnSxCiO25XjYSpVD6UEq0F3juPVqsryGLkohc8uZ1PHQNGbDGU70rG/FbHrko7LIxlTxhy2GVw/HsaNk7vfVJ6P7ll4k=',
  ],
])('%s opens what kube-apiserver has sealed', (_, make, sealed) => {
  const cipher = make(Buffer.from(Array.from({ length: 32 }, (_, i) => i)));
  expect(cipher.open(Buffer.from(sealed, 'base64'), Buffer.from('ctx')).toString()).toBe('a secret of some length');
});
