import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BridgeNetwork } from '../../../src/nodes/network/bridge-network.ts';
import { probeCapabilities } from '../../../src/nodes/runtimes/process/capabilities.ts';

const folder = mkdtempSync(join(tmpdir(), 'ku7s-bridge-'));
const can = probeCapabilities(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Reported as skipped where the machine lets nobody make network namespaces.
describe.skipIf(!can.podNetwork)('networks of agents on one machine', () => {
  it('are different ones when all look for one at the same moment, and one that starts again has its own', async () => {
    const options = Array.from({ length: 6 }, (_, n) => ({
      ip: can.tools.ip!,
      directory: join(folder, `agent${n}`),
      first: 100,
    }));
    const open = () => Promise.all(options.map((each) => BridgeNetwork.open(each)));
    const networks = await open();
    try {
      const numbers = networks.map(({ network }) => network);
      expect(new Set(numbers).size).toBe(networks.length);
      expect((await open()).map(({ network }) => network)).toEqual(numbers);
      const pods = await Promise.all(networks.map((each) => each.attach('pod')));
      expect(pods.map(({ ip }) => ip)).toEqual(numbers.map((n) => `10.244.${n}.2`));
    } finally {
      await Promise.all(networks.map((each) => each.close()));
    }
  });

  const sh = (command: string): string => execFileSync('sh', ['-c', command], { encoding: 'utf8' });

  it.each<[string, (directory: string, name: string, link: string) => void]>([
    ['left all', () => undefined],
    ['lost the link', (_, __, link) => sh(`ip link delete ${link}`)],
    ['lost the namespace', (_, name) => sh(`ip netns delete ${name}`)],
    ['left a name without a namespace', (_, name) => sh(`ip netns delete ${name}; : > /run/netns/${name}`)],
    [
      'had made the namespace alone',
      (_, name, link) => sh(`ip link delete ${link}; ip netns delete ${name}; ip netns add ${name}`),
    ],
    ['had not yet given the address', (_, name) => sh(`ip -netns ${name} address flush dev eth0`)],
    ['wrote nothing down of its network', (directory) => rmSync(join(directory, 'network'))],
    ['wrote half of it', (directory) => writeFileSync(join(directory, 'network'), '')],
  ])('are taken over from an agent that %s, with the address of each pod', async (_what, leave) => {
    const directory = mkdtempSync(join(folder, 'taken-'));
    const options = { ip: can.tools.ip!, directory, first: 120 };
    const first = await BridgeNetwork.open(options);
    const before = await first.attach('pod');
    const name = before.netns!.split('/').at(-1)!;
    leave(directory, name, `ku7s${first.network}-2`);
    const next = await BridgeNetwork.open(options);
    try {
      expect(await next.attach('pod')).toEqual(before);
      expect(sh(`ip -netns ${name} -o -4 address show dev eth0`)).toContain(`${before.ip}/32`);
      expect(sh(`ip -netns ${name} route get ${next.gateway}`)).toContain('dev eth0');
    } finally {
      await next.detach('pod');
      await next.close();
    }
    expect(sh('ip netns; ip link')).not.toContain(name);
  });

  it('give a pod the address that it had before all was taken away, and take away addresses of Services', async () => {
    const directory = mkdtempSync(join(folder, 'kept-'));
    const options = { ip: can.tools.ip!, directory, first: 140 };
    const first = await BridgeNetwork.open(options);
    await first.attach('other');
    const before = await first.attach('pod');
    sh(`ip address add 10.96.77.77/32 dev ${first.bridge}`);
    const mac = readFileSync(`/sys/class/net/${first.bridge}/address`, 'utf8');
    const second = await BridgeNetwork.open(options);
    expect(sh(`ip address show dev ${second.bridge}`)).not.toContain('10.96.77.77');
    await second.close();
    expect(sh('ip netns; ip link')).not.toContain(`ku7s-${first.network}-`);
    const third = await BridgeNetwork.open(options);
    try {
      expect(await third.attach('pod')).toEqual(before);
      expect(readFileSync(`/sys/class/net/${third.bridge}/address`, 'utf8')).toBe(mac);
      // an address that is free again is not the next one's at once
      await third.detach('pod');
      expect((await third.attach('new')).ip).not.toBe(before.ip);
    } finally {
      await third.collect(() => false);
      await third.close();
    }
  });
});
