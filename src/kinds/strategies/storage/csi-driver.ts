import { isDeepStrictEqual } from 'node:util';
import type { CSIDriver, StorageTokenRequest } from '../../../../schema/types.ts';
import { duplicate, invalid, notSupported, Path, type FieldError } from '../../../meta/field.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateImmutable } from '../../validation/values.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { NONE, since, UNSET } from '../../cells.ts';

const SPEC = Path.root('spec');
const FS_GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLE_MODES = ['Persistent', 'Ephemeral'];
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const MIN_UPDATE_SECONDS = 10;
const TOKENS_IN_THE_OPEN =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';

/** What of a driver may change; a driver that has changed starts to count. */
const MUTABLE = [
  'tokenRequests',
  'requiresRepublish',
  'seLinuxMount',
  'nodeAllocatableUpdatePeriodSeconds',
  'serviceAccountTokenInSecrets',
] as const;

/** One token per audience; only one request may leave it out. */
function tokenRequestErrors(requests: readonly Parts<StorageTokenRequest>[]): FieldError[] {
  const seen = new Set<string>();
  return requests.flatMap(({ audience = '', expirationSeconds: seconds }, i) => {
    const at = SPEC.child('tokenRequests').index(i);
    if (seen.has(audience)) return [duplicate(at.child('audience'), audience)];
    seen.add(audience);
    const here = at.child('expirationSeconds');
    if (seconds !== undefined && seconds < MIN_TOKEN_SECONDS)
      return [invalid(here, seconds, 'may not specify a duration less than 10 minutes')];
    if (seconds !== undefined && seconds > MAX_TOKEN_SECONDS)
      return [invalid(here, seconds, 'may not specify a duration larger than 2^32 seconds')];
    return [];
  });
}

/** storage.k8s.io/v1 CSIDriver */
export const csiDriverStrategy: Strategy<CSIDriver> = {
  generation: false,
  unconditionalUpdate: false,
  prepareForUpdate(object, old) {
    if (MUTABLE.some((field) => !isDeepStrictEqual(object.spec?.[field], old.spec?.[field])))
      object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  defaults({ spec }) {
    if (!spec) return;
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent'];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  validate({ spec = {} }) {
    const errors: FieldError[] = [];
    if (!FS_GROUP_POLICIES.includes(spec.fsGroupPolicy ?? ''))
      errors.push(notSupported(SPEC.child('fsGroupPolicy'), spec.fsGroupPolicy ?? '', FS_GROUP_POLICIES));
    errors.push(...tokenRequestErrors(spec.tokenRequests ?? []));
    for (const mode of spec.volumeLifecycleModes ?? []) {
      if (!LIFECYCLE_MODES.includes(mode))
        errors.push(notSupported(SPEC.child('volumeLifecycleModes'), mode, LIFECYCLE_MODES));
    }
    const period = spec.nodeAllocatableUpdatePeriodSeconds;
    if (period !== undefined && period < MIN_UPDATE_SECONDS) {
      errors.push(
        invalid(
          SPEC.child('nodeAllocatableUpdatePeriodSeconds'),
          period,
          'must be greater than or equal to 10 seconds',
        ),
      );
    }
    const inSecrets = spec.serviceAccountTokenInSecrets;
    if (inSecrets !== undefined && !spec.tokenRequests?.length) {
      const why = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified';
      errors.push(invalid(SPEC.child('serviceAccountTokenInSecrets'), inSecrets, why));
    }
    return errors;
  },
  validateUpdate: (object, old) => [
    // the name in the path is Kubernetes' own slip
    ...validateImmutable(object.spec?.attachRequired, old.spec?.attachRequired, SPEC.child('attachedRequired')),
    ...validateImmutable(
      object.spec?.volumeLifecycleModes,
      old.spec?.volumeLifecycleModes,
      SPEC.child('volumeLifecycleModes'),
    ),
  ],
  warnings({ spec = {} }, old) {
    if (!spec.tokenRequests?.length || spec.serviceAccountTokenInSecrets !== undefined) return [];
    return old && isDeepStrictEqual(spec.tokenRequests, old.spec?.tokenRequests) ? [] : [TOKENS_IN_THE_OPEN];
  },
  cells,
  returnsDeleted: true,
};

function cells({ metadata, spec }: Unchecked<CSIDriver>, now: number): Cell[] {
  return [
    metadata.name,
    spec?.attachRequired ?? true,
    spec?.podInfoOnMount ?? false,
    spec?.storageCapacity ?? false,
    spec?.tokenRequests?.map((t) => t.audience).join(',') ?? UNSET,
    spec?.requiresRepublish ?? false,
    spec?.volumeLifecycleModes?.join(',') || NONE,
    since(metadata.creationTimestamp, now),
  ];
}
