import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Pod, ResourceRequirements } from '../../../schema/types.ts';
import { compareQuantity, parseQuantity } from '../../meta/quantity.ts';
import { isSidecar } from '../../rules/containers.ts';
import { replaceFile } from '../replace-file.ts';

/** What may be resized while a pod runs (KEP-1287). */
export const RESIZABLE = ['cpu', 'memory'] as const;
export type Resizable = (typeof RESIZABLE)[number];
type Resources = ResourceRequirements | undefined;

/** Which of the two differ between what a container has and what it is to have. */
export const changedResources = (a: Resources, b: Resources): Resizable[] =>
  RESIZABLE.filter(
    (name) => !same(a?.requests?.[name], b?.requests?.[name]) || !same(a?.limits?.[name], b?.limits?.[name]),
  );

const same = (a: string | undefined, b: string | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && compareQuantity(parseQuantity(a), parseQuantity(b)) === 0);

/** Containers that have resources for as long as the pod lives: the main ones and sidecars. */
export const resizableContainers = ({ spec }: Pod): Container[] => [
  ...(spec?.containers ?? []),
  ...(spec?.initContainers ?? []).filter(isSidecar),
];

/**
 * The resources that the node has given a pod, which may be others than its spec asks for by now. They outlive the agent,
 * in `pods/UID/allocation.json`.
 */
export class Allocation {
  private readonly file: string;
  private resources: Record<string, ResourceRequirements>;

  /** Takes what an earlier run of the agent gave, or gives what the pod asks for. */
  constructor(podsDir: string, pod: Pod) {
    const directory = join(podsDir, pod.metadata.uid);
    mkdirSync(directory, { recursive: true });
    this.file = join(directory, 'allocation.json');
    const known = read(this.file);
    this.resources = known ?? {};
    if (!known) this.give(pod);
  }

  /** The pod with the resources that it has. */
  applied(pod: Pod): Pod {
    const { spec } = pod;
    if (!spec || !this.differs(pod)) return pod;
    const with_ = (container: Container): Container => {
      const resources = this.resources[container.name];
      return resources ? { ...container, resources } : container;
    };
    return {
      ...pod,
      spec: {
        ...spec,
        containers: spec.containers.map(with_),
        ...(spec.initContainers && { initContainers: spec.initContainers.map(with_) }),
      },
    };
  }

  /** Whether the pod asks for other resources than it has. */
  differs(pod: Pod): boolean {
    return resizableContainers(pod).some(
      ({ name, resources }) => changedResources(this.resources[name], resources).length > 0,
    );
  }

  /** From now on the pod has what it asks for. */
  give(pod: Pod): void {
    this.resources = Object.fromEntries(resizableContainers(pod).map(({ name, resources = {} }) => [name, resources]));
    replaceFile(this.file, JSON.stringify(this.resources));
  }
}

function read(file: string): Record<string, ResourceRequirements> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, ResourceRequirements>;
  } catch {
    return undefined;
  }
}

/** A container with the resources that its pod has for it. */
export function asAllocated<C extends Container>(container: C, { spec }: Pod): C {
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const resources = all.find(({ name }) => name === container.name)?.resources;
  return resources && resources !== container.resources ? { ...container, resources } : container;
}
