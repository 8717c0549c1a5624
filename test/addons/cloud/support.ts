import { managerOf } from '../../../src/addons/addon.ts';
import { cloud } from '../../../src/addons/cloud/cloud.ts';
import { install } from '../../../src/addons/install.ts';
import type { Reconciler } from '../../../src/control/contract.ts';
import { startCluster, type Cluster } from '../../support/cluster.ts';
import { FakeApi, type Manifest } from '../../support/fake-api.ts';
import { CLUSTER } from '../support.ts';

/** A cluster with these controllers, which have the rights of the add-on and no others. */
export async function startCloud(...reconcilers: Reconciler[]): Promise<Cluster> {
  const api = await FakeApi.open();
  await install([...cloud.manifests(CLUSTER), ...cloud.roles], {
    client: api.client,
    manager: managerOf(cloud),
    clock: api.clock,
    log: (message, fields) => {
      throw new Error(`${message} ${JSON.stringify(fields)}`);
    },
    signal: new AbortController().signal,
  });
  return startCluster(
    reconcilers.map((each) => ({ ...each, account: cloud.account })),
    { api },
  );
}

/** `Warning Reason Kind message`, once each, in the order of their making. */
export const said = async (cluster: Cluster): Promise<string[]> => {
  await cluster.advance(1);
  return cluster.events();
};

export const balancedService = (spec: object = {}, metadata: object = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', namespace: 'a', ...metadata },
  spec: { type: 'LoadBalancer', ports: [{ name: 'http', port: 80, protocol: 'TCP' }], ...spec },
});
