import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Pod, ResourceResourceClaim } from '../../../schema/types.ts';
import type { Client } from '../../client/contract.ts';
import { errorMessage } from '../../meta/error-message.ts';
import type { PreparedDevice } from '../../rules/csi/messages.ts';
import { podClaimName } from '../../rules/pod-resource-claim.ts';
import { replaceFile } from '../replace-file.ts';
import type { DriverRegistry } from '../volumes/csi/driver-registry.ts';
import { DeviceError } from './device-error.ts';

const CLAIMS = 'resourceclaims.resource.k8s.io';
const SERVICE = 'k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin';

/** A claim in use on this node, as it stands in a file, so that a driver is told of its end whatever happens before. */
interface ClaimRecord {
  namespace: string;
  name: string;
  uid: string;
  /** the devices that it stood for when drivers were asked */
  devices: string;
  /** uids of the pods that use it */
  pods: string[];
  /** by driver; absent: it has been asked, and has not said so */
  drivers: Record<string, PreparedDevice[] | null>;
}

/** What a container gets of the pod's claims: names of CDI devices. By the pod's name for the claim. */
export type PodDevices = ReadonlyMap<string, readonly PreparedDevice[]>;

/**
 * Devices of claims on this node: drivers make them ready before a pod's containers start, and are told when the last
 * pod that uses a claim has ended. Each call may be made again. Source: pkg/kubelet/cm/dra.
 */
export class ClaimDevices {
  private turn: Promise<unknown> = Promise.resolve();

  /** @param directory of the records */
  constructor(
    private readonly directory: string,
    private readonly client: Client,
    private readonly registry: Pick<DriverRegistry, 'deviceDriver'>,
  ) {}

  /** @throws DeviceError */
  async prepare(pod: Pod): Promise<PodDevices> {
    if (!pod.spec?.resourceClaims?.length) return new Map();
    return this.inTurn(async () => {
      const devices = new Map<string, readonly PreparedDevice[]>();
      try {
        for (const podClaim of pod.spec?.resourceClaims ?? []) {
          const name = podClaimName(pod, podClaim)?.name;
          if (name !== undefined) devices.set(podClaim.name, await this.prepareClaim(pod, name));
        }
      } catch (error) {
        throw new DeviceError(`Failed to prepare dynamic resources: ${errorMessage(error)}`);
      }
      return devices;
    });
  }

  /** The pod's containers have ended. @throws Error where a driver does not let go of a device; it is asked again */
  unprepare(podUid: string): Promise<void> {
    return this.inTurn(async () => {
      for (const record of this.records()) {
        if (!record.pods.includes(podUid)) continue;
        const pods = record.pods.filter((uid) => uid !== podUid);
        if (pods.length === 0) await this.letGo(record);
        if (pods.length) this.write({ ...record, pods });
        else rmSync(this.path(record.uid), { force: true });
      }
    });
  }

  /** Lets go of what pods had that are gone. @throws Error, when all others have been let go */
  async collect(isKnown: (podUid: string) => boolean): Promise<void> {
    const gone = new Set(this.records().flatMap(({ pods }) => pods.filter((uid) => !isKnown(uid))));
    const ended = await Promise.allSettled([...gone].map((uid) => this.unprepare(uid)));
    const failed = ended.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.turn.then(run);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async prepareClaim(pod: Pod, name: string): Promise<readonly PreparedDevice[]> {
    const { namespace = '', uid: podUid, name: podName } = pod.metadata;
    const claim = await this.client.get(CLAIMS, namespace, name).catch((error: unknown) => {
      throw new Error(`fetch ResourceClaim ${name}: ${errorMessage(error)}`, { cause: error });
    });
    const { uid } = claim.metadata;
    if (!claim.status?.reservedFor?.some((one) => one.uid === podUid))
      throw new Error(`pod ${podName} (${podUid}) is not allowed to use ResourceClaim ${name} (${uid})`);
    const known = this.records().find((record) => record.uid === uid);
    const devices = allocatedTo(claim);
    // what a driver has not let go of yet may be somebody else's by now: this claim has other devices
    if (known && known.devices !== devices) await this.letGo(known);
    const record: ClaimRecord =
      known?.devices === devices
        ? known
        : { namespace, name, uid, devices, pods: [...(known?.pods ?? [])], drivers: {} };
    if (!record.pods.includes(podUid)) record.pods.push(podUid);
    for (const driver of driversOf(claim)) record.drivers[driver] ??= null;
    this.write(record);
    for (const [driver, prepared] of Object.entries(record.drivers)) {
      if (prepared) continue;
      record.drivers[driver] = await this.ask(driver, record);
      this.write(record);
    }
    return Object.values(record.drivers).flatMap((prepared) => prepared ?? []);
  }

  private async ask(driver: string, { namespace, name, uid }: ClaimRecord): Promise<PreparedDevice[]> {
    const { client } = this.registry.deviceDriver(driver);
    const { claims } = await client.call(`${SERVICE}/NodePrepareResources`, { claims: [{ namespace, name, uid }] });
    const answer = claims[uid];
    if (!answer) throw new Error('NodePrepareResources skipped 1 ResourceClaims');
    if (answer.error) throw new Error(`NodePrepareResources failed for ResourceClaim ${name}: ${answer.error}`);
    return answer.devices;
  }

  private async letGo({ namespace, name, uid, drivers }: ClaimRecord): Promise<void> {
    for (const driver of Object.keys(drivers)) {
      const { client } = this.registry.deviceDriver(driver);
      const { claims } = await client.call(`${SERVICE}/NodeUnprepareResources`, { claims: [{ namespace, name, uid }] });
      const answer = claims[uid];
      if (!answer) throw new Error('NodeUnprepareResources skipped 1 ResourceClaims');
      if (answer.error) throw new Error(`NodeUnprepareResources failed for ResourceClaim ${name}: ${answer.error}`);
    }
  }

  private records(): ClaimRecord[] {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    return readdirSync(this.directory)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => readRecord(join(this.directory, name)) ?? []);
  }

  private write(record: ClaimRecord): void {
    replaceFile(this.path(record.uid), JSON.stringify(record));
  }

  private path(uid: string): string {
    return join(this.directory, `${uid}.json`);
  }
}

/** Undefined for what a machine that went down has left of it, with which the devices went down too. */
function readRecord(path: string): ClaimRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ClaimRecord;
  } catch {
    return undefined;
  }
}

const allocatedTo = ({ status }: ResourceResourceClaim): string =>
  JSON.stringify(
    (status?.allocation?.devices?.results ?? []).map((one) => [one.request, one.driver, one.pool, one.device]),
  );

const driversOf = ({ status }: ResourceResourceClaim): Set<string> =>
  new Set(status?.allocation?.devices?.results?.map(({ driver }) => driver));

/** The CDI names of the devices that a container asks for. @throws Error for a claim that the pod does not have */
export function deviceIdsFor({ name, resources }: Container, devices: PodDevices): string[] {
  return (resources?.claims ?? []).flatMap(({ name: claim, request }) => {
    const prepared = devices.get(claim);
    if (!prepared) throw new Error(`container ${name}: no devices of claim ${claim}`);
    return prepared.flatMap(({ request_names: requests, cdi_device_ids: ids }) => {
      const concerns = request === undefined || requests.length === 0 || requests.some((one) => isOf(one, request));
      return concerns ? ids : [];
    });
  });
}

/** An alternative that was taken stands for its request. */
const isOf = (taken: string, request: string): boolean => taken === request || taken.startsWith(`${request}/`);
