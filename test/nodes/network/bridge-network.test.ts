import { mkdtempSync, rmSync } from 'node:fs';
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
});
