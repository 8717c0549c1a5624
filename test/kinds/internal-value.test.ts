import { expect, test } from 'vitest';
import { internalValue } from '../../src/kinds/internal-value.ts';

// printed by the API server's own types of 1.35
test.each<[type: string, value: object, printed: string]>([
  [
    'io.k8s.api.networking.v1.IngressLoadBalancerIngress',
    { ip: '10.0.0.1' },
    '{"IP":"10.0.0.1","Hostname":"","Ports":null}',
  ],
  [
    'io.k8s.api.networking.v1.ParentReference',
    { group: 'g', name: 'n' },
    '{"Group":"g","Resource":"","Namespace":"","Name":"n"}',
  ],
  ['io.k8s.api.networking.v1.IngressRule', { host: 'h' }, '{"Host":"h","HTTP":null}'],
  [
    'io.k8s.api.resource.v1.ResourceClaimTemplateSpec',
    { metadata: { labels: { a: 'b' } }, spec: {} },
    '{"labels":{"a":"b"},"Spec":{"Devices":{"Requests":null,"Constraints":null,"Config":null}}}',
  ],
  ['io.k8s.api.batch.v1.SuccessPolicy', {}, '{"Rules":null}'],
  ['io.k8s.api.apps.v1.DeploymentStrategy', { type: 'x' }, '{"Type":"x","RollingUpdate":null}'],
  ['Toleration', { key: 'a' }, '{"Key":"a","Operator":"","Value":"","Effect":"","TolerationSeconds":null}'],
  [
    'SecurityContext',
    {},
    '{"Capabilities":null,"Privileged":null,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,' +
      '"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":null,' +
      '"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}',
  ],
])('%s', (type, value, printed) => expect(JSON.stringify(internalValue(type, value))).toBe(printed));
