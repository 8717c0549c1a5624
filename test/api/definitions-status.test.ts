import { expect, test } from 'vitest';
import type { CustomResourceDefinition } from '../../schema/types.ts';
import { wantedStatus } from '../../src/api/definitions/status.ts';
import { makeAuthority } from '../../src/start/certificates.ts';

const definition = (caBundle: string): CustomResourceDefinition => ({
  metadata: { name: 'widgets.example.com', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [{ name: 'v1', served: true, storage: true }],
    conversion: {
      strategy: 'Webhook',
      webhook: { clientConfig: { url: 'https://a.b', caBundle }, conversionReviewVersions: ['v1'] },
    },
  },
});
const established = (object: CustomResourceDefinition) =>
  wantedStatus(object, [], '2026-01-01T00:00:00Z')?.conditions?.find(({ type }) => type === 'Established');

test('a definition is not established before it is known whom its conversions are asked of', async () => {
  // as in templates, for what fills it in later
  const awaited = definition(Buffer.from('\n').toString('base64'));
  const none = { status: 'False', reason: 'InvalidCABundle', message: 'The conversion webhook CABundle is invalid' };
  expect(established(awaited)).toMatchObject(none);
  expect(
    established(
      definition(Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n').toString('base64')),
    ),
  ).toMatchObject(none);
  const status = wantedStatus(awaited, [], '2026-01-01T00:00:00Z')!;
  const { cert } = await makeAuthority('conversions');
  const filled = { ...definition(Buffer.from(cert).toString('base64')), status };
  expect(established(filled)).toMatchObject({ status: 'True', reason: 'InitialNamesAccepted' });
  expect(established(definition(''))).toMatchObject({ status: 'True' });
});
