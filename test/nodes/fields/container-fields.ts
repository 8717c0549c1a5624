import type { Probe } from '../../../schema/types.ts';
import { elsewhere, follows, idle, inContainer, parts, works, type Decision } from './decision.ts';

const ENVIRONMENT = 'test/nodes/pods/container-environment.test.ts';
const PROBES = 'test/nodes/probes/prober.test.ts';
const HOOKS = 'test/nodes/pods/pod-lifecycle.test.ts';
const EPHEMERAL = 'test/nodes/pods/ephemeral-containers.test.ts';

const FAILS: Probe = { exec: { command: ['fail'] }, periodSeconds: 1, failureThreshold: 3 };
const failing = (more: Partial<Probe>) =>
  inContainer({ livenessProbe: { ...FAILS, ...more } }, { livenessProbe: FAILS });

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
  name: works(HOOKS),
  ports: parts,
  readinessProbe: works(inContainer({ readinessProbe: FAILS })),
  resizePolicy: works('test/nodes/pods/pod-resize.test.ts'),
  resources: parts,
  restartPolicy: follows(inContainer({ restartPolicy: 'Never' })),
  restartPolicyRules: parts,
  securityContext: parts,
  startupProbe: works(inContainer({ startupProbe: FAILS })),
  stdin: works(inContainer({ stdin: true })),
  stdinOnce: works('test/nodes/server/attach-session.test.ts'),
  terminationMessagePath: works(inContainer({ terminationMessagePath: '/dev/last-words' })),
  terminationMessagePolicy: works('test/nodes/pods/termination-message.test.ts'),
  tty: works(inContainer({ tty: true })),
  volumeDevices: parts,
  volumeMounts: parts,
  workingDir: works(inContainer({ workingDir: '/srv' })),
};

const NOT_EPHEMERAL = new Set([
  'lifecycle',
  'livenessProbe',
  'ports',
  'readinessProbe',
  'resizePolicy',
  'resources',
  'restartPolicy',
  'restartPolicyRules',
  'startupProbe',
]);
const ephemeral = Object.entries(containerFields).map(([field, decision]): [string, Decision] => [
  `EphemeralContainer.${field}`,
  NOT_EPHEMERAL.has(field) ? elsewhere('the API refuses it') : decision.tried ? works(EPHEMERAL) : decision,
]);

export const containerAndProbeFields: Readonly<Record<string, Decision>> = {
  ...Object.fromEntries(Object.entries(containerFields).map(([field, decision]) => [`Container.${field}`, decision])),
  ...Object.fromEntries(ephemeral),
  'EphemeralContainer.targetContainerName': works(EPHEMERAL),
  'EnvVar.name': works(ENVIRONMENT),
  'EnvVar.value': works(inContainer({ env: [{ name: 'A', value: 'b' }] })),
  'EnvVar.valueFrom': parts,
  'EnvVarSource.configMapKeyRef': parts,
  'EnvVarSource.fieldRef': parts,
  'EnvVarSource.fileKeyRef': parts,
  'EnvVarSource.resourceFieldRef': parts,
  ...Object.fromEntries(
    ['key', 'optional', 'path', 'volumeName'].map((field) => [
      `FileKeySelector.${field}`,
      works('test/nodes/pods/env-file.test.ts'),
    ]),
  ),
  'EnvVarSource.secretKeyRef': parts,
  ...Object.fromEntries(
    ['ConfigMapKeySelector', 'SecretKeySelector'].flatMap((type) =>
      ['key', 'name', 'optional'].map((field) => [`${type}.${field}`, works(ENVIRONMENT)]),
    ),
  ),
  ...Object.fromEntries(
    ['ConfigMapEnvSource', 'SecretEnvSource'].flatMap((type) =>
      ['name', 'optional'].map((field) => [`${type}.${field}`, works(ENVIRONMENT)]),
    ),
  ),
  'ObjectFieldSelector.apiVersion': elsewhere('the API checks it'),
  'ObjectFieldSelector.fieldPath': works('test/nodes/pods/field-value.test.ts'),
  'ResourceFieldSelector.containerName': works('test/nodes/pods/field-value.test.ts'),
  'ResourceFieldSelector.divisor': works('test/nodes/pods/field-value.test.ts'),
  'ResourceFieldSelector.resource': works('test/nodes/pods/field-value.test.ts'),
  'EnvFromSource.configMapRef': parts,
  'EnvFromSource.prefix': works(ENVIRONMENT),
  'EnvFromSource.secretRef': parts,
  'Lifecycle.postStart': works(inContainer({ lifecycle: { postStart: { exec: { command: ['fail'] } } } })),
  'Lifecycle.preStop': works(inContainer({ lifecycle: { preStop: { exec: { command: ['fail'] } } } })),
  'Lifecycle.stopSignal': elsewhere('the API drops it: the gate ContainerStopSignals is closed in 1.35'),
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
    ].map((field) => [field, works(PROBES)]),
  ),
  'Probe.exec': parts,
  'Probe.failureThreshold': works(failing({ failureThreshold: 5 })),
  'Probe.grpc': parts,
  'Probe.httpGet': parts,
  'Probe.initialDelaySeconds': works(failing({ initialDelaySeconds: 6 })),
  'Probe.periodSeconds': works(failing({ periodSeconds: 3 })),
  'Probe.successThreshold': works(PROBES),
  'Probe.tcpSocket': parts,
  'Probe.terminationGracePeriodSeconds': works(PROBES),
  'Probe.timeoutSeconds': works(PROBES),
  'ContainerPort.containerPort': works(PROBES),
  'ContainerPort.hostIP': follows('test/nodes/admission/admit.test.ts'),
  'ContainerPort.hostPort': follows('test/nodes/admission/admit.test.ts'),
  'ContainerPort.name': works(PROBES),
  'ContainerPort.protocol': follows('test/nodes/admission/admit.test.ts'),
  'ContainerResizePolicy.resourceName': works('test/nodes/pods/pod-resize.test.ts'),
  'ContainerResizePolicy.restartPolicy': works('test/nodes/pods/pod-resize.test.ts'),
  'ResourceRequirements.claims': elsewhere('refused with resourceClaims'),
  'ResourceRequirements.limits': works('test/nodes/cgroups/figures.test.ts'),
  'ResourceRequirements.requests': follows(inContainer({ resources: { requests: { cpu: '100' } } })),
  'ContainerRestartRule.action': follows('test/nodes/pods/pod-phase.test.ts'),
  'ContainerRestartRule.exitCodes': parts,
  'ContainerRestartRuleOnExitCodes.operator': follows('test/nodes/pods/pod-phase.test.ts'),
  'ContainerRestartRuleOnExitCodes.values': follows('test/nodes/pods/pod-phase.test.ts'),
};
