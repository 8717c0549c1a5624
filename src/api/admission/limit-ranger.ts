import { aggregate } from '../../meta/aggregate.ts';
import { compareQuantity, formatQuantity, parseQuantity, quantityMilli, type Quantity } from '../../meta/quantity.ts';
import type { Container, LimitRangeItem, Pod, ResourceRequirements } from '../../../schema/types.ts';
import type { Parts, Unchecked } from '../../meta/object.ts';
import { forbiddenRequest } from '../../meta/status.ts';
import { exact, podAmounts, type Amounts, type Side } from '../../rules/pod-amounts.ts';
import { resourceOf } from '../target.ts';
import { objectAs } from '../object-as.ts';
import { incoming, isWriteOf, validated } from './objects.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const CLAIMS = 'persistentvolumeclaims';
type List = Record<string, string>;

const itemsOf = (request: AdmissionRequest): LimitRangeItem[] =>
  request.store
    .list({ resource: 'limitranges', namespace: request.target.namespace })
    .items.flatMap((l) => objectAs('limitranges', l).spec?.limits ?? []);

/** Names of what was unsaid and is now as the defaults are, sorted. */
function fill(resources: Parts<ResourceRequirements>, side: Side, defaults: List | undefined): string[] {
  const list = resources[side];
  const unsaid = Object.entries(defaults ?? {})
    .filter(([name]) => list?.[name] === undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (unsaid.length) resources[side] = { ...list, ...Object.fromEntries(unsaid) };
  return unsaid.map(([name]) => name);
}

/** Gives containers the requests and limits that the namespace has for those that say none. */
function fillContainers(pod: Unchecked<Pod>, item: LimitRangeItem): string[] {
  const done: string[] = [];
  const each = (containers: Parts<Container>[] | undefined, what: string): void => {
    for (const container of containers ?? []) {
      const resources = (container.resources ??= {});
      for (const [side, word, defaults] of [
        ['requests', 'request', item.defaultRequest],
        ['limits', 'limit', item.default],
      ] as const) {
        const set = fill(resources, side, defaults);
        if (set.length) done.push(`${set.join(', ')} ${word} for ${what} ${container.name}`);
      }
    }
  };
  each(pod.spec?.containers, 'container');
  each(pod.spec?.initContainers, 'init container');
  return done;
}

/** What is wrong with the requests and limits of one container, pod or claim. */
function violations(item: LimitRangeItem, resources: ResourceRequirements, requestsOnly = false): string[] {
  const wrong: string[] = [];
  const below = (a: string, b: string): boolean => compareQuantity(parseQuantity(a), parseQuantity(b)) < 0;
  for (const [name, min] of Object.entries(item.min ?? {})) {
    const head = `minimum ${name} usage per ${item.type} is ${min}`;
    const [request, limit] = [resources.requests?.[name], resources.limits?.[name]];
    if (request === undefined) wrong.push(`${head}.  No request is specified`);
    else if (below(request, min)) wrong.push(`${head}, but request is ${request}`);
    else if (!requestsOnly && limit !== undefined && below(limit, min)) wrong.push(`${head}, but limit is ${limit}`);
  }
  for (const [name, max] of Object.entries(item.max ?? {})) {
    const head = `maximum ${name} usage per ${item.type} is ${max}`;
    const [request, limit] = [resources.requests?.[name], resources.limits?.[name]];
    if (requestsOnly) {
      if (request === undefined) wrong.push(`${head}.  No request is specified`);
      else if (below(max, request)) wrong.push(`${head}, but request is ${request}`);
    } else if (limit === undefined) wrong.push(`${head}.  No limit is specified`);
    else if (below(max, limit)) wrong.push(`${head}, but limit is ${limit}`);
    else if (request !== undefined && below(max, request)) wrong.push(`${head}, but request is ${request}`);
  }
  for (const [name, ratio] of Object.entries(item.maxLimitRequestRatio ?? {})) {
    const head = `${name} max limit to request ratio per ${item.type} is ${ratio}`;
    const [request, limit] = [resources.requests?.[name], resources.limits?.[name]].map((q) =>
      q === undefined ? 0 : quantityMilli(q),
    );
    if (!request) wrong.push(`${head}, but no request is specified or request is 0`);
    else if (!limit) wrong.push(`${head}, but no limit is specified or limit is 0`);
    else if ((limit / request) * 1000 > quantityMilli(ratio))
      wrong.push(`${head}, but provided ratio is ${(limit / request).toFixed(6)}`);
  }
  return wrong;
}

const formatted = (amounts: Amounts<Quantity>): List =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, formatQuantity(amount)]));

function podViolations({ spec }: Pod, item: LimitRangeItem): string[] {
  if (item.type === 'Container') {
    return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].flatMap((c) =>
      violations(item, c.resources ?? {}),
    );
  }
  if (item.type !== 'Pod') return [];
  // the overhead is the cluster's and not the pod's: it is left out (plugin/pkg/admission/limitranger podRequests)
  const text = (side: Side): List => formatted(podAmounts(spec, side, exact, { overhead: false }));
  return violations(item, { requests: text('requests'), limits: text('limits') });
}

/** Defaults and bounds that the LimitRanges of a namespace give its pods and claims. */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  handles: (target, operation) =>
    (isWriteOf(target, 'pods') && operation === 'CREATE') ||
    (isWriteOf(target, CLAIMS) && (operation === 'CREATE' || operation === 'UPDATE')),
  admit(request) {
    if (!isWriteOf(request.target, 'pods')) return;
    const pod = incoming(request, 'pods');
    const done = itemsOf(request)
      .filter((item) => item.type === 'Container')
      .flatMap((item) => fillContainers(pod, item));
    if (done.length) {
      pod.metadata.annotations = {
        ...pod.metadata.annotations,
        'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${done.join('; ')}`,
      };
    }
  },
  validate(request) {
    const wrong = itemsOf(request).flatMap((item) => {
      if (isWriteOf(request.target, 'pods')) return podViolations(validated(request, 'pods'), item);
      if (item.type !== 'PersistentVolumeClaim') return [];
      return violations(item, validated(request, CLAIMS).spec?.resources ?? {}, true);
    });
    if (wrong.length === 0) return;
    throw forbiddenRequest(resourceOf(request.target.kind), requestName(request), aggregate(wrong));
  },
};
