import { expect } from 'vitest';
import { STORAGE_MIGRATION, storageversionmigrator } from '../../../src/reconcilers/storageversionmigrator.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject, object } from './manifests.ts';

const GROUP = 'example.com';
const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const MIGRATIONS = 'storageversionmigrations.storagemigration.k8s.io';
const WIDGETS = `widgets.${GROUP}`;

const version = (name: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties: { n: { type: 'integer' } } } },
    },
  },
});
const spec = (stored: string) => ({
  group: GROUP,
  scope: 'Namespaced',
  names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
  versions: ['v1', 'v2'].map((name) => version(name, name === stored)),
});
const migration = (name: string, group: string, resource: string) =>
  clusterObject(STORAGE_MIGRATION, 'StorageVersionMigration', name, { spec: { resource: { group, resource } } });
const widget = (name: string) => object(`${GROUP}/v2`, 'Widget', name, { spec: { n: 1 } });

/** All objects of a definition are stored in its new version, what is not there fails, and what cannot be written too. */
export const storageversionmigratorScenario: Scenario = {
  optionalVersions: [STORAGE_MIGRATION],
  controllers: () => [storageversionmigrator],
  given: [clusterObject('apiextensions.k8s.io/v1', 'CustomResourceDefinition', WIDGETS, { spec: spec('v1') })],
  acts: [
    (cluster) => cluster.give(widget('w1'), widget('w2')),
    (cluster) => cluster.client.patch(DEFINITIONS, '', WIDGETS, { spec: spec('v2') }, { type: 'merge' }),
    (cluster) =>
      cluster.give(
        migration('widgets', GROUP, 'widgets'),
        migration('nothing', GROUP, 'gadgets'),
        migration('reviews', 'authorization.k8s.io', 'subjectaccessreviews'),
      ),
    (cluster) => cluster.give(widget('w3')),
    (cluster) => cluster.advance(61_000),
  ],
  async end({ client, api: { store } }) {
    const stateOf = async (name: string) => {
      const { status } = await client.get(MIGRATIONS, '', name);
      return {
        begun: status?.resourceVersion !== undefined,
        conditions: status?.conditions?.map(({ type, status: is, reason, message }) => [type, is, reason, message]),
      };
    };
    expect(await stateOf('widgets')).toEqual({
      begun: true,
      conditions: [
        ['Running', 'False', 'StorageVersionMigrationInProgress', ''],
        ['Succeeded', 'True', 'StorageVersionMigrationSucceeded', ''],
      ],
    });
    const failed = (message: string) => ({
      begun: true,
      conditions: [['Failed', 'True', 'StorageVersionMigrationFailed', message]],
    });
    expect(await stateOf('nothing')).toEqual(failed('resource does not exist in discovery'));
    expect(await stateOf('reviews')).toEqual(
      failed(
        'resource "authorization.k8s.io/v1, Resource=subjectaccessreviews" does not support discovery operations: [update patch list]',
      ),
    );
    const stored = store.list({ resource: WIDGETS }).items;
    expect(stored.map(({ name, object: { apiVersion } }) => [name, apiVersion])).toEqual(
      ['w1', 'w2', 'w3'].map((name) => [name, `${GROUP}/v2`]),
    );
    // nobody has become the owner of anything
    expect(stored.flatMap(({ object: { metadata } }) => metadata.managedFields?.length)).toEqual([1, 1, 1]);
    const definition = await client.get(DEFINITIONS, '', WIDGETS);
    expect(definition.status?.storedVersions).toEqual(['v1', 'v2']);
  },
};
