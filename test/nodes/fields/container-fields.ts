import type { ContainerResizePolicy, EnvFromSource, EnvVarSource, Probe } from '../../../schema/types.ts';
import { containerLimits } from '../../../src/nodes/cgroups/figures.ts';
import {
  elsewhere,
  follows,
  idle,
  inContainer,
  inEphemeral,
  parts,
  seen,
  works,
  type Decision,
  type Trial,
} from './decision.ts';
import { observeAdmission, PORT } from './observe-admission.ts';
import { WRITER } from './observe.ts';

const RUN_PROBE = 'test/nodes/probes/run-probe.test.ts';
const STDIN = 'test/nodes/server/attach-session.test.ts';

export const FAILS: Probe = { exec: { command: ['fail'] }, periodSeconds: 1, failureThreshold: 3 };
const failing = (more: Partial<Probe>) =>
  inContainer({ livenessProbe: { ...FAILS, ...more } }, { livenessProbe: FAILS });

/** A variable A with this source, and with another. */
const variable = (after: EnvVarSource, before: EnvVarSource): Trial =>
  inContainer({ env: [{ name: 'A', valueFrom: after }] }, { env: [{ name: 'A', valueFrom: before }] });
const variables = (after: EnvFromSource, before: EnvFromSource): Trial =>
  inContainer({ envFrom: [after] }, { envFrom: [before] });
const ONE = { name: 'one', key: 'KEY' };
const FILE = { volumeName: 'v', path: 'f', key: 'KEY' };
/** Of a file that an init container writes into the volume v, and not into w. */
const fromFile = (
  more: Partial<typeof FILE & { optional: boolean }>,
  unless: Partial<typeof FILE & { optional: boolean }> = {},
): Trial => {
  const writer = { name: WRITER, image: 'busybox', command: ['run'], volumeMounts: [{ name: 'v', mountPath: '/v' }] };
  const pod = { initContainers: [writer], volumes: ['v', 'w'].map((name) => ({ name, emptyDir: {} })) };
  const { before, after } = variable({ fileKeyRef: { ...FILE, ...more } }, { fileKeyRef: { ...FILE, ...unless } });
  return { before: { ...before, pod }, after: { ...after, pod } };
};
const limits = { cpu: '250m' };
const cpu = { resource: 'limits.cpu' };
const withOther = {
  initContainers: [{ name: 'i', image: 'busybox', command: ['run'], restartPolicy: 'Always', resources: { limits } }],
};
const ends = { restartPolicy: 'Never' };
const rule = { action: 'Restart', exitCodes: { operator: 'In', values: [3] } };

const amounts = (text: string) => ({ requests: { cpu: text }, limits: { cpu: text } });
/** A container that is to have more of the processor, with this policy and with that one. */
const resized = (after: ContainerResizePolicy[], before: ContainerResizePolicy[]): Trial => {
  const [having, without] = [after, before].map((resizePolicy) => ({
    container: { resources: amounts('500m'), ...(resizePolicy.length && { resizePolicy }) },
    resize: amounts('1'),
  }));
  return { after: having!, before: without! };
};
const cpuPolicy = (restartPolicy: string): ContainerResizePolicy => ({ resourceName: 'cpu', restartPolicy });

/** Of Container; those of EphemeralContainer are the same where it may have them. */
const containerFields: Readonly<Record<string, Decision>> = {
  args: works(inContainer({ args: ['x'] })),
  command: works(inContainer({ command: ['other'] })),
  env: parts,
  envFrom: parts,
  image: works(inContainer({ image: 'unknown.example/x' })),
  imagePullPolicy: works(inContainer({ image: 'not-here:1', imagePullPolicy: 'Never' }, { image: 'not-here:1' })),
  lifecycle: parts,
  livenessProbe: works(inContainer({ livenessProbe: FAILS })),
  name: works(inContainer({ name: 'other' })),
  ports: parts,
  readinessProbe: works(inContainer({ readinessProbe: FAILS })),
  resizePolicy: works(resized([cpuPolicy('RestartContainer')], [])),
  resources: parts,
  restartPolicy: follows(inContainer({ restartPolicy: 'Never' })),
  restartPolicyRules: parts,
  securityContext: parts,
  startupProbe: works(inContainer({ startupProbe: FAILS })),
  stdin: works(inContainer({ stdin: true })),
  stdinOnce: works(STDIN),
  terminationMessagePath: works(inContainer({ terminationMessagePath: '/dev/last-words' })),
  terminationMessagePolicy: works(inContainer({ terminationMessagePolicy: 'FallbackToLogsOnError' })),
  tty: works(inContainer({ tty: true })),
  volumeDevices: parts,
  volumeMounts: parts,
  workingDir: works(inContainer({ workingDir: '/srv' })),
};

