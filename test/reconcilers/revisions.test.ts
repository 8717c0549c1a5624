import { afterEach, describe, expect, it } from 'vitest';
import { daemonset } from '../../src/reconcilers/daemonset.ts';
import { statefulset } from '../../src/reconcilers/statefulset.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';

const KINDS = {
  statefulset: {
    resource: 'statefulsets.apps',
    reconciler: () => statefulset,
    spec: { serviceName: 's', replicas: 0 },
  },
  daemonset: { resource: 'daemonsets.apps', reconciler: daemonset, spec: {} },
};
const templateOf = (image: string) => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image }] },
});

describe.each(Object.entries(KINDS))('the revisions of a %s', (_, { resource, reconciler, spec }) => {
  let cluster: Cluster;
  afterEach(() => cluster.stop());
  const start = async () => {
    cluster = await startCluster([reconciler()]);
    await cluster.put(resource, {
      metadata: { name: 'w', namespace: 'a' },
      spec: { selector: { matchLabels: { app: 'a' } }, template: templateOf('x:1'), ...spec },
    });
    await cluster.advance(1000);
  };
  const use = async (image: string) => {
    await cluster.edit(resource, 'a', 'w', (object) => (object['spec'].template = templateOf(image)));
    await cluster.advance(1000);
  };
  /** image → number, digit by digit */
  const numbers = async () => {
    const { controllerRevisions } = await cluster.client.query<{ controllerRevisions: { items: { yaml: string }[] } }>(
      '{ controllerRevisions(namespace: "a") { items { yaml } } }',
    );
    const of = ({ yaml }: { yaml: string }) => [/image: (\S+)/.exec(yaml)?.[1], /^revision: (\S+)$/m.exec(yaml)?.[1]];
    return Object.fromEntries(controllerRevisions.items.map(of)) as Record<string, string>;
  };
  const renumber = async (image: string, number: string) => {
    const revisions = await cluster.list('controllerrevisions.apps');
    const { metadata } = revisions.find((each) => JSON.stringify(each).includes(`"${image}"`))!;
    await cluster.client.query(`mutation {
      patchObject(resource: "controllerrevisions.apps", namespace: "a", name: "${metadata.name}", patch: { revision: ${number} })
    }`);
    await cluster.advance(1000);
  };

  it.each([
    ['7', '8', '9'],
    ['9007199254740990', '9007199254740991', '9007199254740992'],
    ['9007199254740991', '9007199254740992', '9007199254740993'],
    ['9007199254740992', '9007199254740993', '9007199254740994'],
    ['9223372036854775800', '9223372036854775801', '9223372036854775802'],
  ])('are counted on from %s: a new one, and an old one that comes again', async (first, second, third) => {
    await start();
    expect(await numbers()).toEqual({ 'x:1': '1' });
    await renumber('x:1', first);
    await use('x:2');
    expect(await numbers()).toEqual({ 'x:1': first, 'x:2': second });
    await use('x:1');
    expect(await numbers()).toEqual({ 'x:1': third, 'x:2': second });
  });

  it('are told apart where doubles are the same', async () => {
    await start();
    await use('x:2');
    // 9007199254740992 and …993 are one double
    await renumber('x:1', '9007199254740992');
    await renumber('x:2', '9007199254740993');
    await use('x:1');
    expect(await numbers()).toEqual({ 'x:1': '9007199254740994', 'x:2': '9007199254740993' });
  });

  it('do not begin anew behind the last number of 64 bits', async () => {
    await start();
    await renumber('x:1', '9223372036854775807');
    await use('x:2');
    expect(await numbers()).toEqual({ 'x:1': '9223372036854775807' });
  });
});
