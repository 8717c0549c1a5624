import type { KubeObject } from '../../../meta/object.ts';
import type { Printer } from '../printer.ts';
import { count, listWithMore, NONE, since, UNKNOWN, UNSET } from './shared.ts';

type Loose = KubeObject[string];

/** Metrics that are shown of an autoscaler. */
const SHOWN = 2;

function resourceMetric(name: string, target: Loose, current: Loose): string {
  if (target.averageValue !== undefined) return `${name}: ${current?.averageValue ?? UNKNOWN}/${target.averageValue}`;
  const percent = (value: number | undefined, none: string) => (value === undefined ? none : `${value}%`);
  return `${name}: ${percent(current?.averageUtilization, UNKNOWN)}/${percent(target.averageUtilization, '<auto>')}`;
}

const valueMetric = (target: Loose, current: Loose): string =>
  target.averageValue !== undefined
    ? `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`
    : `${current ? (current.value ?? '0') : UNKNOWN}/${target.value ?? '0'}`;

function metric(spec: Loose, status: Loose): string {
  switch (spec.type) {
    case 'Resource':
      return resourceMetric(spec.resource.name, spec.resource.target, status?.resource?.current);
    case 'ContainerResource':
      return resourceMetric(
        spec.containerResource.name,
        spec.containerResource.target,
        status?.containerResource?.current,
      );
    case 'External':
      return valueMetric(spec.external.target, status?.external?.current);
    case 'Object':
      return valueMetric(spec.object.target, status?.object?.current);
    case 'Pods':
      return `${status?.pods?.current?.averageValue ?? UNKNOWN}/${spec.pods.target.averageValue}`;
    default:
      return '<unknown type>';
  }
}

/** Horizontal pod autoscalers in version 2, in which they are stored. */
const autoscalers: Printer = ({ metadata, spec, status }, now) => {
  const metrics: Loose[] = spec?.metrics ?? [];
  return [
    metadata.name,
    `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`,
    metrics.length
      ? listWithMore(
          metrics.map((m, i) => metric(m, status?.currentMetrics?.[i])),
          SHOWN,
          ', ',
        )
      : NONE,
    spec?.minReplicas === undefined ? UNSET : String(spec.minReplicas),
    count(spec?.maxReplicas),
    count(status?.currentReplicas),
    since(metadata.creationTimestamp, now),
  ];
};

const budgets: Printer = ({ metadata, spec, status }, now) => [
  metadata.name,
  spec?.minAvailable === undefined ? 'N/A' : String(spec.minAvailable),
  spec?.maxUnavailable === undefined ? 'N/A' : String(spec.maxUnavailable),
  count(status?.disruptionsAllowed),
  since(metadata.creationTimestamp, now),
];

export const scalingCells: Readonly<Record<string, Printer>> = {
  'horizontalpodautoscalers.autoscaling': autoscalers,
  'poddisruptionbudgets.policy': budgets,
};
