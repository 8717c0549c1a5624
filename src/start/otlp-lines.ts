import type { LogEntry } from '../api/logs/contract.ts';
import type { LineExporter } from '../api/logs/export-lines.ts';
import { packageVersion } from './package-version.ts';

/** ms that a collector has to take what is sent */
const TIMEOUT_MS = 10_000;

/**
 * Sends lines to an OpenTelemetry collector by OTLP over gRPC; the attributes are those of the semantic conventions for
 * Kubernetes. The packages are loaded only where this is wanted. @param endpoint `HOST:PORT`, or a URL
 */
export async function otlpLines(endpoint: string): Promise<LineExporter> {
  const [{ OTLPLogExporter }, { resourceFromAttributes }, { SeverityNumber }] = await Promise.all([
    import('@opentelemetry/exporter-logs-otlp-grpc'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/api-logs'),
  ]);
  const url = endpoint.includes('://') ? endpoint : `http://${endpoint}`;
  const exporter = new OTLPLogExporter({ url, timeoutMillis: TIMEOUT_MS });
  const scope = { name: 'ku7s', version: packageVersion() };
  const resources = new Map<string, ReturnType<typeof resourceFromAttributes>>();
  /** Lines of one container are one resource, as collectors group them. */
  const resourceOf = (entry: LogEntry) => {
    const attributes = attributesOf(entry);
    const key = JSON.stringify(attributes);
    let resource = resources.get(key);
    if (!resource) {
      if (resources.size > MAX_RESOURCES) resources.clear();
      resources.set(key, (resource = resourceFromAttributes(attributes)));
    }
    return resource;
  };
  return {
    send: (entries) =>
      new Promise((resolve, reject) => {
        const records = entries.map((entry) => {
          const time = [Math.floor(entry.at / 1e6), (entry.at % 1e6) * 1000] as [number, number];
          return {
            hrTime: time,
            hrTimeObserved: time,
            severityNumber: SeverityNumber.UNSPECIFIED,
            body: entry.text,
            resource: resourceOf(entry),
            instrumentationScope: scope,
            attributes: { 'log.iostream': entry.stream },
            droppedAttributesCount: 0,
          };
        });
        exporter.export(records, ({ code, error }) => {
          if (code === 0) resolve();
          else reject(error ?? new Error('the collector does not take it'));
        });
      }),
    close: () => exporter.shutdown(),
  };
}

/** Resources that are remembered. */
const MAX_RESOURCES = 5000;

const attributesOf = ({
  kind,
  namespace,
  pod,
  uid,
  container,
  attempt,
  node,
}: LogEntry): Record<string, string | number> =>
  kind === 'container'
    ? {
        'k8s.namespace.name': namespace,
        'k8s.pod.name': pod,
        'k8s.pod.uid': uid,
        'k8s.container.name': container,
        'k8s.container.restart_count': attempt,
        'k8s.node.name': node,
      }
    : {
        'service.name': kind === 'event' ? 'ku7s-events' : 'ku7s-audit',
        ...(namespace && { 'k8s.namespace.name': namespace }),
      };
