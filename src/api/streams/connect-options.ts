import type { KubeObject } from '../../meta/object.ts';
import type { Shown } from '../admission/plugin.ts';
import type { Target } from '../contract.ts';
import { newObject } from '../new-object.ts';

type Read = (query: URLSearchParams, path: string) => Record<string, unknown>;

const flag = (query: URLSearchParams, name: string): object | undefined => {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false' ? { [name]: true } : undefined;
};
const attached: Read = (query) => {
  const container = query.get('container');
  const flags = ['stdin', 'stdout', 'stderr', 'tty'].map((name) => flag(query, name));
  return Object.assign({}, ...flags, container ? { container } : undefined) as Record<string, unknown>;
};
const proxied: Read = (_, path) => (path ? { path } : {});

/** What a stream is asked for with, by resource and subresource. Logs are read, and nobody is asked about reads. */
const OPTIONS: Readonly<Record<string, { kind: string; read: Read }>> = {
  'pods/exec': {
    kind: 'PodExecOptions',
    read: (query, path) => ({ ...attached(query, path), command: query.getAll('command') }),
  },
  'pods/attach': { kind: 'PodAttachOptions', read: attached },
  'pods/portforward': {
    kind: 'PodPortForwardOptions',
    read: (query) => (query.has('ports') ? { ports: query.getAll('ports').map(Number) } : {}),
  },
  'pods/proxy': { kind: 'PodProxyOptions', read: proxied },
  'services/proxy': { kind: 'ServiceProxyOptions', read: proxied },
  'nodes/proxy': { kind: 'NodeProxyOptions', read: proxied },
};

/** The object that admission is asked about when a stream is opened; undefined where it is not asked. */
export function connectOptions(
  { kind, subresource }: Target,
  query: URLSearchParams,
  path: string,
): { object: KubeObject; shown: Shown } | undefined {
  const options = OPTIONS[`${kind.storage.key}/${subresource}`];
  if (!options) return undefined;
  const object = newObject({}, options.read(query, path));
  const head = { kind: options.kind, apiVersion: 'v1' };
  return {
    object,
    shown: {
      kind: { ...kind, kind: options.kind },
      of: ({ metadata: _, ...rest }) => ({ ...head, ...rest }) as KubeObject,
      into: (into, made) => Object.assign(into, made),
    },
  };
}
