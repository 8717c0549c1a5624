import type { Family } from './metrics.ts';

/** @returns `count` bounds, each `factor` times the one before */
const exponential = (first: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Number((first * factor ** i).toPrecision(12)));

type Type = Family['type'];
const family = (
  name: string,
  type: Type,
  help: string,
  labels: readonly string[] = [],
  buckets?: readonly number[],
): Family => ({
  name,
  type,
  help,
  labels,
  ...(buckets && { buckets }),
});

const REQUEST = ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component'];
const LONG = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'];
const LATENCY = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

/** Source: k8s.io/apiserver, pkg/endpoints/metrics. */
export const REQUESTS = {
  total: family('apiserver_request_total', 'counter', 'Requests answered, by what they were and by code.', [
    ...REQUEST,
    'code',
  ]),
  duration: family(
    'apiserver_request_duration_seconds',
    'histogram',
    'Time from a request to the end of its answer.',
    REQUEST,
    LATENCY,
  ),
  inflight: family(
    'apiserver_current_inflight_requests',
    'gauge',
    'Requests that are running, by whether they write.',
    ['request_kind'],
  ),
  longRunning: family('apiserver_longrunning_requests', 'gauge', 'Watches that are open.', LONG),
  watchEvents: family('apiserver_watch_events_total', 'counter', 'Events sent to watchers.', [
    'group',
    'version',
    'resource',
  ]),
} as const;

/** Source: k8s.io/apiserver, pkg/storage/etcd3/metrics: what etcd is there is Postgres here. */
export const STORAGE = {
  duration: family(
    'etcd_request_duration_seconds',
    'histogram',
    'Time of a write in the database, with its wait for others.',
    ['operation', 'group', 'resource'],
    LATENCY,
  ),
  total: family('etcd_requests_total', 'counter', 'Writes of the database.', ['operation', 'group', 'resource']),
  errors: family('etcd_request_errors_total', 'counter', 'Writes that the database has not answered.', [
    'operation',
    'group',
    'resource',
  ]),
  objects: family('apiserver_storage_objects', 'gauge', 'Objects that are stored.', ['resource']),
  resourceObjects: family('apiserver_resource_objects', 'gauge', 'Objects that are stored.', ['group', 'resource']),
} as const;

const WEBHOOK = ['name', 'type', 'operation'];
const CONDITION = ['name', 'kind', 'type', 'operation'];
/** Source: k8s.io/apiserver, pkg/admission/metrics. */
export const ADMISSION = {
  webhookDuration: family(
    'apiserver_admission_webhook_admission_duration_seconds',
    'histogram',
    'Time that a webhook took to answer.',
    [...WEBHOOK, 'rejected'],
    [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25],
  ),
  webhookTotal: family(
    'apiserver_admission_webhook_request_total',
    'counter',
    'Calls of webhooks, by the code that they answered with.',
    [...WEBHOOK, 'code', 'rejected'],
  ),
  webhookRejections: family(
    'apiserver_admission_webhook_rejection_count',
    'counter',
    'Requests that a webhook has stopped, by why: it said no, it could not be asked, or what it made was of no use.',
    [...WEBHOOK, 'error_type', 'rejection_code'],
  ),
  webhookFailOpen: family(
    'apiserver_admission_webhook_fail_open_count',
    'counter',
    'Calls of webhooks that failed, and that was no matter.',
    ['name', 'type'],
  ),
  conditionErrors: family(
    'apiserver_admission_match_condition_evaluation_errors_total',
    'counter',
    'Match conditions that have no value for a request.',
    CONDITION,
  ),
  conditionExclusions: family(
    'apiserver_admission_match_condition_exclusions_total',
    'counter',
    'Requests about which somebody was not asked, as a match condition says.',
    CONDITION,
  ),
  conditionDuration: family(
    'apiserver_admission_match_condition_evaluation_seconds',
    'histogram',
    'Time that match conditions took.',
    CONDITION,
    [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25],
  ),
} as const;

