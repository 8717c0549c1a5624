import { describe, expect, test } from 'vitest';
import { decode } from '../../src/kinds/decode.ts';
import type { Kind } from '../../src/kinds/kind.ts';
import { jsonSyntaxError } from '../../src/go/json-syntax.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { at } from '../support/at.ts';

const registry = createRegistry();
const kindOf = (apiVersion: string, kind: string): Kind => {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return registry.byKind(group as string, version as string, kind) as Kind;
};
const configMap = kindOf('v1', 'ConfigMap');
const deployment = kindOf('apps/v1', 'Deployment');
const pod = kindOf('v1', 'Pod');
const read = (kind: Kind, body: object | string, mode = 'Warn', warnings: string[] = [], type = ''): KubeObject =>
  decode(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), type, kind, mode, (w) =>
    warnings.push(w),
  );
const why = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('decoding', () => {
  test('fills in kind, apiVersion and structs, and drops nulls', () => {
    expect(read(deployment, { metadata: { name: 'd', labels: null }, spec: { replicas: null } })).toEqual({
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: { name: 'd' },
      spec: {
        strategy: {},
        template: { metadata: {}, spec: {} },
      },
      status: {},
    });
  });
  test.each([
    [configMap, { data: { a: 1 } }, 'json: cannot unmarshal number into Go struct field ConfigMap.data of type string'],
    [
      deployment,
      { spec: { replicas: '3' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      deployment,
      { spec: { replicas: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      deployment,
      { spec: [] },
      'json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec',
    ],
    [configMap, { binaryData: { a: '!' } }, 'illegal base64 data at input byte 0'],
    [configMap, { binaryData: { a: 'YQ=' } }, 'illegal base64 data at input byte 3'],
    [
      pod,
      { spec: { volumes: [{ emptyDir: { medium: 1 } }] } },
      'json: cannot unmarshal number into Go struct field EmptyDirVolumeSource.spec.volumes.VolumeSource.emptyDir.medium of type v1.StorageMedium',
    ],
    [
      pod,
      { spec: { containers: [{ resources: { limits: [] } }] } },
      'json: cannot unmarshal array into Go struct field ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList',
    ],
    // a type with a decoder of its own stops the decoding
    [
      pod,
      { spec: { hostNetwork: 1, containers: [{ resources: { limits: { cpu: 'x' } } }] } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      pod,
      '{"spec":{"terminationGracePeriodSeconds":1e3}}',
      'json: cannot unmarshal number 1e3 into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64',
    ],
    [
      pod,
      '{"spec":{"terminationGracePeriodSeconds":9223372036854775808}}',
      'json: cannot unmarshal number 9223372036854775808 into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64',
    ],
    [
      configMap,
      { metadata: { creationTimestamp: 'x' } },
      'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
    ],
  ])('refuses wrong types with the words of Go', (kind, body, message) => {
    expect(why(() => read(kind, body))).toBe(
      `${kind.kind} in version "v1" cannot be handled as a ${kind.kind}: ${message}`,
    );
  });
  test('names unknown and repeated fields', () => {
    const body = { spec: { template: { spec: { containers: [{ name: 'c', imagePulPolicy: 'x' }] } }, replicaz: 1 } };
    const head = 'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error:';
    expect(why(() => read(deployment, body, 'Strict'))).toBe(
      `${head} unknown field "spec.template.spec.containers[0].imagePulPolicy", unknown field "spec.replicaz"`,
    );
    const warnings: string[] = [];
    const object = read(configMap, '{"metadata":{"name":"a"},"Data":{},"data":{"a":"1","a":"\\"2"}}', '', warnings);
    expect(object['data']).toEqual({ a: '"2' });
    expect(warnings).toEqual(['unknown field "Data"', 'duplicate field "data.a"']);
    read(deployment, body, 'Ignore', warnings);
    expect(warnings).toHaveLength(2);
  });
  test('refuses what claims to be something else', () => {
    expect(why(() => read(configMap, { apiVersion: 'v1', kind: 'Pod' }))).toBe(
      'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    );
    expect(why(() => read(configMap, { apiVersion: 'v9', kind: 'ConfigMap' }))).toBe(
      'ConfigMap in version "v9" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v9" in scheme "pkg/runtime/scheme.go:111"',
    );
    expect(
      why(() =>
        read(kindOf('autoscaling/v1', 'HorizontalPodAutoscaler'), {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
        }),
      ),
    ).toBe('the API version in the data (autoscaling/v2) does not match the expected API version (autoscaling/v1)');
  });
  test.each(['not json', '[]', '', '"x"', '{"apiVersion":1}', `${'['.repeat(20_000)}${']'.repeat(20_000)}`])(
    'refuses %.20s as no object',
    (body) => {
      expect(why(() => read(configMap, body))).toMatch(
        /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: ./,
      );
    },
  );
  test.each([
    ['not json', "invalid character 'o' in literal null (expecting 'u')"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{"a":"\n"}', "invalid character '\\n' in string literal"],
    ['{"a":01}', "invalid character '1' after object key:value pair"],
    ['{"a":tr', "invalid character ' ' in literal true (expecting 'u')"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['{"a":é}', "invalid character 'Ã' looking for beginning of value"],
    ['{"a":', 'unexpected end of JSON input'],
    ['{}', undefined],
  ])('says of %s what Go says', (text, message) => expect(jsonSyntaxError(text)).toBe(message));
  test.each([
    [
      '{"zz":1,"data":{"a":"1","a":"2"},"zz":{"b":1,"b":2},"data":{}}',
      ['unknown field "zz"', 'duplicate field "data.a"', 'duplicate field "data"'],
    ],
    [
      '{"metadata":{"foo":1,"name":"x","name":"y"}}',
      ['unknown field "metadata.foo"', 'duplicate field "metadata.name"'],
    ],
  ])('tells unknown and repeated fields of %s in order, each once', (text, told) => {
    const warnings: string[] = [];
    read(configMap, text, '', warnings);
    expect(warnings).toEqual(told);
  });
  test('keeps 64 bits of an integer', () => {
    const read64 = read(
      pod,
      '{"spec":{"terminationGracePeriodSeconds":9223372036854775807,"activeDeadlineSeconds":9007199254740991}}',
    );
    expect([at(read64, 'spec.terminationGracePeriodSeconds'), at(read64, 'spec.activeDeadlineSeconds')]).toEqual([
      9223372036854775807n,
      9007199254740991,
    ]);
  });
  test('shows the byte of what is no text, as Go does', () => {
    const body = Buffer.concat([Buffer.from('{"a":'), Buffer.from([0xff]), Buffer.from('}')]);
    expect(why(() => decode(body, 'application/json', configMap, 'Warn', () => undefined))).toContain(
      "json parse error: invalid character 'ÿ' looking for beginning of value (",
    );
  });
  test('takes the last of repeated keys of YAML, and refuses them in strict mode', () => {
    const yaml = 'data:\n  a: x\n  a: z\n';
    expect(read(configMap, yaml, 'Warn', [], 'application/yaml')['data']).toEqual({ a: 'z' });
    expect(why(() => read(configMap, yaml, 'Strict', [], 'application/yaml'))).toMatch(
      /: yaml: unmarshal errors:\n {2}line 3: key "a" already set in map$/,
    );
  });
  test('reads YAML, and no other media type', () => {
    const yaml = 'metadata:\n  name: a\n  creationTimestamp: 2024-01-01T00:00:00Z\ndata:\n  k: 12:30\n';
    const object = read(configMap, yaml, '', [], 'application/yaml');
    expect([object['data'], object.metadata.creationTimestamp]).toEqual([{ k: '12:30' }, '2024-01-01T00:00:00Z']);
    expect(why(() => read(configMap, 'x', '', [], 'text/plain'))).toMatch(
      /^the body of the request was in an unknown format/,
    );
  });
  test('writes quantities and times canonically', () => {
    const pod = read(kindOf('v1', 'Pod'), {
      metadata: { creationTimestamp: '2024-01-01T02:00:00+02:00' },
      spec: { containers: [{ name: 'c', resources: { requests: { cpu: 0.5, memory: '1024Mi' } } }] },
    });
    expect(at(pod, 'spec.containers.0.resources.requests')).toEqual({ cpu: '500m', memory: '1Gi' });
    expect(pod.metadata.creationTimestamp).toBe('2024-01-01T00:00:00Z');
  });
  test('keeps a key named __proto__ a key', () => {
    const object = read(configMap, '{"data":{"__proto__":"x"}}');
    expect(JSON.stringify(object['data'])).toBe('{"__proto__":"x"}');
    expect(Object.getPrototypeOf(object['data'])).toBe(Object.prototype);
  });
});
