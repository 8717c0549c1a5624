import type { APIService, APIServiceSpec } from '../../../../schema/types.ts';
import { invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import { isDns1035Label, isDns1123Subdomain, isPathSegmentName, isPortNumber } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateRule } from '../../validation/values.ts';
import { isolatedStatus, withStatus } from '../status-split.ts';
import { since } from '../../cells.ts';

const SPEC = Path.root('spec');
const METADATA = Path.root('metadata');
const MAX_GROUP_PRIORITY = 20_000;
const MAX_VERSION_PRIORITY = 1000;
const STATUSES = ['True', 'False', 'Unknown'];

/** The object's name is what it serves. */
function nameErrors({ metadata, spec }: Unchecked<APIService>): FieldError[] {
  const wanted = `${spec?.version ?? ''}.${spec?.group ?? ''}`;
  return (['generateName', 'name'] as const).flatMap((field) => {
    const [name, at] = [metadata[field], METADATA.child(field)];
    if (!name) return [];
    const bad = validateRule(name, isPathSegmentName, at);
    if (bad.length || name === wanted) return bad;
    return [invalid(at, name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`)];
  });
}

/** A group that this server serves itself has no service, and so nothing about TLS either. */
function backendErrors({ service, caBundle, insecureSkipTLSVerify: insecure }: Parts<APIServiceSpec>): FieldError[] {
  const bundle = Buffer.from(caBundle ?? '', 'base64').length;
  if (!service) {
    return [
      ...(bundle
        ? [invalid(SPEC.child('caBundle'), `${bundle} bytes`, 'local APIServices may not have a caBundle')]
        : []),
      ...(insecure
        ? [invalid(SPEC.child('insecureSkipTLSVerify'), true, 'local APIServices may not have insecureSkipTLSVerify')]
        : []),
    ];
  }
  const badPort = isPortNumber(service.port ?? 443);
  return [
    ...(service.namespace ? [] : [required(SPEC.child('service', 'namespace'))]),
    ...(service.name ? [] : [required(SPEC.child('service', 'name'))]),
    ...(badPort.length
      ? [invalid(SPEC.child('service', 'port'), service.port, `port is not valid: ${badPort.join(', ')}`)]
      : []),
    ...(insecure && bundle
      ? [invalid(SPEC.child('insecureSkipTLSVerify'), true, 'may not be true if caBundle is present')]
      : []),
  ];
}

function specErrors(spec: Parts<APIServiceSpec>): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum: minimum = 0, versionPriority: priority = 0 } = spec;
  const errors: FieldError[] = [];
  if (!group && version !== 'v1')
    errors.push(required(SPEC.child('group'), 'only v1 may have an empty group and it better be legacy kube'));
  if (group) errors.push(...validateRule(group, isDns1123Subdomain, SPEC.child('group')));
  errors.push(...validateRule(version, isDns1035Label, SPEC.child('version')));
  if (minimum <= 0 || minimum > MAX_GROUP_PRIORITY) {
    errors.push(
      invalid(SPEC.child('groupPriorityMinimum'), minimum, `must be positive and less than ${MAX_GROUP_PRIORITY}`),
    );
  }
  if (priority <= 0 || priority > MAX_VERSION_PRIORITY) {
    errors.push(
      invalid(SPEC.child('versionPriority'), priority, `must be positive and less than ${MAX_VERSION_PRIORITY}`),
    );
  }
  return [...errors, ...backendErrors(spec)];
}

const conditionErrors = ({ status }: Unchecked<APIService>): FieldError[] =>
  (status?.conditions ?? []).flatMap((condition, i) =>
    STATUSES.includes(condition.status ?? '')
      ? []
      : [
          notSupported(
            Path.root('status').child('conditions').index(i).child('status'),
            condition.status ?? '',
            STATUSES,
          ),
        ],
  );

/** apiregistration.k8s.io/v1 APIService */
export const apiServiceStrategy: Strategy<APIService> = withStatus<APIService>({
  generation: false,
  unconditionalUpdate: false,
  // the rule needs the spec: see nameErrors
  name: () => [],
  defaults({ spec }) {
    if (spec?.service) spec.service.port ??= 443;
  },
  prepareForCreate(object, ctx) {
    object.status = {};
    if (object.spec?.service) return;
    const message = 'Local APIServices are always available';
    object.status.conditions = [
      { type: 'Available', status: 'True', lastTransitionTime: ctx.now, reason: 'Local', message },
    ];
  },
  validate: (object) => [...nameErrors(object), ...specErrors(object.spec ?? {})],
  metadata: { whole: 1, finalizers: 'any' },
  subresources: { status: { ...isolatedStatus, validateUpdate: conditionErrors } },
  relations: [
    {
      field: 'service',
      description: 'The Service that answers for it.',
      to: 'services',
      back: 'apiServices',
      form: 'name',
      name: ({ spec }) => spec?.service?.name,
      namespace: ({ spec }) => spec?.service?.namespace,
    },
  ],
  cells,
});

function cells({ metadata, spec, status }: Unchecked<APIService>, now: number): Cell[] {
  const available = status?.conditions?.find((c) => c.type === 'Available');
  const state = !available
    ? 'Unknown'
    : available.status === 'True'
      ? 'True'
      : `${available.status} (${available.reason ?? ''})`;
  return [
    metadata.name,
    spec?.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local',
    state,
    since(metadata.creationTimestamp, now),
  ];
}
