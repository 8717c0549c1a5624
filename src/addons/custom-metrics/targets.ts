import type { Pod } from '../../../schema/types.ts';
import { isPodActive } from '../../rules/pods.ts';

/** Where a pod says what it does. */
export interface Target {
  namespace: string;
  pod: string;
  /** of the pod, as its status has it */
  address: string;
  port: number;
  path: string;
  isHttps: boolean;
}

/** Where, as an annotation or a monitor has it. */
export interface Place {
  port: number | string | undefined;
  path?: string | undefined;
  scheme?: string | undefined;
}

const ANNOTATION = 'prometheus.io/';
const DEFAULT_PATH = '/metrics';
/** Printable, as a request's line may have it. */
const PATH = /^\/[\x21-\x7e]{0,1023}$/;

/** Whether a pod can be asked at all: it runs, at an address of its own. One in its node's network has the node's. */
export const isAsked = (pod: Pod): boolean =>
  isPodActive(pod) && pod.status?.phase === 'Running' && !pod.spec?.hostNetwork && Boolean(pod.status.podIP);

/** Undefined where the place is none. A port by name is one of the pod's containers. */
export function targetOf(pod: Pod, { port, path = DEFAULT_PATH, scheme = 'http' }: Place): Target | undefined {
  const { name, namespace = '' } = pod.metadata;
  const number = typeof port === 'string' ? portNamed(pod, port) : port;
  const lower = scheme.toLowerCase();
  const isGood = number !== undefined && Number.isInteger(number) && number >= 1 && number <= 65_535;
  if (!isGood || !PATH.test(path) || !['http', 'https'].includes(lower)) return undefined;
  return { namespace, pod: name, address: pod.status?.podIP ?? '', port: number, path, isHttps: lower === 'https' };
}

/** Where the pod's own annotations lead: the port is that of the annotation, else the first that a container has. */
export function annotatedTarget(pod: Pod): Target | undefined {
  const of = (name: string): string | undefined => pod.metadata.annotations?.[`${ANNOTATION}${name}`];
  if (of('scrape') !== 'true') return undefined;
  const said = of('port');
  const first = pod.spec?.containers
    .flatMap(({ ports = [] }) => ports)
    .find(({ protocol = 'TCP' }) => protocol === 'TCP');
  const port = said === undefined ? first?.containerPort : /^\d+$/.test(said) ? Number(said) : undefined;
  return targetOf(pod, { port, path: of('path'), scheme: of('scheme') });
}

const portNamed = ({ spec }: Pod, wanted: string): number | undefined =>
  spec?.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === wanted)?.containerPort;
