import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { NO_NAMES, readAlternativeNames, type AlternativeNames } from './alternative-names.ts';
import {
  BIT_STRING,
  childrenOf,
  contentOf,
  CONTEXT,
  endOf,
  expectElement,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  readElement,
  SEQUENCE,
  SET,
  trailingData,
  type Element,
} from './der.ts';
import { pemBlocks } from './pem.ts';
import { readSubject, type Subject } from './subject.ts';

/** What somebody asks to have certified (PKCS #10, RFC 2986). All that decides about it or signs it reads it here. */
export interface CertificateRequest {
  subject: Subject;
  names: AlternativeNames;
  /** DER of the SubjectPublicKeyInfo */
  publicKey: Buffer;
}

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

/** 1.2.840.113549.1.9.14 and 2.5.29.17 */
const EXTENSION_REQUEST = '2a864886f70d01090e';
const SUBJECT_ALTERNATIVE_NAME = '551d11';

interface Parts {
  /** what is signed, header and all */
  info: Buffer;
  subject: Element;
  /** SubjectPublicKeyInfo */
  key: Buffer;
  attributes: Element[];
  algorithm: string;
  signature: Buffer;
}

/** The parts of a CertificationRequest. */
function partsOf(der: Buffer): Parts {
  const whole = expectElement(der, 0, SEQUENCE, true, 'certificateRequest');
  if (endOf(whole) !== der.length) throw trailingData();
  const info = expectElement(der, whole.offset, SEQUENCE, true, 'tbsCertificateRequest');
  const version = readElement(der, info.offset);
  const subject = expectElement(der, endOf(version), SEQUENCE, true, 'RDNSequence');
  const key = expectElement(der, endOf(subject), SEQUENCE, true, 'publicKeyInfo');
  const algorithm = expectElement(der, endOf(info), SEQUENCE, true, 'AlgorithmIdentifier');
  const identifier = expectElement(der, algorithm.offset, OBJECT_IDENTIFIER, false, 'ObjectIdentifier');
  const signature = expectElement(der, endOf(algorithm), BIT_STRING, false, 'BitString');
  const [, , , attributes] = childrenOf(info);
  return {
    info: der.subarray(whole.offset, endOf(info)),
    subject,
    key: der.subarray(endOf(subject), endOf(key)),
    attributes: attributes?.class === CONTEXT && attributes.tag === 0 ? childrenOf(attributes) : [],
    algorithm: contentOf(identifier).toString('hex'),
    signature: contentOf(signature).subarray(1),
  };
}

/** Values of the extensions that are asked for, by the hex of their identifiers. */
function extensionsOf(attributes: Element[]): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const attribute of attributes) {
    const [type, values] = childrenOf(attribute);
    if (!type || contentOf(type).toString('hex') !== EXTENSION_REQUEST || values?.tag !== SET) continue;
    const [extensions] = childrenOf(values);
    for (const extension of extensions ? childrenOf(extensions) : []) {
      const parts = childrenOf(extension);
      const id = parts[0] ? contentOf(parts[0]).toString('hex') : '';
      if (found.has(id)) throw new Error('x509: certificate request contains duplicate requested extensions');
      // between them may stand whether it is critical
      const value = parts.at(-1);
      if (value?.tag === OCTET_STRING) found.set(id, contentOf(value));
    }
  }
  return found;
}

function readRequest({ subject, key, attributes }: Parts): CertificateRequest {
  const names = extensionsOf(attributes).get(SUBJECT_ALTERNATIVE_NAME);
  return { subject: readSubject(subject), names: names ? readAlternativeNames(names) : NO_NAMES, publicKey: key };
}

/** @param request base64 of a PEM text, as spec.request has it */
function derOf(request: string): Buffer {
  const block = pemBlocks(Buffer.from(request, 'base64').toString('latin1'))[0];
  if (block?.type !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST');
  return block.der;
}

/** Throws what is wrong with it in the words of Go's crypto/x509, but for its signature (`requestError`). */
export const parseRequest = (request: string): CertificateRequest => readRequest(partsOf(derOf(request)));

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

/** What is wrong with a request for a certificate, in the words of Go's crypto/x509; undefined where it is good. */
export function requestError(request: string): string | undefined {
  try {
    const parts = partsOf(derOf(request));
    readRequest(parts);
    return signatureError(parts);
  } catch (error) {
    return (error as Error).message;
  }
}
