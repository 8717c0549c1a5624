import { forbidden, invalid, Path, required, type FieldError } from '../meta/field.ts';
import { isDns1123Label, isQualifiedName } from '../meta/names.ts';
import type { ObjectLike, ObjectMeta } from '../meta/object.ts';
import type { Kind, MetadataRules } from './kind.ts';
import { validateAnnotations, validateLabels } from './validation/labels.ts';
import { dnsSubdomainName, pathSegmentName, type NameRule } from './validation/names.ts';
import { validateManagedFields, validateOwnerReferences } from './validation/references.ts';
import { validateImmutable, validateNonNegative } from './validation/values.ts';

const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);
export const isStandardFinalizer = (name: string): boolean => STANDARD_FINALIZERS.has(name);
const metadata = Path.root('metadata');
const FINALIZERS = metadata.child('finalizers');

/** Finalizers of built-in kinds have a domain or are one of the standard ones; custom ones only have to be good names. */
function validateFinalizers(finalizers: readonly string[] | undefined | null, custom: boolean, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of finalizers ?? []) for (const why of isQualifiedName(name)) errors.push(invalid(at, name, why));
  if (finalizers?.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(at, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return custom ? errors : [...errors, ...validateStandardFinalizers(finalizers, at)];
}

const validateStandardFinalizers = (finalizers: readonly string[] | undefined | null, at: Path): FieldError[] =>
  (finalizers ?? []).flatMap((name, i) =>
    name.includes('/') || STANDARD_FINALIZERS.has(name)
      ? []
      : [invalid(at.index(i), name, 'name is neither a standard finalizer name nor is it fully qualified')],
  );

/** What is checked of a new object's metadata and of an old one's alike. What is shared with `before` has been judged. */
function validateShared(meta: ObjectMeta, at: Path, before?: ObjectMeta): FieldError[] {
  return [
    ...(meta.labels === before?.labels ? [] : validateLabels(meta.labels, at.child('labels'))),
    ...(meta.annotations === before?.annotations ? [] : validateAnnotations(meta.annotations, at.child('annotations'))),
    ...validateOwnerReferences(meta.ownerReferences, at.child('ownerReferences')),
    ...validateManagedFields(meta.managedFields, at.child('managedFields')),
  ];
}

function validateNames(rule: NameRule, namespaced: boolean, meta: ObjectMeta, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (meta.generateName) {
    for (const why of rule(meta.generateName, true))
      errors.push(invalid(at.child('generateName'), meta.generateName, why));
  }
  if (!meta.name) errors.push(required(at.child('name'), 'name or generateName is required'));
  else for (const why of rule(meta.name, false)) errors.push(invalid(at.child('name'), meta.name, why));
  if (!namespaced) {
    if (meta.namespace) errors.push(forbidden(at.child('namespace'), 'not allowed on this type'));
  } else if (!meta.namespace) errors.push(required(at.child('namespace')));
  else
    for (const why of isDns1123Label(meta.namespace)) errors.push(invalid(at.child('namespace'), meta.namespace, why));
  return errors;
}

/** @param custom by the rules of custom objects, whose finalizers need no domain */
const validateWhole = (
  rule: NameRule,
  namespaced: boolean,
  custom: boolean,
  meta: ObjectMeta,
  at: Path,
): FieldError[] => [
  ...validateNames(rule, namespaced, meta, at),
  ...validateNonNegative(meta.generation, at.child('generation')),
  ...validateShared(meta, at),
  ...validateFinalizers(meta.finalizers, custom, at.child('finalizers')),
];

type Judged = Pick<Kind, 'namespaced' | 'storage' | 'custom'>;
const nameRule = ({ storage }: Judged): NameRule => storage.strategy.name ?? dnsSubdomainName;
const anyFinalizer = ({ custom, storage }: Judged): boolean =>
  custom || storage.strategy.metadata?.finalizers === 'any';

/** All that is looked at of an object. */
type Meta = Pick<ObjectLike, 'metadata'>;

/** metadata of a new object. The name has been generated and the namespace set. */
export const validateMeta = (kind: Judged, object: Meta, at = metadata): FieldError[] =>
  validateWhole(nameRule(kind), kind.namespaced, anyFinalizer(kind), object.metadata, at);

/** metadata of an object within a custom one, which needs no name and may have a namespace. */
export const validateMetaWithin = (meta: ObjectMeta, at: Path): FieldError[] =>
  validateWhole(pathSegmentName, Boolean(meta.namespace), true, { ...meta, name: meta.name || 'unnamed' }, at);

/**
 * What an update may not change, and the new values of what it may. The system's own fields have been filled in.
 * Kubernetes checks the whole and its changes for all kinds, and again by the rules of each kind, as often as `rules`
 * says; clients see every cause.
 */
export function validateMetaUpdate(
  kind: Judged,
  object: Meta,
  old: Meta,
  rules: MetadataRules = kind.storage.strategy.metadata ?? {},
): FieldError[] {
  const { metadata: meta } = object;
  const shared = validateShared(meta, metadata, old.metadata);
  const changes = [...validateChanges(meta, old.metadata, metadata), ...shared];
  const any = anyFinalizer(kind);
  const whole = (rule: NameRule, custom: boolean): FieldError[] => [
    ...validateNames(rule, kind.namespaced, meta, metadata),
    ...validateNonNegative(meta.generation, metadata.child('generation')),
    ...shared,
    ...validateFinalizers(meta.finalizers, custom, FINALIZERS),
  ];
  const errors = [...whole(pathSegmentName, true), ...changes];
  if (rules.update !== false) {
    errors.push(...changes);
    if (!any) errors.push(...validateStandardFinalizers(meta.finalizers, FINALIZERS));
  }
  for (let i = 0; i < (rules.whole ?? 0); i++) errors.push(...whole(nameRule(kind), any));
  return errors;
}

function validateChanges(now: ObjectMeta, before: ObjectMeta, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (before.deletionTimestamp) {
    const there = new Set(before.finalizers);
    const added = [...new Set(now.finalizers ?? [])].filter((name) => !there.has(name)).sort();
    if (added.length) {
      const list = `[]string{${added.map((name) => JSON.stringify(name)).join(', ')}}`;
      const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
      errors.push(forbidden(at.child('finalizers'), why));
    }
  }
  if ((now.generation ?? 0) < (before.generation ?? 0)) {
    errors.push(invalid(at.child('generation'), now.generation ?? 0, 'must not be decremented'));
  }
  for (const field of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const) {
    errors.push(...validateImmutable(now[field], before[field], at.child(field)));
  }
  return errors;
}

/** Advice that goes with an accepted custom object: finalizers without a path may clash. */
export const metaWarnings = (kind: Pick<Kind, 'custom'>, object: Meta): string[] =>
  kind.custom
    ? (object.metadata.finalizers ?? [])
        .filter((name) => !name.includes('/') && !STANDARD_FINALIZERS.has(name))
        .map(
          (name) =>
            `metadata.finalizers: ${JSON.stringify(name)}: prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers`,
        )
    : [];
