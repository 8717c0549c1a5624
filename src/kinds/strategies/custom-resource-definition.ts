import type { CustomResourceDefinition } from '../../../schema/types.ts';
import type { Steps } from '../../meta/steps.ts';
import { readRules } from '../custom/definition/rules.ts';
import { specOf, type Definition } from '../custom/definition/spec.ts';
import { validateDefinition, validateStatus } from '../custom/definition/validate.ts';
import { definitionWarnings } from '../custom/definition/warnings.ts';
import { statusSubresource, withStatus } from './status-split.ts';

/** apiextensions.k8s.io/v1 CustomResourceDefinition. Its conditions and accepted names are the API's matter. */
const storageVersion = (object: Definition): string | undefined =>
  specOf(object).versions?.find((v) => v.storage)?.name;

export const customResourceDefinitionStrategy = withStatus<CustomResourceDefinition>({
  // the rule needs the spec: see validateDefinition
  name: () => [],
  metadata: { finalizers: 'any' },
  unconditionalUpdate: false,
  defaults(object) {
    const { spec } = object;
    if (!spec) return;
    const names = (spec.names ??= {});
    if (names.kind) {
      names.singular ||= names.kind.toLowerCase();
      names.listKind ||= `${names.kind}List`;
    }
    spec.conversion ??= { strategy: 'None' };
    if (spec.conversion.webhook?.clientConfig?.service) spec.conversion.webhook.clientConfig.service.port ??= 443;
  },
  prepareForCreate(object) {
    const version = storageVersion(object);
    object.status = {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: version === undefined ? null : [version],
    };
  },
  prepareForUpdate(object) {
    const version = storageVersion(object);
    const stored = object.status?.storedVersions ?? [];
    if (version && !stored.includes(version))
      object.status = { ...object.status, storedVersions: [...stored, version] };
  },
  *validateSteps(object, old) {
    yield* readDefinition(object);
    return yield* validateDefinition(object, old);
  },
  // some 700 kB: to copy fewer for the thread takes longer than to validate them, and the thread itself holds 60 MB
  heavyFrom: 20_000,
  warnings: definitionWarnings,
  subresources: { status: { ...statusSubresource, validateUpdate: validateStatus, resets: ['metadata', 'spec'] } },
  beginDeletion,
  hashedVersion: 'v1beta1',
});

/** Reads the rules of all versions, which may be many. What is wrong with them is told by the validation. */
function* readDefinition(object: Definition): Steps<void> {
  for (const { schema } of specOf(object).versions ?? []) {
    if (schema?.openAPIV3Schema) yield* readRules(schema.openAPIV3Schema);
  }
}

/** Held until the objects of a definition are gone. */
export const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

/** It goes when its objects are gone: its finalizer is taken away after them. */
function beginDeletion(object: Definition, now: string): void {
  object.metadata.finalizers = [...(object.metadata.finalizers ?? []).filter((f) => f !== CLEANUP), CLEANUP];
  const others = (object.status?.conditions ?? []).filter((c) => c.type !== 'Terminating');
  const terminating = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: now,
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  object.status = { ...object.status, conditions: [...others, terminating] };
}
