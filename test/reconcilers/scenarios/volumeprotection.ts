import { expect } from 'vitest';
import { pvcprotection, pvprotection, vacprotection } from '../../../src/reconcilers/volumeprotection.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject, pod, running } from './manifests.ts';
import { claim, volume } from './persistentvolume.ts';

/** A claim that a pod uses stays until the pod is gone; one that nobody uses goes at once. */
export const pvcprotectionScenario: Scenario = {
  controllers: () => [pvcprotection],
  given: [
    claim('used', '1Gi'),
    claim('unused', '1Gi'),
    claim('kept', '1Gi'),
    pod('p', {
      spec: {
        nodeName: 'n1',
        volumes: ['used', 'kept'].map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
      },
      status: running,
    }),
  ],
  acts: [
    (cluster) => cluster.client.delete('persistentvolumeclaims', 'a', 'unused'),
    (cluster) => cluster.client.delete('persistentvolumeclaims', 'a', 'used'),
    async (cluster) => {
      const { metadata } = await cluster.client.get('persistentvolumeclaims', 'a', 'used');
      expect(metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
    },
    (cluster) => cluster.client.delete('pods', 'a', 'p', { gracePeriodSeconds: 0 }),
  ],
  async end(cluster) {
    const claims = await cluster.list('persistentvolumeclaims');
    expect(claims.map(({ metadata }) => [metadata.name, metadata.finalizers])).toEqual([
      ['kept', ['kubernetes.io/pvc-protection']],
    ]);
  },
};

/** A volume that is bound stays until it is not. */
export const pvprotectionScenario: Scenario = {
  controllers: () => [pvprotection],
  given: [
    { ...volume('bound', '1Gi'), status: { phase: 'Bound' } },
    { ...volume('free', '1Gi'), status: { phase: 'Available' } },
  ],
  acts: [
    (cluster) => cluster.client.delete('persistentvolumes', '', 'free'),
    (cluster) => cluster.client.delete('persistentvolumes', '', 'bound'),
    async (cluster) => {
      const volumes = await cluster.list('persistentvolumes');
      expect(volumes.map(({ metadata }) => metadata.name)).toEqual(['bound']);
    },
    (cluster) =>
      cluster.client.patch(
        'persistentvolumes',
        '',
        'bound',
        { status: { phase: 'Released' } },
        { subresource: 'status' },
      ),
  ],
  async end(cluster) {
    expect(await cluster.list('persistentvolumes')).toEqual([]);
  },
};

const ATTRIBUTES = 'volumeattributesclasses.storage.k8s.io';
const attributes = (name: string) =>
  clusterObject('storage.k8s.io/v1', 'VolumeAttributesClass', name, {
    driverName: 'example.com',
    parameters: { a: 'b' },
  });

/** A class of attributes stays while a claim asks for it or has it, and while a volume has it. */
export const vacprotectionScenario: Scenario = {
  controllers: () => [vacprotection, pvprotection],
  given: [
    ...['asked', 'had', 'target', 'written', 'unused'].map(attributes),
    {
      ...claim('c', '1Gi', { volumeAttributesClassName: 'asked' }),
      status: {
        phase: 'Bound',
        currentVolumeAttributesClassName: 'had',
        modifyVolumeStatus: { status: 'InProgress', targetVolumeAttributesClassName: 'target' },
      },
    },
    volume('v', '1Gi', {
      hostPath: undefined,
      csi: { driver: 'example.com', volumeHandle: 'x' },
      volumeAttributesClassName: 'written',
    }),
  ],
  acts: [
    async (cluster) => {
      for (const { metadata } of await cluster.list(ATTRIBUTES))
        await cluster.client.delete(ATTRIBUTES, '', metadata.name);
    },
    async (cluster) => {
      const left = await cluster.list(ATTRIBUTES);
      expect(left.map(({ metadata }) => metadata.name)).toEqual(['asked', 'had', 'target', 'written']);
    },
    (cluster) => cluster.client.delete('persistentvolumes', '', 'v'),
    (cluster) =>
      cluster.client.patch(
        'persistentvolumeclaims',
        'a',
        'c',
        { status: { currentVolumeAttributesClassName: 'target', modifyVolumeStatus: null } },
        { subresource: 'status' },
      ),
  ],
  async end(cluster) {
    const left = await cluster.list(ATTRIBUTES);
    expect(left.map(({ metadata }) => [metadata.name, metadata.finalizers])).toEqual([
      ['asked', ['kubernetes.io/vac-protection']],
      ['target', ['kubernetes.io/vac-protection']],
    ]);
  },
};
