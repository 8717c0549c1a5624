import { invalid, notSupported, Path, required, type FieldError } from '../../meta/field.ts';
import { isDns1123Label } from '../../meta/names.ts';
import type { Strategy } from '../kind.ts';
import { validateLabelSelector } from '../validation/labels.ts';
import { validateImmutable, validateIntOrPercent, validateNonNegative, validatePositive } from '../validation/values.ts';
import { withStatus } from './status-split.ts';

/** policy, autoscaling, coordination, scheduling, node and certificates: small kinds of a few rules each. */
type Errors = FieldError[];
const SPEC = Path.root('spec');

export const podDisruptionBudgetStrategy: Strategy = withStatus({
  unconditionalUpdate: false,
  prepareForCreate(object) {
    object.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  validate({ spec }) {
    const errors: Errors = [];
    if (spec?.minAvailable !== undefined && spec?.maxUnavailable !== undefined) {
      // The value is the whole internal struct as Go's encoder writes it.
      const internal = {
        MinAvailable: spec.minAvailable,
        Selector: spec.selector ?? null,
        MaxUnavailable: spec.maxUnavailable,
        UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
      };
      errors.push(invalid(SPEC, internal, 'minAvailable and maxUnavailable cannot be both set'));
    }
    for (const field of ['minAvailable', 'maxUnavailable']) errors.push(...validateIntOrPercent(spec?.[field], SPEC.child(field)));
    if (spec?.unhealthyPodEvictionPolicy && !['AlwaysAllow', 'IfHealthyBudget'].includes(spec.unhealthyPodEvictionPolicy))
      errors.push(notSupported(SPEC.child('unhealthyPodEvictionPolicy'), spec.unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget']));
    return [...errors, ...validateLabelSelector(spec?.selector, SPEC.child('selector'))];
  },
});

/** Stored as autoscaling/v2. */
export const horizontalPodAutoscalerStrategy: Strategy = withStatus({
  generation: false,
  defaults({ spec }) {
    if (!spec) return;
    spec.minReplicas ??= 1;
    if (!('targetCPUUtilizationPercentage' in spec) && !spec.metrics?.length)
      spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];
    const up = spec.behavior?.scaleUp;
    const down = spec.behavior?.scaleDown;
    if (spec.behavior) {
      spec.behavior.scaleUp = { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }], ...up };
      spec.behavior.scaleDown = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }], ...down };
    }
  },
  prepareForCreate(object) {
    object.status = { desiredReplicas: 0, currentMetrics: null };
  },
  validate({ spec }) {
    const errors: Errors = [];
    const min = spec?.minReplicas;
    if (min !== undefined && min < 1) errors.push(invalid(SPEC.child('minReplicas'), min, 'must be greater than or equal to 1'));
    if ((spec?.maxReplicas ?? 0) < 1) errors.push(invalid(SPEC.child('maxReplicas'), spec?.maxReplicas ?? 0, 'must be greater than 0'));
    if (min !== undefined && (spec?.maxReplicas ?? 0) < min) errors.push(invalid(SPEC.child('maxReplicas'), spec.maxReplicas, 'must be greater than or equal to `minReplicas`'));
    const at = SPEC.child('scaleTargetRef');
    const target = spec?.scaleTargetRef ?? {};
    if (!target.kind) errors.push(required(at.child('kind')));
    if (!target.name) errors.push(required(at.child('name')));
    if (!target.apiVersion?.includes('/') && target.kind !== 'ReplicationController') errors.push(invalid(at.child('apiVersion'), target.apiVersion ?? '', 'apiVersion must specify API group'));
    return errors;
  },
});

export const leaseStrategy: Strategy = {
  generation: false,
  createOnUpdate: true,
  unconditionalUpdate: false,
  validate: ({ spec }) => [
    ...validatePositive(spec?.leaseDurationSeconds, SPEC.child('leaseDurationSeconds')),
    ...validateNonNegative(spec?.leaseTransitions, SPEC.child('leaseTransitions')),
    ...(spec?.strategy === undefined || ['OldestEmulationVersion'].includes(spec.strategy) ? [] : [notSupported(SPEC.child('strategy'), spec.strategy, ['OldestEmulationVersion'])]),
  ],
};

/** Values above this are the system's. */
const HIGHEST_USER_PRIORITY = 1_000_000_000;

export const priorityClassStrategy: Strategy = {
  // set once and never counted
  generation: () => false,
  defaults(object) {
    object.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate(object) {
    const system = object.metadata.name?.startsWith('system-');
    const errors: Errors = [];
    if (system && !['system-node-critical', 'system-cluster-critical'].includes(object.metadata.name))
      errors.push({ type: 'FieldValueForbidden', field: 'metadata.name', body: 'Forbidden: priority class names with "system-" prefix are reserved for system use only. error: ' + `${object.metadata.name} is not a known system priority class` });
    if (!system && (object.value ?? 0) > HIGHEST_USER_PRIORITY)
      errors.push({ type: 'FieldValueForbidden', field: 'value', body: `Forbidden: maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}` });
    if (object.preemptionPolicy && !['Never', 'PreemptLowerPriority'].includes(object.preemptionPolicy))
      errors.push(notSupported(Path.root('preemptionPolicy'), object.preemptionPolicy, ['Never', 'PreemptLowerPriority']));
    return errors;
  },
  validateUpdate(object, old) {
    const errors: Errors = [];
    if (object.value !== old.value) errors.push({ type: 'FieldValueForbidden', field: 'value', body: 'Forbidden: may not be changed in an update.' });
    return [...errors, ...validateImmutable(object.preemptionPolicy, old.preemptionPolicy, Path.root('preemptionPolicy'))];
  },
};

export const runtimeClassStrategy: Strategy = {
  generation: false,
  unconditionalUpdate: false,
  validate(object) {
    if (!object.handler) return [required(Path.root('handler'))];
    return isDns1123Label(object.handler).map((m) => invalid(Path.root('handler'), object.handler, m));
  },
  validateUpdate: (object, old) => validateImmutable(object.handler, old.handler, Path.root('handler')),
};

export const certificateSigningRequestStrategy: Strategy = withStatus({
  generation: false,
  prepareForCreate(object, ctx) {
    object.spec ??= {};
    object.spec.username ||= ctx.user;
  },
  prepareForUpdate(object, old) {
    object.spec = old.spec;
  },
  validate({ spec }) {
    const errors: Errors = [];
    const request = Buffer.from(spec?.request ?? '', 'base64').toString();
    const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/.exec(request);
    if (block?.[1] !== 'CERTIFICATE REQUEST') errors.push(invalid(SPEC.child('request'), spec?.request ?? '', 'PEM block type must be CERTIFICATE REQUEST'));
    if (!spec?.usages?.length) errors.push(required(SPEC.child('usages')));
    if (!spec?.signerName) errors.push(required(SPEC.child('signerName')));
    else if (!/^[^/]+\/.+$/.test(spec.signerName)) errors.push(invalid(SPEC.child('signerName'), spec.signerName, "must be a fully qualified domain and path of the form 'example.com/signer-name'"));
    if (spec?.expirationSeconds !== undefined && spec.expirationSeconds < 600)
      errors.push(invalid(SPEC.child('expirationSeconds'), spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
    return errors;
  },
  subresources: {
    approval: {
      prepareForUpdate(object, old) {
        const conditions = object.status?.conditions;
        object.spec = old.spec;
        object.status = { ...old.status, ...(conditions && { conditions }) };
      },
    },
  },
  fields: (object) => ({ 'spec.signerName': object.spec?.signerName ?? '' }),
});