const FLOW = ['priority_level', 'flow_schema'];
/** Source: k8s.io/apiserver, pkg/util/flowcontrol/metrics. */
export const FLOW_CONTROL = {
  rejected: family('apiserver_flowcontrol_rejected_requests_total', 'counter', 'Requests that were sent away.', [
    ...FLOW,
    'reason',
  ]),
  dispatched: family('apiserver_flowcontrol_dispatched_requests_total', 'counter', 'Requests that were let in.', FLOW),
  wait: family(
    'apiserver_flowcontrol_request_wait_duration_seconds',
    'histogram',
    'Time that requests waited to be let in.',
    [...FLOW, 'execute'],
    [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ),
  queued: family('apiserver_flowcontrol_current_inqueue_requests', 'gauge', 'Requests that wait.', FLOW),
  executing: family(
    'apiserver_flowcontrol_current_executing_requests',
    'gauge',
    'Requests that were let in and are running.',
    FLOW,
  ),
  nominal: family('apiserver_flowcontrol_nominal_limit_seats', 'gauge', 'Seats of a level, as its shares give them.', [
    'priority_level',
  ]),
} as const;

const WORK = exponential(10e-9, 10, 10);
/** Source: k8s.io/component-base, metrics/prometheus/workqueue. */
export const WORK_QUEUE = {
  depth: family('workqueue_depth', 'gauge', 'Keys that wait.', ['name']),
  adds: family('workqueue_adds_total', 'counter', 'Keys that came.', ['name']),
  wait: family('workqueue_queue_duration_seconds', 'histogram', 'Time that keys waited.', ['name'], WORK),
  work: family('workqueue_work_duration_seconds', 'histogram', 'Time that keys were worked on.', ['name'], WORK),
  unfinished: family('workqueue_unfinished_work_seconds', 'gauge', 'Time of all work that is under way.', ['name']),
  longest: family(
    'workqueue_longest_running_processor_seconds',
    'gauge',
    'Time of the longest work that is under way.',
    ['name'],
  ),
  retries: family('workqueue_retries_total', 'counter', 'Keys that came again after a failure.', ['name']),
} as const;

/** Source: k8s.io/component-base, metrics/prometheus/restclient. */
export const REST_CLIENT = {
  duration: family(
    'rest_client_request_duration_seconds',
    'histogram',
    'Time until a request of a loop was answered.',
    ['verb', 'host'],
    [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
  ),
  total: family('rest_client_requests_total', 'counter', 'Requests of loops, by what they were answered with.', [
    'code',
    'method',
    'host',
  ]),
} as const;

/** Source: k8s.io/kubernetes, pkg/scheduler/metrics. */
export const SCHEDULER = {
  attempts: family('scheduler_schedule_attempts_total', 'counter', 'Attempts to place a pod, by what came of them.', [
    'result',
    'profile',
  ]),
  attempt: family(
    'scheduler_scheduling_attempt_duration_seconds',
    'histogram',
    'Time of an attempt, with its binding.',
    ['result', 'profile'],
    exponential(0.001, 2, 15),
  ),
  algorithm: family(
    'scheduler_scheduling_algorithm_duration_seconds',
    'histogram',
    'Time that the decision took.',
    [],
    exponential(0.001, 2, 15),
  ),
  pending: family('scheduler_pending_pods', 'gauge', 'Pods without a node, by where they wait.', ['queue']),
  podAttempts: family(
    'scheduler_pod_scheduling_attempts',
    'histogram',
    'Attempts that a pod took.',
    [],
    exponential(1, 2, 5),
  ),
  sli: family(
    'scheduler_pod_scheduling_sli_duration_seconds',
    'histogram',
    'Time from when a pod came to when it had its node.',
    ['attempts'],
    exponential(0.01, 2, 20),
  ),
  incoming: family(
    'scheduler_queue_incoming_pods_total',
    'counter',
    'Pods that came to a queue, by what brought them.',
    ['queue', 'event'],
  ),
  preemptions: family('scheduler_preemption_attempts_total', 'counter', 'Attempts to make room for a pod.'),
  victims: family('scheduler_preemption_victims', 'histogram', 'Pods that had to make room.', [], exponential(1, 2, 7)),
} as const;

/** Source: k8s.io/kubernetes, pkg/kubelet/metrics. */
export const KUBELET = {
  nodeName: family('kubelet_node_name', 'gauge', 'The name of the node; always 1.', ['node']),
  runningPods: family('kubelet_running_pods', 'gauge', 'Pods that have a running sandbox.'),
  runningContainers: family('kubelet_running_containers', 'gauge', 'Containers, by their state.', ['container_state']),
} as const;

/** As prom-client has them, for a process of Node.js; those of process_* are common to all languages. */
export const PROCESS = {
  cpu: family('process_cpu_seconds_total', 'counter', 'Processor time used.'),
  resident: family('process_resident_memory_bytes', 'gauge', 'Resident memory.'),
  virtual: family('process_virtual_memory_bytes', 'gauge', 'Address space.'),
  start: family('process_start_time_seconds', 'gauge', 'When the process began, seconds since the epoch.'),
  files: family('process_open_fds', 'gauge', 'Open files.'),
  heapUsed: family('nodejs_heap_size_used_bytes', 'gauge', 'Memory of objects.'),
  heapTotal: family('nodejs_heap_size_total_bytes', 'gauge', 'Memory that is set aside for objects.'),
  external: family('nodejs_external_memory_bytes', 'gauge', 'Memory of buffers.'),
  version: family('nodejs_version_info', 'gauge', 'The version of Node.js; always 1.', [
    'version',
    'major',
    'minor',
    'patch',
  ]),
} as const;
