import { repeatedAt } from '../../validation/repeated.ts';
import { X509Certificate } from 'node:crypto';
import type { CertificateSigningRequest } from '../../../../schema/types.ts';
import { duplicate, forbidden, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Unchecked } from '../../../meta/object.ts';
import type { Cell } from '../../kind.ts';
import { withStatus } from '../status-split.ts';
import { pathSegmentName } from '../../validation/names.ts';
import { conditionChangeErrors, conditionErrors, keepApprovals, stampConditions } from './conditions.ts';
import { pemBlocks } from '../../../rules/certificates/pem.ts';
import { requestError } from '../../../rules/certificates/certificate-request.ts';
import { signerNameErrors } from './signer-name.ts';
import { NONE, since } from '../../cells.ts';
import { humanDuration } from '../../../meta/duration.ts';

type Request = Unchecked<CertificateSigningRequest>;
const SPEC = Path.root('spec');
const CERTIFICATE = Path.root('status').child('certificate');
const MIN_SECONDS = 600;
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

function usageErrors(usages: readonly string[]): FieldError[] {
  const at = SPEC.child('usages');
  if (usages.length === 0) return [required(at)];
  const repeated = repeatedAt(usages);
  return usages.flatMap((usage, i) => [
    ...(USAGES.includes(usage) ? [] : [notSupported(at.index(i), usage, USAGES)]),
    ...(repeated.has(i) ? [duplicate(at.index(i), usage)] : []),
  ]);
}

/** What a signer wrote must be certificates, and nothing else that PEM can hold. */
function certificateError(certificate: string | undefined): string | undefined {
  if (!certificate) return undefined;
  const blocks = pemBlocks(Buffer.from(certificate, 'base64').toString('latin1'));
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const { type, headers, der } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (headers) return 'no PEM block headers are permitted';
    if (der.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates';
    try {
      new X509Certificate(der);
    } catch {
      return 'x509: malformed certificate';
    }
  }
  return undefined;
}

function validate(object: Request): FieldError[] {
  const { spec = {} } = object;
  const errors: FieldError[] = [];
  const why = requestError(spec.request ?? '');
  if (why) errors.push(invalid(SPEC.child('request'), spec.request, why));
  errors.push(...usageErrors(spec.usages ?? []));
  const signer = SPEC.child('signerName');
  if (spec.signerName === LEGACY_SIGNER)
    errors.push(invalid(signer, spec.signerName, 'the legacy signerName is not allowed via this API version'));
  else errors.push(...signerNameErrors(spec.signerName, signer));
  const seconds = spec.expirationSeconds;
  if (seconds !== undefined && seconds < MIN_SECONDS) {
    errors.push(
      invalid(
        SPEC.child('expirationSeconds'),
        seconds,
        'may not specify a duration less than 600 seconds (10 minutes)',
      ),
    );
  }
  return [...errors, ...conditionErrors(object)];
}

/** What holds for every way to change a request. */
function changeErrors(object: Request, old: Request, may: { approve: boolean; issue: boolean }): FieldError[] {
  const errors = conditionChangeErrors(object, old, may.approve);
  const [now, before] = [object.status?.certificate, old.status?.certificate];
  if (now === before) return errors;
  const why = certificateError(now);
  if (why && !certificateError(before)) errors.push(invalid(CERTIFICATE, '<certificate data>', why));
  if (!may.issue) errors.push(forbidden(CERTIFICATE, 'updates may not set certificate content'));
  else if (before) errors.push(forbidden(CERTIFICATE, 'updates may not modify existing certificate content'));
  return errors;
}

function keepSpec(object: Request, old: Request): void {
  if (old.spec) object.spec = old.spec;
  else delete object.spec;
}

/** certificates.k8s.io/v1 CertificateSigningRequest: its spec is what was asked; `/approval` decides, `/status` answers. */
export const certificateSigningRequestStrategy = withStatus<CertificateSigningRequest>({
  // any name that can stand in a path will do
  name: pathSegmentName,
  metadata: { whole: 1 },
  generation: false,
  prepareForCreate(object, ctx) {
    object.spec ??= {};
    object.spec.username ||= ctx.user;
  },
  prepareForUpdate: keepSpec,
  validate,
  validateUpdate: (object, old) => changeErrors(object, old, { approve: false, issue: false }),
  resets: ['spec', 'status'],
  subresources: {
    status: {
      metadata: { whole: 1 },
      resets: ['spec', 'status.conditions'],
      prepareForUpdate(object, old, ctx) {
        keepSpec(object, old);
        object.status ??= {};
        keepApprovals(object, old);
        stampConditions(object, old, ctx.now);
      },
      validateUpdate: (object, old) => [
        ...validate(object),
        ...changeErrors(object, old, { approve: false, issue: true }),
      ],
    },
    approval: {
      metadata: { whole: 1 },
      writes: ['status'],
      resets: ['spec', 'status.certificate'],
      prepareForUpdate(object, old, ctx) {
        const conditions = object.status?.conditions;
        keepSpec(object, old);
        const { conditions: _, ...status } = old.status ?? {};
        object.status = { ...status, ...(conditions && { conditions }) };
        stampConditions(object, old, ctx.now);
      },
      validateUpdate: (object, old) => [
        ...validate(object),
        ...changeErrors(object, old, { approve: true, issue: false }),
      ],
    },
  },
  fields: (object) => ({ 'spec.signerName': object.spec?.signerName ?? '' }),
  cells,
});

function cells({ metadata, spec, status }: Unchecked<CertificateSigningRequest>, now: number): Cell[] {
  const has = (type: string) => status?.conditions?.some((c) => c.type === type) ?? false;
  const state = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [
    metadata.name,
    since(metadata.creationTimestamp, now),
    spec?.signerName || NONE,
    spec?.username ?? '',
    spec?.expirationSeconds === undefined ? NONE : humanDuration(spec.expirationSeconds * 1000),
    `${state}${has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`,
  ];
}
