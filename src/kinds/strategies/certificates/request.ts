import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import {
  BIT_STRING,
  contentOf,
  endOf,
  expectElement,
  OBJECT_IDENTIFIER,
  readElement,
  SEQUENCE,
  trailingData,
} from './der.ts';
import { pemBlocks } from './pem.ts';

/** Signature algorithms by the hex of their identifier, and the digest of each. */
const DIGESTS: Readonly<Record<string, string | null>> = {
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512', // RSA
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512', // ECDSA
  '2b6570': null, // Ed25519
};
const FAILURES: Readonly<Record<string, string>> = {
  rsa: 'crypto/rsa: verification error',
  ec: 'x509: ECDSA verification failure',
  ed25519: 'x509: Ed25519 verification failure',
};
const UNKNOWN_ALGORITHM = 'x509: cannot verify signature: algorithm unimplemented';

interface Parts {
  /** what is signed, header and all */
  info: Buffer;
  /** SubjectPublicKeyInfo */
  key: Buffer;
  algorithm: string;
  signature: Buffer;
}

/** The parts of a CertificationRequest (RFC 2986) that its signature speaks of. */
function partsOf(der: Buffer): Parts {
  const whole = expectElement(der, 0, SEQUENCE, true, 'certificateRequest');
  if (endOf(whole) !== der.length) throw trailingData();
  const info = expectElement(der, whole.offset, SEQUENCE, true, 'tbsCertificateRequest');
  const version = readElement(der, info.offset);
  const subject = readElement(der, endOf(version));
  const key = expectElement(der, endOf(subject), SEQUENCE, true, 'publicKeyInfo');
  const algorithm = expectElement(der, endOf(info), SEQUENCE, true, 'AlgorithmIdentifier');
  const identifier = expectElement(der, algorithm.offset, OBJECT_IDENTIFIER, false, 'ObjectIdentifier');
  const signature = expectElement(der, endOf(algorithm), BIT_STRING, false, 'BitString');
  return {
    info: der.subarray(whole.offset, endOf(info)),
    key: der.subarray(endOf(subject), endOf(key)),
    algorithm: contentOf(identifier).toString('hex'),
    signature: contentOf(signature).subarray(1),
  };
}

function signatureError({ info, key, algorithm, signature }: Parts): string | undefined {
  if (!Object.hasOwn(DIGESTS, algorithm)) return UNKNOWN_ALGORITHM;
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
  } catch {
    return UNKNOWN_ALGORITHM;
  }
  const failure = FAILURES[publicKey.asymmetricKeyType ?? ''] ?? UNKNOWN_ALGORITHM;
  try {
    return verify(DIGESTS[algorithm], info, publicKey, signature) ? undefined : failure;
  } catch {
    return failure;
  }
}

/**
 * What is wrong with a request for a certificate, in the words of Go's crypto/x509; undefined where it is good.
 * @param request base64 of a PEM text, as spec.request has it
 */
export function requestError(request: string): string | undefined {
  const block = pemBlocks(Buffer.from(request, 'base64').toString('latin1'))[0];
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  try {
    return signatureError(partsOf(block.der));
  } catch (error) {
    return (error as Error).message;
  }
}
