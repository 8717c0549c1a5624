import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, posix } from 'node:path';
import type { Container, Pod } from '../../../schema/types.ts';
import { errorMessage } from '../../meta/error-message.ts';
import { oomScoreAdjust } from '../cgroups/oom-score.ts';
import { deviceEdits, type DeviceEdits } from '../devices/cdi.ts';
import { deviceIdsFor, type PodDevices } from '../devices/pod-devices.ts';
import { imageCommand } from '../images/image-command.ts';
import type { Image } from '../images/image-service.ts';
import type { PodAddress } from '../network/pod-network.ts';
import type { BindMount, ContainerSpec, PodSandbox } from '../runtimes/runtime.ts';
import { bindDevice, bindMount } from '../volumes/bind-mount.ts';
import type { VolumeSource } from '../volumes/volume-source.ts';
import type { AgentContext } from './agent-context.ts';
import { attemptCgroup } from './container-cgroup.ts';
import { ConfigError, containerEnvironment } from './container-environment.ts';
import { expandVariables } from './expand-variables.ts';
import type { PodFacts } from './field-value.ts';
import { kernelHostname } from './pod-hostname.ts';
import { rootAccounts } from './root-accounts.ts';
import { containerSecurity } from './security-context.ts';
import { serviceVariables } from './service-variables.ts';

/** What the pod's worker has made for all its containers. */
export interface Sandbox {
  address: PodAddress;
  /** the runtime's part of it */
  namespaces: PodSandbox;
  facts: PodFacts;
  /** by volume name */
  volumes: ReadonlyMap<string, VolumeSource>;
  /** by the pod's name for a claim */
  devices: PodDevices;
  etc: readonly BindMount[];
}

/** The host file that a container writes its last words to. */
export const terminationFile = (context: AgentContext, pod: Pod, name: string, attempt: number): string =>
  join(context.podsDir, pod.metadata.uid, 'messages', `${name}-${attempt}`);

/** Everything that a runtime needs to start a container. @throws ConfigError */
export async function containerSpec(
  pod: Pod,
  container: Container,
  image: Image,
  attempt: number,
  sandbox: Sandbox,
  context: AgentContext,
): Promise<ContainerSpec> {
  const { namespace = '', name, uid } = pod.metadata;
  const links = pod.spec?.enableServiceLinks ?? true;
  const services = serviceVariables(context.services(), namespace, links);
  const own = await containerEnvironment(pod, container, services, context.source, sandbox.facts, sandbox.volumes);
  const security = containerSecurity(pod, container, {
    user: image.config.user,
    accounts: rootAccounts(image.root),
    oomScoreAdj: oomScoreAdjust(pod, container, context.machine.memory),
    ...context.machine,
  });
  const edits = editsFor(container, sandbox);
  const env = {
    ...base(pod, sandbox, image, security.home, kernelHostname(pod, context.clusterDomain)),
    ...image.config.env,
    ...own,
    ...edits.env,
  };
  const expanded = { bytes: 0 };
  const expand = (texts: readonly string[] = []): string[] => texts.map((text) => expandVariables(text, own, expanded));
  const { command, args } = container;
  const message = terminationFile(context, pod, container.name, attempt);
  mkdirSync(dirname(message), { recursive: true });
  writeFileSync(message, '');
  // the container may be anybody
  chmodSync(message, 0o666);
  const mounts: BindMount[] = [
    ...sandbox.etc,
    {
      source: message,
      target: container.terminationMessagePath ?? '/dev/termination-log',
      readOnly: false,
      file: true,
    },
    ...(await mountsOf(container, sandbox, env)),
    ...edits.mounts,
  ];
  const spec: ContainerSpec = {
    pod: { namespace, name, uid },
    name: container.name,
    attempt,
    command: imageCommand({ command: expand(command), args: expand(args) }, image.config),
    env,
    workingDir: container.workingDir || image.config.workingDir || undefined,
    mounts,
    root: image.root,
    volumes: image.config.volumes.map((path) => posix.join('/', path)).filter((path) => path !== '/'),
    imageId: image.id,
    sandbox: sandbox.namespaces,
    security,
    cgroup: attemptCgroup(pod, container, attempt, mounts, context),
    stdin: container.stdin ?? false,
    tty: container.tty ?? false,
  };
  if (!spec.command.length)
    throw new ConfigError(`no command specified for container ${JSON.stringify(container.name)}`);
  return spec;
}

/** What every process has where its image says nothing: a PATH, a home, and the addresses to listen on. */
function base(pod: Pod, sandbox: Sandbox, image: Image, home: string, host: string): Record<string, string> {
  const env: Record<string, string> =
    image.root.kind === 'host'
      ? { PATH: searchPath(), HOME: process.env['HOME'] ?? '/', HOSTNAME: host }
      : { PATH: IMAGE_PATH, HOME: home, HOSTNAME: host };
  // Without a network of its own a pod must listen on its own address; these variables name it.
  if (!sandbox.address.netns && !pod.spec?.hostNetwork)
    Object.assign(env, { HOST: sandbox.address.ip, POD_IP: sandbox.address.ip, POD_LISTEN: sandbox.address.ip });
  return env;
}

/** What container runtimes give an image that names none. */
const IMAGE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The host's, and at its end the directory of this very Node, so that `node` is always found. */
function searchPath(): string {
  const path = process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const own = dirname(process.execPath);
  return path.split(delimiter).includes(own) ? path : `${path}${delimiter}${own}`;
}

/** What the devices of the container's claims bring with them. @throws ConfigError */
function editsFor(container: Container, { devices }: Sandbox): DeviceEdits {
  try {
    return deviceEdits(deviceIdsFor(container, devices));
  } catch (error) {
    throw new ConfigError(errorMessage(error));
  }
}

/** Where a container has the volumes of its pod, and its block devices. @throws ConfigError for one that is not there */
export async function mountsOf(
  container: Container,
  sandbox: Pick<Sandbox, 'volumes'>,
  env: Readonly<Record<string, string>>,
): Promise<BindMount[]> {
  const source = (name: string, use: 'mount' | 'map'): VolumeSource => {
    const found = sandbox.volumes.get(name);
    if (found && Boolean(found.block) === (use === 'map')) return found;
    const of = `volume ${JSON.stringify(name)} to ${use} into container ${JSON.stringify(container.name)}`;
    throw new ConfigError(`cannot find ${of}`);
  };
  const mounts = (container.volumeMounts ?? []).map((mount) => {
    const subPath = mount.subPathExpr ? expandVariables(mount.subPathExpr, env) : (mount.subPath ?? '');
    return bindMount(mount, source(mount.name, 'mount'), subPath);
  });
  const devices = (container.volumeDevices ?? []).map(({ name, devicePath }) =>
    bindDevice(devicePath, source(name, 'map')),
  );
  return [...(await Promise.all(mounts)), ...devices];
}
