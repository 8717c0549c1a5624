import { isDeepStrictEqual } from 'node:util';
import type {
  Affinity,
  Container,
  NodeAffinity,
  NodeSelectorTerm,
  PodSpec,
  Toleration,
} from '../../../../schema/types.ts';
import { forbidden, invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import { rangeError } from '../../../meta/names.ts';
import type { Parts } from '../../../meta/object.ts';
import { internalDiff } from '../../internal-diff.ts';
import { internalValue } from '../../internal-value.ts';
import { addTolerations } from './spec/scheduling.ts';
import { addImageSpace } from './validate-container.ts';

const SPEC = Path.root('spec');
const MAY_CHANGE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
];
const ONLY = `pod updates may not change fields other than ${MAY_CHANGE.join(',')}`;
const MAX_INT32 = 2147483647;
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

/** What an update may do with a pod's spec (core/v1 ValidatePodUpdate): what it may change is made equal, the rest compared. */
export function validateSpecUpdate(spec: Parts<PodSpec>, before: Parts<PodSpec>): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ['containers', 'initContainers'] as const)
    if (!addImages(errors, spec[list], before[list], SPEC.child(list))) return errors;
  if (!addDeadline(errors, spec.activeDeadlineSeconds, before.activeDeadlineSeconds)) return errors;
  addTolerationChanges(errors, spec, before);
  addGateChanges(errors, spec, before);
  if (isDeepStrictEqual(spec, before)) return errors;
  const rest = munged(errors, spec, before);
  if (!isDeepStrictEqual(rest, { ...before })) {
    const difference = internalDiff('PodSpec', before, rest);
    if (difference) errors.push(forbidden(SPEC, `${ONLY}\n${difference}`));
  }
  return errors;
}

/** False where nothing more can be said: the containers are not the same ones. */
function addImages(
  errors: FieldError[],
  given: Parts<Container>[] | null | undefined,
  old: Parts<Container>[] | null | undefined,
  at: Path,
): boolean {
  const [now, before] = [given ?? [], old ?? []];
  if (now.length !== before.length) {
    errors.push(forbidden(at, 'pod updates may not add or remove containers'));
    return false;
  }
  now.forEach((container, i) => {
    if (!container.image) errors.push(required(at.index(i).child('image')));
    else addImageSpace(errors, container.image, at.index(i));
  });
  return true;
}

/** A deadline may come, and come nearer. */
function addDeadline(errors: FieldError[], now: number | undefined, before: number | undefined): boolean {
  const at = SPEC.child('activeDeadlineSeconds');
  if (now == null) {
    if (before != null) errors.push(invalid(at, null, 'must not update from a positive integer to nil value'));
    return true;
  }
  if (now < 0 || now > MAX_INT32) errors.push(invalid(at, now, rangeError(0, MAX_INT32)));
  else if (before != null && before < now)
    errors.push(invalid(at, now, 'must be less than or equal to previous value'));
  else return true;
  return false;
}

const withoutSeconds = ({ key, operator, value, effect }: Parts<Toleration>): string =>
  JSON.stringify([key, operator, value, effect]);

function addTolerationChanges(
  errors: FieldError[],
  { tolerations = [] }: Parts<PodSpec>,
  before: Parts<PodSpec>,
): void {
  const at = SPEC.child('tolerations');
  const kept = new Set(tolerations.map(withoutSeconds));
  for (const old of before.tolerations ?? []) {
    if (kept.has(withoutSeconds(old))) continue;
    errors.push(forbidden(at, 'existing toleration can not be modified except its tolerationSeconds'));
    return;
  }
  addTolerations(errors, tolerations, at);
}

function addGateChanges(errors: FieldError[], spec: Parts<PodSpec>, before: Parts<PodSpec>): void {
  const old = new Set((before.schedulingGates ?? []).map((gate) => gate.name));
  (spec.schedulingGates ?? []).forEach(({ name }, i) => {
    if (old.has(name)) return;
    const at = SPEC.child('schedulingGates').index(i).child('name');
    errors.push(forbidden(at, `only deletion is allowed, but found new scheduling gate '${name}'`));
  });
}

