import type {
  Container,
  HTTPGetAction,
  Lifecycle,
  LifecycleHandler,
  PodSpec,
  Probe,
} from '../../../../../schema/types.ts';
import { forbidden, invalid, notSupported, required, type FieldError, type Path } from '../../../../meta/field.ts';
import { isHttpHeaderName } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { validatePortNumberOrName } from '../../../validation/ports.ts';
import { addReasons } from '../../../validation/report.ts';
import { NOT_NEGATIVE } from '../../../validation/values.ts';

type Handler = Pick<Parts<Probe>, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<Parts<LifecycleHandler>, 'sleep'>;
const SCHEMES = ['HTTP', 'HTTPS'];

function addHttpGet(errors: FieldError[], { path, port, scheme, httpHeaders }: Parts<HTTPGetAction>, at: Path): void {
  if (!path) errors.push(required(at.child('path')));
  errors.push(...validatePortNumberOrName(port, at.child('port')));
  if (!scheme || !SCHEMES.includes(scheme)) errors.push(notSupported(at.child('scheme'), scheme ?? '', SCHEMES));
  for (const { name = '' } of httpHeaders ?? []) addReasons(errors, isHttpHeaderName(name), name, at, 'httpHeaders');
}

/** One of the ways to ask or tell a container; `handlers` in the order in which Kubernetes looks at them. */
function addHandler(
  errors: FieldError[],
  handler: Handler,
  handlers: readonly (keyof Handler)[],
  grace: number | undefined,
  at: Path,
): void {
  let found = 0;
  for (const kind of handlers) {
    const action = handler[kind];
    if (!action) continue;
    if (found++ > 0) errors.push(forbidden(at.child(kind), 'may not specify more than 1 handler type'));
    else addAction(errors, handler, kind, grace, at.child(kind));
  }
  if (found === 0) errors.push(required(at, 'must specify a handler type'));
}

function addAction(
  errors: FieldError[],
  handler: Handler,
  kind: keyof Handler,
  grace: number | undefined,
  at: Path,
): void {
  if (kind === 'exec') {
    if (!handler.exec?.command?.length) errors.push(required(at.child('command')));
  } else if (kind === 'httpGet') addHttpGet(errors, handler.httpGet!, at);
  else if (kind === 'tcpSocket') errors.push(...validatePortNumberOrName(handler.tcpSocket!.port, at.child('port')));
  else if (kind === 'grpc') errors.push(...validatePortNumberOrName(handler.grpc!.port, at.child('port')));
  else {
    const seconds = handler.sleep!.seconds ?? 0;
    if (grace !== undefined && (seconds < 0 || seconds > grace)) {
      errors.push(invalid(at, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`));
    }
  }
}

const PROBE_HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const;
const LIFECYCLE_HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'sleep'] as const;
const COUNTS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;
const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

function addProbe(
  errors: FieldError[],
  probe: Parts<Probe>,
  name: (typeof PROBES)[number],
  grace: number | undefined,
  at: Path,
): void {
  addHandler(errors, probe, PROBE_HANDLERS, grace, at);
  for (const field of COUNTS)
    if ((probe[field] ?? 0) < 0) errors.push(invalid(at.child(field), probe[field], NOT_NEGATIVE));
  const own = probe.terminationGracePeriodSeconds;
  if (own != null && own <= 0)
    errors.push(invalid(at.child('terminationGracePeriodSeconds'), own, 'must be greater than 0'));
  if (name === 'readinessProbe') {
    if (own != null)
      errors.push(invalid(at.child('terminationGracePeriodSeconds'), own, 'must not be set for readinessProbes'));
  } else if ((probe.successThreshold ?? 0) !== 1)
    errors.push(invalid(at.child('successThreshold'), probe.successThreshold ?? 0, 'must be 1'));
}

const range = (head: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${head}${from + i}`);
/** signal(7), and the real-time ones by their distance from the first or last. */
const LINUX_SIGNALS = [
  'SIGABRT',
  'SIGALRM',
  'SIGBUS',
  'SIGCHLD',
  'SIGCLD',
  'SIGCONT',
  'SIGFPE',
  'SIGHUP',
  'SIGILL',
  'SIGINT',
  'SIGIO',
  'SIGIOT',
  'SIGKILL',
  'SIGPIPE',
  'SIGPOLL',
  'SIGPROF',
  'SIGPWR',
  'SIGQUIT',
  'SIGSEGV',
  'SIGSTKFLT',
  'SIGSTOP',
  'SIGSYS',
  'SIGTERM',
  'SIGTRAP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGUSR1',
  'SIGUSR2',
  'SIGVTALRM',
  'SIGWINCH',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGRTMIN',
  ...range('SIGRTMIN+', 1, 15),
  'SIGRTMAX',
  ...range('SIGRTMAX-', 1, 14),
].sort();
const WINDOWS_SIGNALS = ['SIGKILL', 'SIGTERM'];

function addStopSignal(errors: FieldError[], signal: string, os: Parts<PodSpec>['os'], at: Path): void {
  if (!os) errors.push(forbidden(at, 'may not be set for containers with empty `spec.os.name`'));
  else {
    const signals = os.name === 'windows' ? WINDOWS_SIGNALS : os.name === 'linux' ? LINUX_SIGNALS : [signal];
    if (!signals.includes(signal)) errors.push(notSupported(at, signal, signals));
  }
}

function addLifecycle(
  errors: FieldError[],
  { postStart, preStop, stopSignal }: Parts<Lifecycle>,
  spec: Parts<PodSpec>,
  at: Path,
): void {
  const grace = spec.terminationGracePeriodSeconds;
  if (postStart) addHandler(errors, postStart, LIFECYCLE_HANDLERS, grace, at.child('postStart'));
  if (preStop) addHandler(errors, preStop, LIFECYCLE_HANDLERS, grace, at.child('preStop'));
  if (stopSignal != null) addStopSignal(errors, stopSignal, spec.os, at.child('stopSignal'));
}

/** Lifecycle and probes of a container that stays. */
export function addSupervision(
  errors: FieldError[],
  container: Parts<Container>,
  spec: Parts<PodSpec>,
  at: Path,
): void {
  if (container.lifecycle) addLifecycle(errors, container.lifecycle, spec, at.child('lifecycle'));
  for (const name of PROBES) {
    const probe = container[name];
    if (probe) addProbe(errors, probe, name, spec.terminationGracePeriodSeconds, at.child(name));
  }
}

/** What a container that ends by itself cannot have. */
export function addNoSupervision(errors: FieldError[], container: Parts<Container>, at: Path): void {
  for (const name of ['lifecycle', ...PROBES] as const) {
    if (container[name])
      errors.push(forbidden(at.child(name), 'may not be set for init containers without restartPolicy=Always'));
  }
}
