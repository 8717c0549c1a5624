import type { Pod } from '../../../schema/types.ts';
import type { Stored } from '../../store/contract.ts';
import type { Connection, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { objectAs } from '../object-as.ts';
import { containerOf } from './container.ts';
import { kubeletConnection, nodeOf } from './kubelet.ts';
import { nodeProxy, podProxy, serviceProxy, type Asked } from './proxy.ts';
import { pathOf } from './target-url.ts';

/** A stream that is asked for. */
export interface Asking extends Asked {
  core: Core;
  target: Target;
  /** the pod; proxies, whose names may carry scheme and port, find their own object */
  stored: Stored | undefined;
  query: URLSearchParams;
}

/** How a stream of an object is reached. Throws StatusError where it is not. */
export type Stream = (asking: Asking) => Connection | Promise<Connection>;

/** Parameters of a log that are the kubelet's too. */
const LOG_OPTIONS = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes'];

const searchOf = (options: URLSearchParams): string => (options.size > 0 ? `?${options}` : '');

const podOf = (stored: Stored | undefined): Pod => objectAs('pods', stored!);

const logs: Stream = ({ core, target, stored, query }) => {
  const pod = podOf(stored);
  const container = containerOf(pod, query.get('container'));
  const options = new URLSearchParams();
  for (const name of LOG_OPTIONS) for (const value of query.getAll(name)) options.append(name, value);
  const path = pathOf('containerLogs', target.namespace, target.name, container);
  return kubeletConnection(core, nodeOf(pod), path, searchOf(options));
};

/** The kubelet has its own names for what a client asks. */
const running =
  (verb: string): Stream =>
  ({ core, target, stored, query }) => {
    const pod = podOf(stored);
    const container = containerOf(pod, query.get('container'));
    const options = new URLSearchParams();
    const flag = (from: string, to: string): void => {
      if (['true', '1'].includes(query.get(from) ?? '')) options.append(to, '1');
    };
    flag('stdin', 'input');
    flag('stdout', 'output');
    flag('stderr', 'error');
    flag('tty', 'tty');
    for (const word of query.getAll('command')) options.append('command', word);
    const path = pathOf(verb, target.namespace, target.name, container);
    return kubeletConnection(core, nodeOf(pod), path, searchOf(options));
  };

const portForward: Stream = ({ core, target, stored, query }) => {
  const options = new URLSearchParams(query.getAll('ports').map((port): [string, string] => ['port', port]));
  const path = pathOf('portForward', target.namespace, target.name);
  return kubeletConnection(core, nodeOf(podOf(stored)), path, searchOf(options));
};

/** Whether the target's subresource is connected to, and not read or written. */
export const isStream = ({ kind, subresource }: Target): boolean =>
  streams[`${kind.storage.key}/${subresource}`] !== undefined;

const proxy =
  (find: (core: Core, target: Target, asked: Asked) => Connection | Promise<Connection>): Stream =>
  ({ core, target, ...asked }) =>
    find(core, target, asked);

export const streams: Readonly<Record<string, Stream>> = {
  'pods/log': logs,
  'pods/exec': running('exec'),
  'pods/attach': running('attach'),
  'pods/portforward': portForward,
  'pods/proxy': proxy(podProxy),
  'services/proxy': proxy(serviceProxy),
  'nodes/proxy': proxy(nodeProxy),
};
