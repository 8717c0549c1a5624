import { describe, expect, it, test } from 'vitest';
import type { Container, Pod, Service } from '../../../schema/types.ts';
import { containerEnvironment } from '../../../src/nodes/pods/container-environment.ts';
import { expandVariables } from '../../../src/nodes/pods/expand-variables.ts';
import { fieldValue } from '../../../src/nodes/pods/field-value.ts';
import { ObjectSource } from '../../../src/nodes/pods/object-source.ts';
import { serviceVariables } from '../../../src/nodes/pods/service-variables.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { givenClient } from '../given-client.ts';

const meta = (name: string, namespace = 'a') => ({
  name,
  namespace,
  uid: `uid-${name}`,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});
const pod: Pod = {
  metadata: { ...meta('p'), labels: { app: 'web', tier: 'front' }, annotations: { note: 'say "hi"\n' } },
  spec: {
    nodeName: 'n1',
    serviceAccountName: 'robot',
    containers: [{ name: 'c' }, { name: 'other', resources: { limits: { cpu: '1500m' } } }],
  },
};
const facts = { podIPs: ['10.0.0.1', 'fd00::1'], hostIP: '192.0.2.1', allocatable: { cpu: '4', memory: '8Gi' } };

test.each([
  ['plain', 'plain'],
  ['$(A)', 'one'],
  ['$(A)$(B)', 'one'],
  ['$(C)', '$(C)'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$one'],
  ['$A $', '$A $'],
  ['$(A', '$(A'],
  ['$(toString)', '$(toString)'],
])('%s expands to %s', (text, expected) => {
  expect(expandVariables(text, { A: 'one', B: '' })).toBe(expected);
});

it('expands to no more than a process can be given', () => {
  const variables: Record<string, string> = { V0: 'x'.repeat(1024) };
  const grow = (): void => {
    for (let at = 1; at < 60; at++) variables[`V${at}`] = expandVariables(`$(V${at - 1})$(V${at - 1})`, variables);
  };
  expect(grow).toThrow('argument list too long');
  expect(Object.keys(variables)).toHaveLength(7);
  const expanded = { bytes: 0 };
  const all = (): string[] => Array.from({ length: 1000 }, () => expandVariables('$(V6)', variables, expanded));
  expect(all).toThrow('argument list too long');
  expect(expanded.bytes).toBeLessThan(3 * 2 ** 20);
});

test.each([
  ['metadata.name', 'p'],
  ['metadata.namespace', 'a'],
  ['metadata.uid', 'uid-p'],
  ['metadata.labels', 'app="web"\ntier="front"'],
  ["metadata.labels['app']", 'web'],
  ["metadata.labels['none']", ''],
  ["metadata.annotations['note']", 'say "hi"\n'],
  ['metadata.annotations', 'note="say \\"hi\\"\\n"'],
  ['spec.nodeName', 'n1'],
  ['spec.serviceAccountName', 'robot'],
  ['status.hostIP', '192.0.2.1'],
  ['status.hostIPs', '192.0.2.1'],
  ['status.podIP', '10.0.0.1'],
  ['status.podIPs', '10.0.0.1,fd00::1'],
  ['status.phase', undefined],
])('the field %s is %j', (path, expected) => {
  expect(fieldValue(pod, path, facts)).toBe(expected);
});

describe('the environment', () => {
  const client = givenClient({
    'configmaps a/cm': { metadata: meta('cm'), data: { A: 'from cm', B: 'b' }, binaryData: { C: 'eA==' } },
    'secrets a/s': { metadata: meta('s'), data: { A: Buffer.from('from secret').toString('base64') } },
  });
  const env = (container: Omit<Container, 'name'>, services: Record<string, string> = {}) =>
    containerEnvironment(pod, { name: 'c', ...container }, services, new ObjectSource(client, new FakeClock()), facts);
  const from = (name: string, valueFrom: NonNullable<NonNullable<Container['env']>[number]['valueFrom']>) => ({
    env: [{ name, valueFrom }],
  });

  it.each<[string, Omit<Container, 'name'>, Record<string, string>]>([
    ['a whole config map', { envFrom: [{ configMapRef: { name: 'cm' } }] }, { A: 'from cm', B: 'b' }],
    ['a prefix', { envFrom: [{ prefix: 'X_', secretRef: { name: 's' } }] }, { X_A: 'from secret' }],
    [
      'the later source of a name',
      { envFrom: [{ configMapRef: { name: 'cm' } }, { secretRef: { name: 's' } }] },
      { A: 'from secret', B: 'b' },
    ],
    ['no source that may be missing', { envFrom: [{ configMapRef: { name: 'none', optional: true } }] }, {}],
    [
      'its own words over those of sources',
      { envFrom: [{ secretRef: { name: 's' } }], env: [{ name: 'A', value: '<$(A)>' }] },
      { A: '<from secret>' },
    ],
    [
      'only what came before',
      {
        env: [
          { name: 'X', value: '$(Y)' },
          { name: 'Y', value: 'y' },
          { name: 'Z', value: '$(Y)' },
        ],
      },
      { X: '$(Y)', Y: 'y', Z: 'y' },
    ],
    ['a key of a config map', from('K', { configMapKeyRef: { name: 'cm', key: 'B' } }), { K: 'b' }],
    ['a key of a secret', from('K', { secretKeyRef: { name: 's', key: 'A' } }), { K: 'from secret' }],
    ['no key that may be missing', from('K', { secretKeyRef: { name: 's', key: 'Z', optional: true } }), {}],
    ['a field', from('K', { fieldRef: { fieldPath: 'metadata.name' } }), { K: 'p' }],
    ['a limit of its own, or all of the node', from('K', { resourceFieldRef: { resource: 'limits.cpu' } }), { K: '4' }],
    [
      'a limit of another container',
      from('K', { resourceFieldRef: { containerName: 'other', resource: 'limits.cpu', divisor: '1m' } }),
      { K: '1500' },
    ],
  ])('has %s', async (_, container, expected) => {
    expect(await env(container)).toEqual(expected);
  });

  it('has services behind all else, and expands them', async () => {
    const services = { WEB_SERVICE_HOST: '10.96.0.1', A: 'service' };
    const container = {
      env: [
        { name: 'URL', value: 'http://$(WEB_SERVICE_HOST)' },
        { name: 'A', value: 'own' },
      ],
    };
    expect(await env(container, services)).toEqual({
      WEB_SERVICE_HOST: '10.96.0.1',
      A: 'own',
      URL: 'http://10.96.0.1',
    });
  });

  it.each([
    [{ envFrom: [{ configMapRef: { name: 'none' } }] }, 'configmap "none" not found'],
    [from('K', { secretKeyRef: { name: 'none', key: 'k' } }), 'secret "none" not found'],
    [from('K', { configMapKeyRef: { name: 'cm', key: 'k' } }), "couldn't find key k in ConfigMap a/cm"],
    [from('K', { secretKeyRef: { name: 's', key: 'k' } }), "couldn't find key k in Secret a/s"],
    [from('K', { fieldRef: { fieldPath: 'status.phase' } }), 'unsupported fieldPath: status.phase'],
  ])('of %j fails', async (container, message) => {
    await expect(env(container)).rejects.toThrow(message);
  });
});

describe('service variables', () => {
  const service = (name: string, namespace: string, spec: Service['spec']): Service => ({
    metadata: meta(name, namespace),
    spec: spec!,
  });
  const http = { name: 'http', port: 80, protocol: 'TCP' as const };
  const services = [
    service('kubernetes', 'default', { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443 }] }),
    service('my-web', 'a', { clusterIP: '10.96.0.7', ports: [http, { name: 'dns-udp', port: 53, protocol: 'UDP' }] }),
    service('headless', 'a', { clusterIP: 'None', ports: [http] }),
    service('foreign', 'b', { clusterIP: '10.96.0.8', ports: [http] }),
  ];

  it('name those of the namespace and the API server', () => {
    expect(Object.keys(serviceVariables(services, 'a', false)).every((name) => name.startsWith('KUBERNETES_'))).toBe(
      true,
    );
    const env = serviceVariables(services, 'a', true);
    expect(Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('KUBERNETES_')))).toEqual({
      MY_WEB_SERVICE_HOST: '10.96.0.7',
      MY_WEB_SERVICE_PORT: '80',
      MY_WEB_SERVICE_PORT_HTTP: '80',
      MY_WEB_SERVICE_PORT_DNS_UDP: '53',
      MY_WEB_PORT: 'tcp://10.96.0.7:80',
      MY_WEB_PORT_80_TCP: 'tcp://10.96.0.7:80',
      MY_WEB_PORT_80_TCP_PROTO: 'tcp',
      MY_WEB_PORT_80_TCP_PORT: '80',
      MY_WEB_PORT_80_TCP_ADDR: '10.96.0.7',
      MY_WEB_PORT_53_UDP: 'udp://10.96.0.7:53',
      MY_WEB_PORT_53_UDP_PROTO: 'udp',
      MY_WEB_PORT_53_UDP_PORT: '53',
      MY_WEB_PORT_53_UDP_ADDR: '10.96.0.7',
    });
  });
});
