import type { networkInterfaces } from 'node:os';
import type { Addon, Cluster } from '../../src/addons/addon.ts';
import { AUTOSCALER_DEFAULTS } from '../../src/addons/cloud/node-group-settings.ts';
import { Machine } from '../../src/addons/machine.ts';
import type { Clock } from '../../src/rules/clock.ts';

/** Its proxy listens where nobody else can ask. */
export const CLUSTER: Cluster = {
  dnsIP: '10.96.0.10',
  domain: 'cluster.local',
  ingress: { address: '127.0.0.1', httpPort: 0, httpsPort: 0, accessLog: false },
  loadBalancerRange: '127.65.0.0/28',
  nodeGroups: { groups: [], autoscaler: AUTOSCALER_DEFAULTS },
};

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Interfaces with these addresses, one each. */
export const interfacesOf = (...addresses: string[]): Interfaces =>
  Object.fromEntries(
    addresses.map((address, i) => [
      `eth${i}`,
      [
        {
          address,
          family: 'IPv4',
          netmask: '255.0.0.0',
          mac: '',
          internal: address.startsWith('127.'),
          cidr: `${address}/8`,
        },
      ],
    ]),
  );

/** A machine with the addresses that `addresses` has when it is asked. */
export const machineWith = (clock: Clock, addresses: readonly string[]): Machine =>
  new Machine(clock, () => interfacesOf(...addresses));

/** For add-ons that need no certificate. */
export const uncertified = (service: string): Promise<never> =>
  Promise.reject(new Error(`no certificate for ${service} in this test`));

/** An add-on with a Service and an account, and no rights. */
export const addonOf = (name: string, more: Partial<Addon> = {}): Addon => ({
  name,
  account: name,
  manifests: () => [
    {
      resource: 'serviceaccounts',
      object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'kube-system' } },
    },
    {
      resource: 'services',
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: 'kube-system' },
        spec: { ports: [{ name: 'https', port: 443, protocol: 'TCP' }] },
      },
    },
  ],
  roles: [],
  ...more,
});
