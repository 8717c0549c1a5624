import { describe, expect, it } from 'vitest';
import { violationsOf } from '../../../src/api/admission/pod-security/evaluate.ts';

// The kubelet makes these connections, and it stands on the host.
describe('hosts of probes and hooks', () => {
  const handlers = (host: string | undefined) => [
    { httpGet: { port: 80, ...(host !== undefined && { host }) } },
    { tcpSocket: { port: 80, ...(host !== undefined && { host }) } },
  ];
  const containers = (host: string | undefined) =>
    handlers(host).flatMap((handler) => [
      { livenessProbe: handler },
      { readinessProbe: handler },
      { startupProbe: handler },
      { lifecycle: { postStart: handler } },
      { lifecycle: { preStop: handler } },
    ]);
  const violations = (container: object, where: string, version?: string) =>
    violationsOf(
      { metadata: {}, spec: { containers: [{ name: 'main' }], [where]: [{ name: 'c', ...container }] } } as never,
      'baseline',
      version,
    ).map(({ text }) => text);

  it.each(['127.0.0.1', '::1', 'localhost', '0.0.0.0', '169.254.169.254', 'example.com'])('%s', (host) => {
    for (const where of ['containers', 'initContainers'])
      for (const container of containers(host)) {
        const why = `probe or lifecycle host (container "c" uses probe or lifecycle host "${host}")`;
        expect(violations(container, where)).toEqual([why]);
        expect(violations(container, where, 'v1.33')).toEqual([]);
      }
  });

  it.each([undefined, ''])('the pod itself: %j', (host) => {
    for (const container of containers(host)) expect(violations(container, 'containers')).toEqual([]);
  });
});
