import type { LabelSelector, Node, NodeSelectorTerm, Pod, Taint, Toleration } from '../../../schema/types.ts';
import type { Cluster } from './random-cluster.ts';

/** What the fields of the API mean, in the plainest words: nothing here is fast, and nothing is shared with `src`. */

export type Labels = Record<string, string> | undefined;
const FACTORS: Record<string, number> = { m: 1e-3, k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** `1500m`, `2Gi` → the number */
export function quantity(text: string | undefined): number {
  const [, digits, suffix] = /^(\d+)(\w*)$/.exec(text ?? '0')!;
  return Number(digits) * (suffix ? FACTORS[suffix]! : 1);
}

export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels?.[key] !== value) return false;
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const value = labels?.[key];
    if (operator === 'In' && (value === undefined || !values!.includes(value))) return false;
    if (operator === 'NotIn' && value !== undefined && values!.includes(value)) return false;
    if (operator === 'Exists' && value === undefined) return false;
    if (operator === 'DoesNotExist' && value !== undefined) return false;
  }
  return true;
}

export const selectsAll = (selector: LabelSelector | undefined): boolean =>
  !!selector && !Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length;

export function termMatches(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { metadata }: Node,
): boolean {
  if (!matchExpressions.length && !matchFields.length) return false;
  for (const { key, operator, values = [] } of matchExpressions) {
    const value = metadata.labels?.[key];
    const number = /^\d+$/.test(value ?? '') ? Number(value) : NaN;
    if (operator === 'Gt' && !(number > Number(values[0]))) return false;
    if (operator === 'Lt' && !(number < Number(values[0]))) return false;
    const rest = operator === 'Gt' || operator === 'Lt' ? {} : { matchExpressions: [{ key, operator, values }] };
    if (!selects(rest, metadata.labels)) return false;
  }
  return matchFields.every(({ operator, values }) => (values![0] === metadata.name) === (operator === 'In'));
}

/** `spec.nodeSelector` and required node affinity */
export function wantsNode({ spec }: Pod, node: Node): boolean {
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!selects({ matchLabels: spec?.nodeSelector ?? {} }, node.metadata.labels)) return false;
  return !required || required.nodeSelectorTerms.some((term) => termMatches(term, node));
}

export const isTolerated = (taint: Taint, tolerations: readonly Toleration[] = []): boolean =>
  tolerations.some(
    ({ key, operator = 'Equal', value = '', effect }) =>
      (!effect || effect === taint.effect) &&
      (!key || key === taint.key) &&
      (operator === 'Exists' || value === (taint.value ?? '')),
  );

/** taints that keep the pod off the node */
export const keptOffBy = (pod: Pod, node: Node): Taint[] =>
  (node.spec?.taints ?? []).filter(
    (taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(taint, pod.spec?.tolerations),
  );

export const podsOn = ({ pods }: Cluster, node: Node): Pod[] =>
  pods.filter(({ spec }) => spec?.nodeName === node.metadata.name);

export const priorityOf = ({ spec }: Pod): number => spec?.priority ?? 0;

/** cpu in millicores and everything else in units, as the node has them */
export const allocatable = ({ status }: Node, resource: string): number => amount(status?.allocatable, resource) ?? 0;

function amount(list: Readonly<Record<string, unknown>> | undefined, resource: string): number | undefined {
  const text = list?.[resource] as string | undefined;
  if (text === undefined) return undefined;
  return Math.ceil(quantity(text) * (resource === 'cpu' ? 1000 : 1) - 1e-6);
}

/**
 * How much of a resource a pod asks for.
 * @param missing what a container counts for that does not say; @param own whether the pod's own amounts count
 */
export function requested({ spec }: Pod, resource: string, missing = 0, own = true): number {
  const of = (container: { resources?: { requests?: object } | undefined }): number =>
    amount(container.resources?.requests as Record<string, string> | undefined, resource) ?? missing;
  const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
  const inits = spec?.initContainers ?? [];
  const isSidecar = ({ restartPolicy }: { restartPolicy?: string | undefined }): boolean => restartPolicy === 'Always';
  // While an init container runs, the sidecars before it run too; at the end all sidecars and the containers do.
  const steps = inits.map((init, i) => of(init) + sum(inits.slice(0, i).filter(isSidecar).map(of)));
  const end = sum([...(spec?.containers ?? []), ...inits.filter(isSidecar)].map(of));
  const together = own ? amount(spec?.resources?.requests as Record<string, string> | undefined, resource) : undefined;
  return (together ?? Math.max(end, ...steps)) + (amount(spec?.overhead as Record<string, string>, resource) ?? 0);
}

/** The resources that a pod speaks of: cpu, memory and ephemeral storage first. */
export function resourcesOf({ spec }: Pod): string[] {
  const lists = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), { resources: spec?.resources }].map(
    ({ resources }) => resources?.requests ?? {},
  );
  const named = [...lists, spec?.overhead ?? {}].flatMap((list) => Object.keys(list));
  return [...new Set(['cpu', 'memory', 'ephemeral-storage', ...named])];
}
