import { describe, expect, it } from 'vitest';
import type { PodTemplateSpec } from '../../schema/types.ts';
import { podTemplateHash } from '../../src/control/pod-template-hash.ts';

const template = (image: string, more: Record<string, unknown> = {}) =>
  ({
    metadata: { labels: { app: 'a' } },
    spec: {
      containers: [
        {
          name: 'c',
          image,
          ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }],
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'IfNotPresent',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      ...more,
    },
  }) as unknown as PodTemplateSpec;

describe('podTemplateHash', () => {
  // Names of ReplicaSets that kube-controller-manager made of these templates.
  it.each([
    ['x:1', {}, '596985444c'],
    ['x:2', {}, '85d85bc4c8'],
    ['x:1', { nodeSelector: { none: 'x' } }, '58ff79bd8d'],
  ])('is what Kubernetes makes of %s %j', (image, more, hash) => {
    expect(podTemplateHash(template(image, more))).toBe(hash);
  });
  it('differs after a collision', () => {
    expect(podTemplateHash(template('x:1'), 1)).not.toBe('596985444c');
  });
});
