import { validateFieldManager } from '../kinds/validation/references.ts';
import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../meta/field.ts';
import { invalidObject } from '../meta/status.ts';
import type { DeleteOptions, PatchOptions, WriteOptions } from './contract.ts';

const MANAGER = Path.root('fieldManager');
const GROUP = 'meta.k8s.io';
const APPLY = new Set(['application/apply-patch+yaml', 'application/apply-patch+cbor']);

const dryRunErrors = (dryRun: readonly string[] | undefined): FieldError[] =>
  dryRun && (dryRun.length !== 1 || dryRun[0] !== 'All') && dryRun.some((d) => d !== 'All')
    ? [notSupported('dryRun', dryRun, ['All'])]
    : [];

function writeErrors(options: WriteOptions): FieldError[] {
  const errors = [...validateFieldManager(options.fieldManager, MANAGER), ...dryRunErrors(options.dryRun)];
  const validation = options.fieldValidation ?? '';
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(validation)) {
    errors.push(notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']));
  }
  return errors;
}

function refuse(kind: string, errors: FieldError[]): void {
  if (errors.length) throw invalidObject({ group: GROUP, kind }, '', errors);
}

/** Throws 422 of CreateOptions or UpdateOptions. */
export const checkWriteOptions = (kind: 'CreateOptions' | 'UpdateOptions', options: WriteOptions): void =>
  refuse(kind, writeErrors(options));

/** Throws 422 of PatchOptions. */
export function checkPatchOptions(patchType: string, options: PatchOptions): void {
  const errors: FieldError[] = [];
  if (APPLY.has(patchType)) {
    if (!options.fieldManager) errors.push(required('fieldManager', 'is required for apply patch'));
  } else if (options.force !== undefined) errors.push(forbidden('force', 'may not be specified for non-apply patch'));
  refuse('PatchOptions', [...errors, ...writeErrors(options)]);
}

const POLICIES = ['Foreground', 'Background', 'Orphan'];

/** Throws 422 of DeleteOptions. */
export function checkDeleteOptions(options: DeleteOptions): void {
  const errors: FieldError[] = [];
  const policy = options.propagationPolicy;
  if (options.orphanDependents !== undefined && policy !== undefined) {
    errors.push(invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'));
  }
  if (policy !== undefined && !POLICIES.includes(policy))
    errors.push(notSupported('propagationPolicy', policy, [...POLICIES, 'nil']));
  refuse('DeleteOptions', [...errors, ...dryRunErrors(options.dryRun)]);
}

export const isDryRun = (options: Pick<WriteOptions, 'dryRun'>): boolean => (options.dryRun?.length ?? 0) > 0;
