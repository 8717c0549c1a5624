import { freemem, totalmem } from 'node:os';
import type { PodWorker } from '../pods/pod-worker.ts';
import { usageOf } from '../runtimes/process/process-table.ts';

/** The kubelet's Summary API, as far as processes tell: CPU time and resident memory of each container's own process. */
export function statsSummary(nodeName: string, workers: readonly PodWorker[], now: number): Record<string, unknown> {
  const time = new Date(now).toISOString();
  return {
    node: {
      nodeName,
      memory: {
        time,
        availableBytes: freemem(),
        usageBytes: totalmem() - freemem(),
        workingSetBytes: totalmem() - freemem(),
      },
    },
    pods: workers.map(({ object, containers }) => ({
      podRef: { name: object.metadata.name, namespace: object.metadata.namespace, uid: object.metadata.uid },
      startTime: object.status?.startTime,
      containers: containers
        .filter((each) => each.running)
        .map((each) => {
          const usage = usageOf(each.running!.pid);
          return {
            name: each.name,
            startTime: new Date(each.running!.startedAt).toISOString(),
            cpu: { time, usageCoreNanoSeconds: usage.cpu },
            memory: { time, workingSetBytes: usage.memory, rssBytes: usage.memory },
          };
        }),
    })),
  };
}

/** The resource metrics endpoint (`/metrics/resource`) in the text format of Prometheus. */
export function resourceMetrics(workers: readonly PodWorker[]): string {
  const cpu: string[] = [];
  const memory: string[] = [];
  for (const { object, containers } of workers) {
    for (const each of containers.filter(({ running }) => running)) {
      const labels = `container="${each.name}",namespace="${object.metadata.namespace}",pod="${object.metadata.name}"`;
      const usage = usageOf(each.running!.pid);
      cpu.push(`container_cpu_usage_seconds_total{${labels}} ${usage.cpu / 1e9}`);
      memory.push(`container_memory_working_set_bytes{${labels}} ${usage.memory}`);
    }
  }
  return [
    '# TYPE container_cpu_usage_seconds_total counter',
    ...cpu,
    '# TYPE container_memory_working_set_bytes gauge',
    ...memory,
    '# TYPE kubelet_running_pods gauge',
    `kubelet_running_pods ${workers.length}`,
    '',
  ].join('\n');
}
