import type { PodTemplateSpec, Volume } from '../../../schema/types.ts';
import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../meta/field.ts';
import { labelSelectorAsSelector, type LabelSelectorLike } from '../../meta/labels.ts';
import { isDns1123Label } from '../../meta/names.ts';
import type { ObjectLike, ObjectMeta, Parts } from '../../meta/object.ts';
import { validateAnnotations, validateLabels, validateLabelSelector } from '../validation/labels.ts';
import { validateImmutable } from '../validation/values.ts';
import { addPodAnnotations, addProfileMismatches } from './pod/annotations.ts';
import { defaultTemplate } from './pod/defaults.ts';
import { validatePodSpec } from './pod/validate-spec.ts';
import { podTemplateWarnings } from './pod/warnings.ts';

/** What the kinds that make pods from a template have in common (apps/v1, batch/v1). */
type Errors = FieldError[];
type Selector = Parts<LabelSelectorLike>;
const TEMPLATE = Path.root('spec').child('template');

/** A template is a struct of its owner's spec: it and its parts are there, and get their defaults, even when none was sent. */
export function defaultPodTemplate(owner: { template?: Parts<PodTemplateSpec> }): void {
  const template = (owner.template ??= {});
  template.spec ??= {};
  defaultTemplate(template);
}

/**
 * core/v1 ValidatePodTemplateSpec: labels and annotations of a template stand right below it in messages.
 * @param volumes volumes that come from elsewhere (a StatefulSet's claims): before the template's own, in place of those of their names
 */
export function validatePodTemplateSpec(
  template: Parts<PodTemplateSpec> | undefined,
  at: Path,
  volumes: readonly Parts<Volume>[] = [],
): Errors {
  const spec = template?.spec;
  const annotations = template?.metadata?.annotations;
  const errors: Errors = [
    ...validateLabels(template?.metadata?.labels, at.child('labels')),
    ...validateAnnotations(annotations, at.child('annotations')),
  ];
  addPodAnnotations(errors, annotations, spec, at.child('annotations'));
  errors.push(
    ...validatePodSpec(
      spec && volumes.length ? { ...spec, volumes: withVolumes(spec.volumes, volumes) } : spec,
      at.child('spec'),
    ),
  );
  if (spec) addProfileMismatches(errors, annotations, spec, at.child('spec'));
  if (spec?.ephemeralContainers?.length)
    errors.push(forbidden(at.child('spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template'));
  return errors;
}

function withVolumes(own: readonly Parts<Volume>[] | undefined, added: readonly Parts<Volume>[]): Parts<Volume>[] {
  const byName = new Map(added.map((volume) => [volume.name, volume]));
  return [...byName.values(), ...(own ?? []).filter((volume) => !byName.has(volume.name))];
}

/** Pods of a controller are started again when they end, and have no deadline. */
export function validateAlwaysRestarts(template: Parts<PodTemplateSpec> | undefined, at: Path, kind: string): Errors {
  const errors: Errors = [];
  const policy = template?.spec?.restartPolicy;
  if (policy !== 'Always') errors.push(notSupported(at.child('spec', 'restartPolicy'), policy ?? '', ['Always']));
  if (template?.spec?.activeDeadlineSeconds !== undefined)
    errors.push(
      forbidden(at.child('spec', 'activeDeadlineSeconds'), `activeDeadlineSeconds in ${kind} is not Supported`),
    );
  return errors;
}

/** Whether a selector could be made at all: its keys, operators and values are what they must be. */
export const isUsable = (selector: Selector | undefined, at: Path): boolean =>
  validateLabelSelector(selector, at).length === 0;

/** A selector that must be there and must select something. */
export function validateSelector(selector: Selector | undefined, at: Path, empty: string): Errors {
  if (!selector) return [required(at)];
  const errors = validateLabelSelector(selector, at);
  if (!Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length)
    errors.push(invalid(at, shownSelector(selector), empty));
  return errors;
}

/** A selector as Go prints it. */
export const shownSelector = (selector: Selector | undefined | null): Selector | undefined =>
  selector ? { ...selector, ...(selector.matchLabels && { matchLabels: sorted(selector.matchLabels)! }) } : undefined;

/** The selector of a controller never changes. */
export const validateSameSelector = (selector: Selector | undefined, old: Selector | undefined, at: Path): Errors =>
  validateImmutable(shownSelector(selector), shownSelector(old), at);

/** The selector must match what it will count. No selector matches nothing. @param sent the object as it was sent: empty labels are shown as such */
export function validateMatches(
  selector: Selector | undefined,
  template: Parts<PodTemplateSpec> | undefined,
  at: Path,
  sent?: Templated,
): Errors {
  const labels = template?.metadata?.labels;
  return selector && labelSelectorAsSelector(selector).matches(labels)
    ? []
    : [
        invalid(
          at.child('metadata', 'labels'),
          sorted(labels ?? sent?.spec?.template?.metadata?.labels),
          '`selector` does not match template `labels`',
        ),
      ];
}

/** A map as Go prints it. */
export const sorted = (map: Readonly<Record<string, string>> | undefined | null): Record<string, string> | null =>
  map ? Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))) : null;

/** A kind that makes pods: what it has in common with the others. */
export interface Templated {
  metadata: ObjectMeta;
  spec?: { template?: Parts<PodTemplateSpec> };
}

/** What is said of a template that is new, or that has changed with its owner's spec. */
export const templateWarnings = ({ metadata, spec }: Templated, old: Templated | undefined): string[] =>
  old && metadata.generation === old.metadata.generation ? [] : podTemplateWarnings(spec?.template, TEMPLATE);

/** The name becomes a part of pods' names, which are host names. */
export function nameWarnings({ metadata }: ObjectLike): string[] {
  const why = isDns1123Label(metadata.name);
  if (!why.length) return [];
  return [
    `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${why.join(' ')}]`,
  ];
}
