import { compareQuantity, formatQuantity, parseQuantity, quantityMilli, type Quantity } from '../../meta/quantity.ts';
import type { KubeObject } from '../../meta/object.ts';
import { forbiddenRequest } from '../../meta/status.ts';
import { exact, podAmounts, type Amounts, type Side } from '../../rules/pod-amounts.ts';
import { resourceOf } from '../target.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';
import { isPod } from './pods.ts';

type List = Record<string, string>;
interface Item {
  type: string;
  min?: List;
  max?: List;
  default?: List;
  defaultRequest?: List;
  maxLimitRequestRatio?: List;
}
interface Resources {
  requests?: List;
  limits?: List;
}
interface Container {
  name: string;
  resources?: Resources;
}

const itemsOf = (request: AdmissionRequest): Item[] =>
  request.store
    .list({ resource: 'limitranges', namespace: request.target.namespace })
    .items.flatMap((l) => (l.object['spec']?.limits ?? []) as Item[]);

function fill(list: List | undefined, defaults: List | undefined): { list: List | undefined; set: string[] } {
  const set = Object.keys(defaults ?? {})
    .filter((name) => list?.[name] === undefined)
    .sort();
  return set.length
    ? { list: { ...list, ...Object.fromEntries(set.map((name) => [name, defaults![name]])) }, set }
    : { list, set };
}

/** Gives containers the requests and limits that the namespace has for those that say none. */
function fillContainers(pod: KubeObject, item: Item): string[] {
  const done: string[] = [];
  const each = (containers: Container[] | undefined, what: string): void => {
    for (const container of containers ?? []) {
      const resources = (container.resources ??= {});
      for (const [side, word, defaults] of [
        ['requests', 'request', item.defaultRequest],
        ['limits', 'limit', item.default],
      ] as const) {
        const { list, set } = fill(resources[side], defaults);
        if (set.length === 0) continue;
        resources[side] = list;
        done.push(`${set.join(', ')} ${word} for ${what} ${container.name}`);
      }
    }
  };
  each(pod['spec']?.containers, 'container');
  each(pod['spec']?.initContainers, 'init container');
  return done;
}

/** What is wrong with the requests and limits of one container, pod or claim. */
function violations(item: Item, resources: Resources, requestsOnly = false): string[] {
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

function podViolations(pod: KubeObject, item: Item): string[] {
  const spec = pod['spec'] ?? {};
  if (item.type === 'Container') {
    return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap((c: Container) =>
      violations(item, c.resources ?? {}),
    );
  }
  if (item.type !== 'Pod') return [];
  // the overhead is the cluster's and not the pod's: it is left out (plugin/pkg/admission/limitranger podRequests)
  const text = (side: Side): List => formatted(podAmounts(pod['spec'], side, exact, { overhead: false }));
  return violations(item, { requests: text('requests'), limits: text('limits') });
}

const isClaim = ({ kind, subresource }: AdmissionRequest['target']): boolean =>
  kind.group === '' && kind.resource === 'persistentvolumeclaims' && subresource === '';

/** Defaults and bounds that the LimitRanges of a namespace give its pods and claims. */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  handles: (target, operation) =>
    (isPod(target) && operation === 'CREATE') ||
    (isClaim(target) && (operation === 'CREATE' || operation === 'UPDATE')),
  admit(request) {
    if (!isPod(request.target)) return;
    const pod = request.object!;
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
    const object = request.object!;
    const wrong = itemsOf(request).flatMap((item) => {
      if (isPod(request.target)) return podViolations(object, item);
      return item.type === 'PersistentVolumeClaim' ? violations(item, object['spec']?.resources ?? {}, true) : [];
    });
    if (wrong.length === 0) return;
    const distinct = [...new Set(wrong)];
    throw forbiddenRequest(
      resourceOf(request.target.kind),
      requestName(request),
      distinct.length === 1 ? distinct[0] : `[${distinct.join(', ')}]`,
    );
  },
};