/** Fields that an ephemeral container may not have, and what is tried of each. */
export const SAMPLES: Readonly<Record<string, unknown>> = {
  lifecycle: { preStop: { exec: { command: ['true'] } } },
  livenessProbe: FAILS,
  ports: [{ containerPort: 80 }],
  readinessProbe: FAILS,
  resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
  resources: { requests: { cpu: '1' } },
  restartPolicy: 'Always',
  restartPolicyRules: [rule],
  startupProbe: FAILS,
};
export const NOT_EPHEMERAL = Object.keys(SAMPLES);

/** The same trial, of an ephemeral container. */
const ofEphemeral = ({ before, after }: Trial): Trial => inEphemeral(after.container ?? {}, before.container ?? {});
const ephemeral = Object.entries(containerFields).map(([field, decision]): [string, Decision] => {
  const { tried } = decision;
  if (NOT_EPHEMERAL.includes(field)) return [`EphemeralContainer.${field}`, idle('the API refuses it')];
  const how = typeof tried === 'object' && 'after' in tried ? ofEphemeral(tried) : tried;
  return [`EphemeralContainer.${field}`, how ? works(how) : decision];
});

export const containerAndProbeFields: Readonly<Record<string, Decision>> = {
  ...Object.fromEntries(Object.entries(containerFields).map(([field, decision]) => [`Container.${field}`, decision])),
  ...Object.fromEntries(ephemeral),
  'EphemeralContainer.targetContainerName': works('test/nodes/pods/ephemeral-containers.test.ts'),
  'EnvVar.name': works(inContainer({ env: [{ name: 'A', value: 'b' }] }, { env: [{ name: 'B', value: 'b' }] })),
  'EnvVar.value': works(inContainer({ env: [{ name: 'A', value: 'b' }] })),
  'EnvVar.valueFrom': parts,
  'EnvVarSource.configMapKeyRef': parts,
  'EnvVarSource.fieldRef': parts,
  'EnvVarSource.fileKeyRef': parts,
  'EnvVarSource.resourceFieldRef': parts,
  'FileKeySelector.key': works(fromFile({ key: 'OTHER' })),
  'FileKeySelector.optional': works(fromFile({ key: 'NO', optional: true }, { key: 'NO' })),
  'FileKeySelector.path': works(fromFile({ path: 'g' })),
  'FileKeySelector.volumeName': works(fromFile({ volumeName: 'w' })),
  'EnvVarSource.secretKeyRef': parts,
  'ConfigMapKeySelector.key': works(variable({ configMapKeyRef: { ...ONE, key: 'OTHER' } }, { configMapKeyRef: ONE })),
  'ConfigMapKeySelector.name': works(variable({ configMapKeyRef: { ...ONE, name: 'two' } }, { configMapKeyRef: ONE })),
  'ConfigMapKeySelector.optional': works(
    variable({ configMapKeyRef: { ...ONE, key: 'NO', optional: true } }, { configMapKeyRef: { ...ONE, key: 'NO' } }),
  ),
  'SecretKeySelector.key': works(variable({ secretKeyRef: { ...ONE, key: 'OTHER' } }, { secretKeyRef: ONE })),
  'SecretKeySelector.name': works(variable({ secretKeyRef: { ...ONE, name: 'two' } }, { secretKeyRef: ONE })),
  'SecretKeySelector.optional': works(
    variable({ secretKeyRef: { ...ONE, key: 'NO', optional: true } }, { secretKeyRef: { ...ONE, key: 'NO' } }),
  ),
  'ConfigMapEnvSource.name': works(variables({ configMapRef: { name: 'two' } }, { configMapRef: { name: 'one' } })),
  'ConfigMapEnvSource.optional': works(
    variables({ configMapRef: { name: 'none', optional: true } }, { configMapRef: { name: 'none' } }),
  ),
  'SecretEnvSource.name': works(variables({ secretRef: { name: 'two' } }, { secretRef: { name: 'one' } })),
  'SecretEnvSource.optional': works(
    variables({ secretRef: { name: 'none', optional: true } }, { secretRef: { name: 'none' } }),
  ),
  'ObjectFieldSelector.apiVersion': elsewhere('the API checks it', 'test/nodes/fields/elsewhere.test.ts'),
  'ObjectFieldSelector.fieldPath': works(
    variable({ fieldRef: { fieldPath: 'metadata.namespace' } }, { fieldRef: { fieldPath: 'metadata.name' } }),
  ),
  'ResourceFieldSelector.containerName': works({
    before: { pod: withOther, container: { env: [{ name: 'A', valueFrom: { resourceFieldRef: cpu } }] } },
    after: {
      pod: withOther,
      container: { env: [{ name: 'A', valueFrom: { resourceFieldRef: { ...cpu, containerName: 'i' } } }] },
    },
  }),
  'ResourceFieldSelector.divisor': works(
    variable({ resourceFieldRef: { ...cpu, divisor: '1m' } }, { resourceFieldRef: cpu }),
  ),
  'ResourceFieldSelector.resource': works(
    variable({ resourceFieldRef: { resource: 'limits.memory' } }, { resourceFieldRef: cpu }),
  ),
  'EnvFromSource.configMapRef': parts,
  'EnvFromSource.prefix': works(
    variables({ prefix: 'P_', configMapRef: { name: 'one' } }, { configMapRef: { name: 'one' } }),
  ),
  'EnvFromSource.secretRef': parts,
  'Lifecycle.postStart': works(inContainer({ lifecycle: { postStart: { exec: { command: ['fail'] } } } })),
  'Lifecycle.preStop': works(inContainer({ lifecycle: { preStop: { exec: { command: ['fail'] } } } })),
  'Lifecycle.stopSignal': elsewhere(
    'the API drops it: the gate ContainerStopSignals is closed in 1.35',
    'test/nodes/fields/elsewhere.test.ts',
  ),
  'LifecycleHandler.exec': parts,
  'LifecycleHandler.httpGet': parts,
  'LifecycleHandler.sleep': parts,
  'LifecycleHandler.tcpSocket': idle('Kubernetes does nothing with it, for hooks'),
  'ExecAction.command': works(
    inContainer({ livenessProbe: { ...FAILS, exec: { command: ['run'] } } }, { livenessProbe: FAILS }),
  ),
  'SleepAction.seconds': works(inContainer({ lifecycle: { preStop: { sleep: { seconds: 7 } } } })),
  ...Object.fromEntries(
    [
      'HTTPGetAction.host',
      'HTTPGetAction.httpHeaders',
      'HTTPGetAction.path',
      'HTTPGetAction.port',
      'HTTPGetAction.scheme',
      'HTTPHeader.name',
      'HTTPHeader.value',
      'TCPSocketAction.host',
      'TCPSocketAction.port',
      'GRPCAction.port',
      'GRPCAction.service',
    ].map((field) => [field, works(RUN_PROBE)]),
  ),
  'Probe.exec': parts,
  'Probe.failureThreshold': works(failing({ failureThreshold: 5 })),
  'Probe.grpc': parts,
  'Probe.httpGet': parts,
  'Probe.initialDelaySeconds': works(failing({ initialDelaySeconds: 6 })),
  'Probe.periodSeconds': works(failing({ periodSeconds: 3 })),
  'Probe.successThreshold': works('test/nodes/probes/prober.test.ts'),
  'Probe.tcpSocket': parts,
  'Probe.terminationGracePeriodSeconds': works({
    before: { deaf: true, container: { livenessProbe: FAILS } },
    after: { deaf: true, container: { livenessProbe: { ...FAILS, terminationGracePeriodSeconds: 2 } } },
  }),
  'Probe.timeoutSeconds': works(RUN_PROBE),
  'ContainerPort.containerPort': works(RUN_PROBE),
  'ContainerPort.hostIP': follows(seen(observeAdmission, { port: { ...PORT, hostIP: '192.0.2.2' } }, { port: PORT })),
  'ContainerPort.hostPort': follows(seen(observeAdmission, { port: { ...PORT, hostPort: 81 } }, { port: PORT })),
  'ContainerPort.name': works(RUN_PROBE),
  'ContainerPort.protocol': follows(seen(observeAdmission, { port: { ...PORT, protocol: 'UDP' } }, { port: PORT })),
  'ContainerResizePolicy.resourceName': works(
    resized([cpuPolicy('RestartContainer')], [{ ...cpuPolicy('RestartContainer'), resourceName: 'memory' }]),
  ),
  'ContainerResizePolicy.restartPolicy': works(resized([cpuPolicy('RestartContainer')], [cpuPolicy('NotRequired')])),
  'ResourceRequirements.claims': works('test/nodes/devices/pod-devices.test.ts'),
  'ResourceClaim.name': works('test/nodes/devices/pod-devices.test.ts'),
  'ResourceClaim.request': works('test/nodes/devices/pod-devices.test.ts'),
  'ResourceRequirements.limits': works(
    seen((resources) => containerLimits({ containers: [] }, { resources }), { limits }, {}),
  ),
  'ResourceRequirements.requests': follows(inContainer({ resources: { requests: { cpu: '100' } } })),
  'ContainerRestartRule.action': follows(inContainer({ ...ends, restartPolicyRules: [rule] }, ends)),
  'ContainerRestartRule.exitCodes': parts,
  'ContainerRestartRuleOnExitCodes.operator': follows(
    inContainer(
      { ...ends, restartPolicyRules: [{ ...rule, exitCodes: { operator: 'NotIn', values: [3] } }] },
      { ...ends, restartPolicyRules: [rule] },
    ),
  ),
  'ContainerRestartRuleOnExitCodes.values': follows(
    inContainer(
      { ...ends, restartPolicyRules: [{ ...rule, exitCodes: { operator: 'In', values: [4] } }] },
      { ...ends, restartPolicyRules: [rule] },
    ),
  ),
};
