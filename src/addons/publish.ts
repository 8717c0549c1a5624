import type { EndpointSlice } from '../../schema/types.ts';
import { isStatusError } from '../meta/status.ts';
import { SERVICE_NAME } from '../rules/service-slices.ts';
import { NAMESPACE, type Manifest, type Serving } from './addon.ts';
import { answers } from './answers.ts';
import { apply, type InstallOptions } from './install.ts';
import type { Machine } from './machine.ts';
import { pause } from './pause.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
/** How often it is looked whether the EndpointSlice leads to somebody, ms. */
const CHECK_MS = 10_000;

/**
 * Says in the EndpointSlice of its Service where a server answers, from now until the signal, when it is taken back.
 * Who comes last is in it; who finds there one that does not answer (its process was killed) steps in.
 */
export async function publish(
  serving: Serving,
  machine: Machine,
  options: InstallOptions,
  isAlive = answers,
): Promise<void> {
  const { client, clock, log, signal } = options;
  let address: string | undefined;
  let said = '';
  /** Each reason once, until all is well. */
  const say = (error: string): void => {
    if (error && error !== said) log('not served', { service: serving.service, error });
    said = error;
  };
  const look = async (first: boolean): Promise<void> => {
    if (!address || !machine.owns(address)) address = machine.address();
    if (!address) return say('this machine has no address but its own loopback');
    const live = first ? undefined : await read();
    if (live && (placeOf(live) === placeOf(sliceOf(serving, address, options).object) || (await leadsToSomebody(live))))
      return;
    for (const manifest of [sliceOf(serving, address, options), ...(serving.manifests ?? [])]) {
      const error = await apply(manifest, options);
      if (error !== undefined) return say(messageOf(error));
    }
    say('');
  };
  const leadsToSomebody = async (slice: EndpointSlice): Promise<boolean> => {
    const target = targetOf(slice);
    return target !== undefined && isAlive(...target);
  };
  const read = async (): Promise<EndpointSlice | undefined> => {
    try {
      return await client.get(SLICES, NAMESPACE, serving.service);
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return undefined;
      throw error;
    }
  };
  const withdraw = async (): Promise<void> => {
    const live = await read();
    if (!live || !address || placeOf(live) !== placeOf(sliceOf(serving, address, options).object)) return;
    const { uid, resourceVersion } = live.metadata;
    await client.delete(SLICES, NAMESPACE, serving.service, { uid, resourceVersion });
  };

  for (let first = true; !signal.aborted; first = false) {
    await look(first).catch((error: unknown) => say(messageOf(error)));
    await pause(clock, CHECK_MS, signal);
  }
  // Another one may be in it meanwhile, or the API may be gone: then there is nothing to take back.
  await withdraw().catch(() => undefined);
}

type SliceManifest = Extract<Manifest, { resource: typeof SLICES }>;

function sliceOf({ service, ports }: Serving, address: string, { manager }: InstallOptions): SliceManifest {
  return {
    resource: SLICES,
    object: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: service,
        namespace: NAMESPACE,
        labels: { [SERVICE_NAME]: service, 'endpointslice.kubernetes.io/managed-by': manager },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [...ports],
    },
  };
}

type Place = Pick<SliceManifest['object'], 'endpoints' | 'ports'>;

/** Where a slice leads, to be compared. */
const placeOf = ({ endpoints = [], ports = [] }: Place): string =>
  JSON.stringify([
    endpoints.map(({ addresses }) => addresses),
    ports.map(({ name, port }) => `${name}=${port}`).sort(),
  ]);

/** The first place to which connections may go. */
function targetOf({ endpoints = [], ports = [] }: Place): [host: string, port: number] | undefined {
  const host = endpoints[0]?.addresses?.[0];
  const port = ports.find(({ protocol = 'TCP' }) => protocol === 'TCP')?.port;
  return host && port ? [host, port] : undefined;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
