import { panel, type Facet } from './facet.ts';
import { amounts, textOf } from './texts.ts';

interface Quota {
  spec?: { hard?: Record<string, string> };
  status?: { used?: Record<string, string> };
}

export const resourceQuotas: Facet = {
  actions: [],
  facts: [['Only of', 'spec.scopes']],
  panels: [
    panel<Quota>('What may be used', ['What', 'Used', 'At most'], ({ spec, status }) =>
      Object.entries(spec?.hard ?? {}).map(([name, hard]) => [name, textOf(status?.used?.[name]), hard]),
    ),
  ],
};

type Amounts = Record<string, string>;
interface Ranges {
  spec?: {
    limits?: readonly { type: string; min?: Amounts; max?: Amounts; default?: Amounts; defaultRequest?: Amounts }[];
  };
}

export const limitRanges: Facet = {
  actions: [],
  panels: [
    panel<Ranges>('Limits', ['Of', 'At least', 'At most', 'Request unless said', 'Limit unless said'], ({ spec }) =>
      (spec?.limits ?? []).map(({ type, min, max, default: limit, defaultRequest }) => [
        type,
        ...[min, max, defaultRequest, limit].map(amounts),
      ]),
    ),
  ],
};

export const disruptionBudgets: Facet = {
  actions: [],
  facts: [
    ['At least there', 'spec.minAvailable'],
    ['At most gone', 'spec.maxUnavailable'],
    ['Selector', 'spec.selector.matchLabels'],
    ['Well', 'status.currentHealthy'],
    ['Well at least', 'status.desiredHealthy'],
    ['May be evicted', 'status.disruptionsAllowed'],
  ],
};

interface Value {
  type?: string;
  averageUtilization?: number;
  averageValue?: string;
  value?: string;
}
/** Of a source of a metric what a person tells it by: each kind of source has its own field. */
interface Source {
  name?: string;
  container?: string;
  metric?: { name: string };
  describedObject?: { kind: string; name: string };
  target?: Value;
  current?: Value;
}
interface Metric {
  type: string;
  resource?: Source;
  containerResource?: Source;
  pods?: Source;
  object?: Source;
  external?: Source;
}
interface Autoscaler {
  spec?: { metrics?: readonly Metric[] };
  status?: { currentMetrics?: readonly (Metric | null)[] | null };
}

const sourceOf = ({ resource, containerResource, pods, object, external }: Metric): Source =>
  resource ?? containerResource ?? pods ?? object ?? external ?? {};
const valueText = ({ averageUtilization, averageValue, value }: Value = {}): string =>
  averageUtilization === undefined ? textOf(averageValue ?? value) : `${averageUtilization}%`;
const nameOf = ({ name, container, metric, describedObject }: Source): string =>
  [describedObject && `${describedObject.kind} ${describedObject.name}`, container, name ?? metric?.name]
    .filter(Boolean)
    .join(' ');

export const autoscalers: Facet = {
  actions: [],
  facts: [
    ['Scales', 'spec.scaleTargetRef.kind'],
    ['Named', 'spec.scaleTargetRef.name'],
    ['At least', 'spec.minReplicas'],
    ['At most', 'spec.maxReplicas'],
    ['There are', 'status.currentReplicas'],
    ['Wanted', 'status.desiredReplicas'],
    ['Scaled last', 'status.lastScaleTime'],
  ],
  panels: [
    panel<Autoscaler>('By what', ['Kind', 'Metric', 'Is', 'Is to be'], ({ spec, status }) => {
      const current = (status?.currentMetrics ?? []).filter((each) => each !== null);
      return (spec?.metrics ?? []).map((metric) => {
        const source = sourceOf(metric);
        const same = current.find((each) => each.type === metric.type && nameOf(sourceOf(each)) === nameOf(source));
        return [metric.type, nameOf(source), valueText(same && sourceOf(same).current), valueText(source.target)];
      });
    }),
  ],
};
