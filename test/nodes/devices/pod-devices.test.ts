import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/client/contract.ts';
import { deviceEdits } from '../../../src/nodes/devices/cdi.ts';
import { ClaimDevices, deviceIdsFor } from '../../../src/nodes/devices/pod-devices.ts';
import { DriverRegistry } from '../../../src/nodes/volumes/csi/driver-registry.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeDriver } from '../../support/csi-driver.ts';
import { allocated, claim, DRIVER } from '../../support/devices.ts';
import { pod } from '../../scheduler/plugins/support.ts';

const PREPARE = 'k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin/NodePrepareResources';
const UNPREPARE = 'k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin/NodeUnprepareResources';
const GPU = 'example.com/gpu=g0';

describe('devices of claims', () => {
  let directory: string;
  let driver: FakeDriver;
  let registry: DriverRegistry;
  let asked: string[];
  let fault: string;
  const reserved = claim('c', undefined, {
    allocation: allocated('n1', 'g0'),
    reservedFor: ['p', 'q'].map((name) => ({ resource: 'pods', name, uid: name })),
  });
  let current: typeof reserved;
  const client = { get: () => Promise.resolve(current) } as unknown as Client;
  const devices = () => new ClaimDevices(join(directory, 'claims'), client, registry);
  const user = (name: string) => pod(name, { resourceClaims: [{ name: 'c0', resourceClaimName: 'c' }] });

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'ku7s-dra-'));
    asked = [];
    fault = '';
    current = reserved;
    const device = { request_names: ['r'], pool_name: 'n1', device_name: 'g0', cdi_device_ids: [GPU] };
    driver = new FakeDriver(DRIVER, [], {
      'pluginregistration.Registration/GetInfo': () => ({
        type: 'DRAPlugin',
        name: DRIVER,
        endpoint: driver.endpoint,
        supported_versions: ['v1.DRAPlugin', 'v1beta1.DRAPlugin'],
      }),
      [PREPARE]: ({ claims }) => {
        asked.push(`prepare ${claims.map(({ name }) => name).join()}`);
        return {
          claims: Object.fromEntries(claims.map(({ uid }) => [uid, { devices: fault ? [] : [device], error: fault }])),
        };
      },
      [UNPREPARE]: ({ claims }) => {
        asked.push(`unprepare ${claims.map(({ name }) => name).join()}`);
        return { claims: Object.fromEntries(claims.map(({ uid }) => [uid, { error: fault }])) };
      },
    });
    const plugins = join(directory, 'plugins_registry');
    await driver.start(plugins);
    const none = (): Promise<void> => Promise.resolve();
    registry = new DriverRegistry({
      directory: plugins,
      clock: new FakeClock(0),
      log: () => undefined,
      registered: none,
      unregistered: none,
    });
    await registry.start();
  });
  afterEach(async () => {
    await registry.stop();
    driver.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  it('are prepared once for all pods of a claim (PodSpec.resourceClaims, PodResourceClaim.resourceClaimName), and let go with the last of them', async () => {
    expect(driver.told).toEqual(['']);
    const found = await devices().prepare(user('p'));
    expect(deviceIdsFor({ name: 'c', resources: { claims: [{ name: 'c0' }] } }, found)).toEqual([GPU]);
    await devices().prepare(user('q'));
    expect(asked).toEqual(['prepare c']);
    await devices().unprepare('p');
    expect(asked).toEqual(['prepare c']);
    await devices().collect(() => false);
    expect(asked).toEqual(['prepare c', 'unprepare c']);
    await devices().unprepare('q');
    expect(asked).toHaveLength(2);
  });

  it('are asked for again when a driver has failed, and so is their end', async () => {
    fault = 'broken';
    const message = 'Failed to prepare dynamic resources: NodePrepareResources failed for ResourceClaim c: broken';
    await expect(devices().prepare(user('p'))).rejects.toThrow(message);
    fault = '';
    await devices().prepare(user('p'));
    fault = 'busy';
    await expect(devices().unprepare('p')).rejects.toThrow('NodeUnprepareResources failed for ResourceClaim c: busy');
    fault = '';
    await devices().unprepare('p');
    expect(asked).toEqual(['prepare c', 'prepare c', 'unprepare c', 'unprepare c']);
  });

  it('are asked for anew when the claim has others meanwhile, after the driver has let go of the old', async () => {
    await devices().prepare(user('p'));
    fault = 'busy';
    await expect(devices().unprepare('p')).rejects.toThrow('busy');
    current = { ...reserved, status: { ...reserved.status, allocation: allocated('n1', 'g1') } };
    await expect(devices().prepare(user('q'))).rejects.toThrow('busy');
    fault = '';
    asked = [];
    await devices().prepare(user('q'));
    await devices().unprepare('p');
    expect(asked).toEqual(['unprepare c', 'prepare c']);
    await devices().unprepare('q');
    expect(asked).toEqual(['unprepare c', 'prepare c', 'unprepare c']);
  });

  it('keep no pod from its end where a machine that went down has left an empty record', async () => {
    mkdirSync(join(directory, 'claims'));
    for (const name of ['c', 'x']) writeFileSync(join(directory, 'claims', `${name}.json`), '');
    await devices().unprepare('other');
    await devices().prepare(user('p'));
    await devices().unprepare('p');
    expect(asked).toEqual(['prepare c', 'unprepare c']);
  });

  it('are not for a pod that the claim is not reserved for', async () => {
    await expect(devices().prepare(user('x'))).rejects.toThrow(
      'Failed to prepare dynamic resources: pod x (x) is not allowed to use ResourceClaim c (c)',
    );
    expect(asked).toEqual([]);
  });

  it('wait for a driver that is not there', async () => {
    driver.stop();
    rmSync(join(directory, 'plugins_registry'), { recursive: true });
    mkdirSync(join(directory, 'plugins_registry'));
    await registry.scan();
    await expect(devices().prepare(user('p'))).rejects.toThrow(`DRA driver ${DRIVER} is not registered`);
  });

  it('are those of ResourceClaim.request of the PodResourceClaim.name that ResourceRequirements.claims have as ResourceClaim.name', () => {
    const prepared = (request: string, id: string) => ({
      request_names: request ? [request] : [],
      pool_name: 'n1',
      device_name: id,
      cdi_device_ids: [id],
    });
    const all = new Map([['x', [prepared('r', 'a'), prepared('s/large', 'b'), prepared('', 'c')]]]);
    const ids = (request?: string) =>
      deviceIdsFor({ name: 'c', resources: { claims: [{ name: 'x', ...(request && { request }) }] } }, all);
    expect(ids()).toEqual(['a', 'b', 'c']);
    expect(ids('r')).toEqual(['a', 'c']);
    expect(ids('s')).toEqual(['b', 'c']);
    expect(() => deviceIdsFor({ name: 'c', resources: { claims: [{ name: 'y' }] } }, all)).toThrow(
      'no devices of claim y',
    );
  });

  it('bring what the files of their drivers say', () => {
    const [etc, run] = ['etc', 'run'].map((name) => join(directory, name));
    const file = (edits: object) => ({
      cdiVersion: '0.6.0',
      kind: 'example.com/gpu',
      containerEdits: { env: ['ALL=1'] },
      devices: [{ name: 'g0', containerEdits: edits }],
    });
    for (const folder of [etc, run]) mkdirSync(folder ?? '');
    const edits = {
      env: ['GPU=g0=x'],
      mounts: [{ hostPath: directory, containerPath: '/lib/gpu', options: ['ro', 'bind'] }],
      deviceNodes: [
        { path: '/dev/gpu0', hostPath: '/dev/null' },
        { path: '/dev/zero', permissions: 'r' },
      ],
    };
    writeFileSync(join(etc ?? '', 'a.json'), JSON.stringify(file({ env: ['GPU=old'] })));
    writeFileSync(join(etc ?? '', 'broken.yaml'), '{');
    writeFileSync(join(run ?? '', 'a.yaml'), JSON.stringify(file(edits)));
    expect(deviceEdits([GPU, GPU], [etc ?? '', run ?? '', join(directory, 'none')])).toEqual({
      env: { ALL: '1', GPU: 'g0=x' },
      mounts: [
        { source: directory, target: '/lib/gpu', readOnly: true, file: false },
        { source: '/dev/null', target: '/dev/gpu0', readOnly: false, file: true, device: true },
        { source: '/dev/zero', target: '/dev/zero', readOnly: true, file: true, device: true },
      ],
    });
    expect(() => deviceEdits(['example.com/gpu=g1'], [etc ?? ''])).toThrow(
      'unresolvable CDI devices example.com/gpu=g1',
    );
    writeFileSync(join(run ?? '', 'a.yaml'), JSON.stringify(file({ hooks: [] })));
    expect(() => deviceEdits([GPU], [run ?? ''])).toThrow('hooks is not supported by this node');
    // what takes seconds to read is not read
    writeFileSync(join(run ?? '', 'a.yaml'), `${JSON.stringify(file(edits))}${' '.repeat(256 * 1024)}`);
    expect(() => deviceEdits([GPU], [run ?? ''])).toThrow(`unresolvable CDI devices ${GPU}`);
  });
});
