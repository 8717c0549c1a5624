import type {
  ContainerResourceMetricSource,
  CrossVersionObjectReference,
  ExternalMetricSource,
  MetricSpec,
  MetricTarget,
  ObjectMetricSource,
} from '../../../../schema/types.ts';
import { forbidden, invalid, notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';
import { parseApiVersion } from '../../../meta/gvk.ts';
import { isDns1123Label, isPathSegmentName } from '../../../meta/names.ts';
import { canonicalQuantity, parseQuantity } from '../../../meta/quantity.ts';
import type { Parts } from '../../../meta/object.ts';
import { validateContainerResourceName } from '../../validation/resources.ts';
import { validateRule } from '../../validation/values.ts';

/** What an autoscaler looks at (pkg/apis/autoscaling/validation). */
type Errors = FieldError[];
/** A source of any type, by the fields of all of them. */
type Fields = Parts<ContainerResourceMetricSource & ExternalMetricSource & ObjectMetricSource>;
const TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const TARGETS = ['Utilization', 'Value', 'AverageValue'];

/** Type of a metric → its field, in the order of the checks. */
const SOURCES = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
} as const;
type Source = (typeof SOURCES)[keyof typeof SOURCES];

const isPositive = (quantity: unknown): boolean => parseQuantity(String(quantity)).nano > 0n;
const named = (name: string | undefined, at: Path, why = ''): Errors =>
  name ? validateRule(name, isPathSegmentName, at) : [required(at, why)];

/** @param grouped the kind must be of a named group, unless it is the only one of the core that scales */
export function validateReference(ref: Parts<CrossVersionObjectReference>, at: Path, grouped: boolean): Errors {
  const errors = [...named(ref.kind, at.child('kind')), ...named(ref.name, at.child('name'))];
  const apiVersion = ref.apiVersion ?? '';
  const here = at.child('apiVersion');
  if (apiVersion.split('/').length > 2)
    errors.push(invalid(here, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else if (grouped && ref.kind !== 'ReplicationController' && !parseApiVersion(apiVersion).group)
    errors.push(invalid(here, apiVersion, 'apiVersion must specify API group'));
  return errors;
}

export function validateMetrics(
  metrics: readonly Parts<MetricSpec>[] | undefined,
  at: Path,
  minReplicas: number | undefined,
): Errors {
  const errors = (metrics ?? []).flatMap((metric, i) => validateMetric(metric, at.index(i)));
  const fromOutside = (metrics ?? []).some(({ type }) => type === 'Object' || type === 'External');
  if (minReplicas === 0 && !fromOutside)
    errors.push(
      forbidden(at, 'must specify at least one Object or External metric to support scaling to zero replicas'),
    );
  return errors;
}

function validateMetric(metric: Parts<MetricSpec>, at: Path): Errors {
  const errors: Errors = [];
  const type = metric.type ?? '';
  const unknown = notSupported(at.child('type'), type, TYPES);
  if (!type) errors.push(required(at.child('type'), 'must specify a metric source type'));
  if (!TYPES.includes(type)) errors.push(unknown);
  const present = Object.values(SOURCES).filter((field) => metric[field]);
  const [first] = present;
  if (first) errors.push(...validateSource(first, metric[first] ?? {}, at.child(first)));
  const expected: Source | undefined = SOURCES[type as keyof typeof SOURCES];
  if (!expected) errors.push(unknown);
  else if (!metric[expected])
    errors.push(required(at.child(expected), 'must populate information for the given metric source'));
  if (present.length > 1)
    for (const field of present)
      if (field !== expected) errors.push(forbidden(at.child(field), 'must populate the given metric source only'));
  return errors;
}

function validateSource(field: Source, source: Fields, at: Path): Errors {
  const target = source.target ?? {};
  const here = at.child('target');
  const checks = validateTarget(target, here);
  if (field === 'resource' || field === 'containerResource') {
    const names =
      field === 'resource'
        ? resourceName(source.name, at)
        : [...containerResourceName(source.name, at), ...containerName(source.container, at)];
    return [...names, ...checks, ...oneOfUtilizationAndValue(target, here)];
  }
  const described =
    field === 'object' ? validateReference(source.describedObject ?? {}, at.child('describedObject'), false) : [];
  const errors = [
    ...described,
    ...named(source.metric?.name, at.child('metric', 'name'), 'must specify a metric name'),
    ...checks,
  ];
  const none = target.value == null && target.averageValue == null;
  if (field === 'pods' && target.averageValue == null)
    errors.push(required(here.child('averageValue'), 'must specify a positive target averageValue'));
  if (field === 'object' && none)
    errors.push(required(here.child('averageValue'), 'must set either a target value or averageValue'));
  if (field === 'external' && none)
    errors.push(required(here.child('averageValue'), 'must set either a target value for metric or a per-pod target'));
  if (field === 'external' && target.value != null && target.averageValue != null)
    errors.push(forbidden(here.child('value'), 'may not set both a target value for metric and a per-pod target'));
  return errors;
}

const resourceName = (name: string | undefined, at: Path): Errors =>
  name ? [] : [required(at.child('name'), 'must specify a resource name')];

const containerName = (name: string | undefined, at: Path): Errors =>
  name
    ? validateRule(name, isDns1123Label, at.child('container'))
    : [required(at.child('container'), 'must specify a container')];

const containerResourceName = (name: string | undefined, at: Path): Errors =>
  name ? validateContainerResourceName(name, at.child('name')) : resourceName(name, at);

function oneOfUtilizationAndValue({ averageUtilization, averageValue }: Parts<MetricTarget>, at: Path): Errors {
  if (averageUtilization == null && averageValue == null)
    return [required(at.child('averageUtilization'), 'must set either a target raw value or a target utilization')];
  return averageUtilization != null && averageValue != null
    ? [forbidden(at.child('averageValue'), 'may not set both a target raw value and a target utilization')]
    : [];
}

function validateTarget({ type, value, averageValue, averageUtilization }: Parts<MetricTarget>, at: Path): Errors {
  const errors: Errors = type ? [] : [required(at.child('type'), 'must specify a metric target type')];
  if (!type || !TARGETS.includes(type))
    errors.push(invalid(at.child('type'), type ?? '', 'must be either Utilization, Value, or AverageValue'));
  for (const [field, amount] of [
    ['value', value],
    ['averageValue', averageValue],
  ] as const) {
    if (amount != null && !isPositive(amount))
      errors.push(invalid(at.child(field), canonicalQuantity(String(amount)), 'must be positive'));
  }
  if (averageUtilization != null && averageUtilization < 1)
    errors.push(invalid(at.child('averageUtilization'), averageUtilization, 'must be greater than 0'));
  return errors;
}
