import type { Pod } from '../../../schema/types.ts';
import type { Stored } from '../../store/contract.ts';
import type { Connection, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { objectAs } from '../object-as.ts';
import { containerOf } from './container.ts';
import { kubeletConnection, nodeOf } from './kubelet.ts';
import { nodeProxy, podProxy, serviceProxy } from './proxy.ts';

/** How a stream of an object is reached. `stored` is undefined only for proxies, whose names may carry scheme and port. */
export type Stream = (core: Core, target: Target, stored: Stored | undefined, query: URLSearchParams) => Connection;

const pass = (query: URLSearchParams, ...names: string[]): URLSearchParams => {
  const out = new URLSearchParams();
  for (const name of names) for (const value of query.getAll(name)) out.append(name, value);
  return out;
};

const podOf = (stored: Stored | undefined): Pod => objectAs('pods', stored!);

const logs: Stream = (core, target, stored, query) => {
  const pod = podOf(stored);
  const container = containerOf(pod, query.get('container'));
  const options = pass(
    query,
    'follow',
    'previous',
    'sinceSeconds',
    'sinceTime',
    'timestamps',
    'tailLines',
    'limitBytes',
    'stream',
  );
  return kubeletConnection(
    core,
    nodeOf(pod),
    `/containerLogs/${target.namespace}/${target.name}/${container}`,
    options,
  );
};

/** The kubelet has its own names for what a client asks. */
const running =
  (path: string): Stream =>
  (core, target, stored, query) => {
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
    return kubeletConnection(core, nodeOf(pod), `/${path}/${target.namespace}/${target.name}/${container}`, options);
  };

const portForward: Stream = (core, target, stored, query) => {
  const options = new URLSearchParams(query.getAll('ports').map((port): [string, string] => ['port', port]));
  return kubeletConnection(core, nodeOf(podOf(stored)), `/portForward/${target.namespace}/${target.name}`, options);
};

/** Whether the target's subresource is connected to, and not read or written. */
export const isStream = ({ kind, subresource }: Target): boolean =>
  streams[`${kind.storage.key}/${subresource}`] !== undefined;

export const streams: Readonly<Record<string, Stream>> = {
  'pods/log': logs,
  'pods/exec': running('exec'),
  'pods/attach': running('attach'),
  'pods/portforward': portForward,
  'pods/proxy': podProxy,
  'services/proxy': serviceProxy,
  'nodes/proxy': nodeProxy,
};
