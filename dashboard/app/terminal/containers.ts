import type { WholeObject } from '../object/use-object.ts';

export interface Container {
  name: string;
  /** '' for those that do the pod's work */
  role: '' | 'init' | 'debug';
  /** `running`, or why it is not; '' where nothing is known yet */
  state: string;
}

interface Named {
  name: string;
  ports?: readonly { containerPort: number; protocol?: string }[];
}
interface Status {
  name: string;
  state?: { running?: object; waiting?: { reason?: string }; terminated?: { reason?: string } };
}
interface Pod {
  spec?: { containers?: readonly Named[]; initContainers?: readonly Named[]; ephemeralContainers?: readonly Named[] };
  status?: {
    containerStatuses?: readonly Status[];
    initContainerStatuses?: readonly Status[];
    ephemeralContainerStatuses?: readonly Status[];
  };
}

const stateOf = ({ state }: Status): string =>
  state?.running ? 'running' : (state?.waiting?.reason ?? state?.terminated?.reason ?? '');

/** All containers of a pod: those that do its work first, then those for debugging, then those before it. */
export function containersOf(object: WholeObject): Container[] {
  const { spec = {}, status = {} } = object as Pod;
  const states = new Map(
    [status.containerStatuses, status.initContainerStatuses, status.ephemeralContainerStatuses]
      .flatMap((all) => all ?? [])
      .map((each) => [each.name, stateOf(each)]),
  );
  const of = (all: readonly Named[] | undefined, role: Container['role']): Container[] =>
    (all ?? []).map(({ name }) => ({ name, role, state: states.get(name) ?? '' }));
  return [...of(spec.containers, ''), ...of(spec.ephemeralContainers, 'debug'), ...of(spec.initContainers, 'init')];
}

/** The TCP ports that a pod says it has. */
export const portsOf = (object: WholeObject): string[] =>
  ((object as Pod).spec?.containers ?? [])
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
    .map(({ containerPort }) => String(containerPort));