/** The new spec with everything that may change as it was: what still differs may not. */
function munged(errors: FieldError[], spec: Parts<PodSpec>, before: Parts<PodSpec>): Parts<PodSpec> {
  const images = (list: 'containers' | 'initContainers') =>
    spec[list] && {
      [list]: spec[list].map(({ image: _, ...container }, i) => {
        const image = before[list]?.[i]?.image;
        return image === undefined ? container : { ...container, image };
      }),
    };
  const shortened = spec.terminationGracePeriodSeconds === 1 && (before.terminationGracePeriodSeconds ?? 0) < 0;
  const taken: (keyof PodSpec)[] = ['activeDeadlineSeconds', 'tolerations', 'schedulingGates'];
  if (shortened) taken.push('terminationGracePeriodSeconds');
  const rest: Parts<PodSpec> = { ...spec, ...images('containers'), ...images('initContainers') };
  // While it is gated a pod may still be steered: its selector and affinity may become narrower.
  if (before.schedulingGates?.length) {
    if (!isDeepStrictEqual(spec.nodeSelector, before.nodeSelector)) {
      addSelectorChange(errors, spec.nodeSelector, before.nodeSelector);
      taken.push('nodeSelector');
    }
    steer(errors, rest, before);
  }
  for (const field of taken) {
    if (before[field] === undefined) delete rest[field];
    else Object.assign(rest, { [field]: before[field] });
  }
  return rest;
}

function addSelectorChange(
  errors: FieldError[],
  now: Record<string, string> = {},
  before: Record<string, string> = {},
): void {
  if (Object.entries(before).every(([key, value]) => now[key] === value)) return;
  const shown = Object.keys(now).length ? now : null;
  errors.push(
    invalid(
      SPEC.child('nodeSelector'),
      shown,
      'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ),
  );
}

/** Checks the change of the node affinity and takes it back out of `rest`. */
function steer(errors: FieldError[], rest: Parts<PodSpec>, { affinity: before }: Parts<PodSpec>): void {
  const now = rest.affinity;
  if (isDeepStrictEqual(now?.nodeAffinity, before?.nodeAffinity)) return;
  addAffinityChange(errors, now?.nodeAffinity, before?.nodeAffinity);
  const { nodeAffinity: _, ...others } = now ?? {};
  const affinity: Parts<Affinity> = { ...others, ...(before?.nodeAffinity && { nodeAffinity: before.nodeAffinity }) };
  if (Object.keys(affinity).length || before) rest.affinity = affinity;
  else delete rest.affinity;
}

function addAffinityChange(
  errors: FieldError[],
  now: Parts<NodeAffinity> | undefined,
  before: Parts<NodeAffinity> | undefined,
): void {
  const old = before?.[REQUIRED]?.nodeSelectorTerms ?? [];
  if (old.length === 0) return;
  const terms = now?.[REQUIRED]?.nodeSelectorTerms ?? [];
  const at = SPEC.child('affinity', 'nodeAffinity', REQUIRED, 'nodeSelectorTerms');
  const shown = (term: Parts<NodeSelectorTerm>): unknown => internalValue('NodeSelectorTerm', term);
  if (old.length !== terms.length) {
    errors.push(
      invalid(
        at,
        terms.length ? terms.map(shown) : null,
        'no additions/deletions to non-empty NodeSelectorTerms list are allowed',
      ),
    );
    return;
  }
  old.forEach((term, i) => {
    if (!onlyAdds(terms[i]!, term))
      errors.push(invalid(at.index(i), shown(terms[i]!), 'only additions are allowed (no mutations or deletions)'));
  });
}

/** An empty term matches nothing: anything added would widen it. */
function onlyAdds(now: Parts<NodeSelectorTerm>, before: Parts<NodeSelectorTerm>): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const;
  if (lists.every((list) => !before[list]?.length)) return lists.every((list) => !now[list]?.length);
  return lists.every((list) => {
    const old = before[list] ?? [];
    return isDeepStrictEqual((now[list] ?? []).slice(0, old.length), old);
  });
}
