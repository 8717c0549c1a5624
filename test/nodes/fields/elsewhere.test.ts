import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Container, Pod, PodSpec, Volume } from '../../../schema/types.ts';
import { FakeApi } from '../../support/fake-api.ts';

let fake: FakeApi;
beforeAll(async () => void (fake = await FakeApi.open()));
afterAll(() => fake.close());

let count = 0;
/** The spec of a pod as the API keeps it. */
async function kept(spec: Partial<PodSpec>, container: Partial<Container> = {}): Promise<PodSpec> {
  const metadata = { name: `p${++count}`, namespace: 'a' };
  const manifest = { apiVersion: 'v1', kind: 'Pod', metadata };
  const containers = [{ name: 'c', image: 'i', ...container }];
  const [made] = (await fake.give({ ...manifest, spec: { ...spec, containers } })) as Pod[];
  return made?.spec ?? { containers: [] };
}

it.each([
  ['a volume', undefined, 1],
  ['no volume', false, 0],
])('the API adds %s for a token: PodSpec.automountServiceAccountToken is %s', async (_, wanted, volumes) => {
  const made = await kept(wanted === undefined ? {} : { automountServiceAccountToken: wanted });
  expect(made.volumes ?? []).toHaveLength(volumes);
  expect(made.containers[0]?.volumeMounts ?? []).toHaveLength(volumes);
});

it('the API drops Lifecycle.stopSignal, VolumeProjection.clusterTrustBundle and VolumeProjection.podCertificate, of closed gates', async () => {
  const projected = [
    { clusterTrustBundle: { name: 'b', path: 'p' } },
    { podCertificate: { signerName: 'example.com/s', keyType: 'ED25519', credentialBundlePath: 'c' } },
    { downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } },
  ];
  const volumes = [{ name: 'v', projected: { sources: projected } }] as Volume[];
  const made = await kept(
    { volumes, automountServiceAccountToken: false, os: { name: 'linux' } },
    { lifecycle: { stopSignal: 'SIGUSR1', preStop: { sleep: { seconds: 1 } } } },
  );
  expect(made.containers[0]?.lifecycle).toEqual({ preStop: { sleep: { seconds: 1 } } });
  const sources = made.volumes?.[0]?.projected?.sources?.map((source) => Object.keys(source));
  expect(sources).toEqual([[], [], ['downwardAPI']]);
});

it('the API checks ObjectFieldSelector.apiVersion, and says which one it takes where there is none', async () => {
  const env = (apiVersion?: string) => ({
    env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name', ...(apiVersion && { apiVersion }) } } }],
  });
  const made = await kept({}, env());
  expect(made.containers[0]?.env?.[0]?.valueFrom?.fieldRef?.apiVersion).toBe('v1');
  await expect(kept({}, env('v2'))).rejects.toThrow('fieldRef');
});
