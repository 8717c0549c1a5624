import type { Node } from '../../../../schema/types.ts';
import type { Printer } from '../printer.ts';
import { NONE, since, UNKNOWN } from './shared.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

function roles(labels: Record<string, string> | undefined): string {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) found.add(key.slice(ROLE_PREFIX.length));
    else if (key === ROLE_LABEL && value) found.add(value);
  }
  return [...found].sort().join(',') || NONE;
}

function statusOf({ spec, status }: Node): string {
  const ready = status?.conditions?.find((c) => c.type === 'Ready');
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return spec?.unschedulable ? `${state},SchedulingDisabled` : state;
}

const nodes: Printer = (object, now) => {
  const node = object as unknown as Node;
  const { metadata, status } = node;
  const info = status?.nodeInfo;
  const address = (type: string): string => status?.addresses?.find((a) => a.type === type)?.address ?? NONE;
  return [
    metadata.name,
    statusOf(node),
    roles(metadata.labels),
    since(metadata.creationTimestamp, now),
    info?.kubeletVersion ?? '',
    address('InternalIP'),
    address('ExternalIP'),
    info?.osImage || UNKNOWN,
    info?.kernelVersion || UNKNOWN,
    info?.containerRuntimeVersion || UNKNOWN,
  ];
};

export const nodeCells: Readonly<Record<string, Printer>> = { nodes };
