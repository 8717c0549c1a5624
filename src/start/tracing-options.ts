import { decodeShape, struct, TEXT } from '../go/decode-shape.ts';
import { errorMessage } from '../meta/error-message.ts';
import { parseYaml } from '../kinds/yaml.ts';
import { readFlagFile } from './read-flag-file.ts';
import { StartError } from './start-error.ts';

/** For parseArgs; the name is kube-apiserver's. */
export const TRACING_FLAGS = { 'tracing-config-file': { type: 'string' } } as const;
export const TRACING_USAGE = `  --tracing-config-file FILE  TracingConfiguration: traces of requests, by OTLP over gRPC`;

/** https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/#apiserver-config-k8s-io-v1-TracingConfiguration */
export interface TracingSettings {
  /** `localhost:4317` when absent */
  endpoint?: string;
  /** of requests that no sampled trace goes on with; 0 when absent */
  samplingRatePerMillion?: number;
}

const SHAPE = struct('TracingConfiguration', {
  kind: TEXT,
  apiVersion: TEXT,
  endpoint: TEXT,
  samplingRatePerMillion: { go: 'int32', json: 'number' },
});
const VERSIONS: ReadonlySet<string> = new Set(['v1', 'v1beta1', 'v1alpha1'].map((v) => `apiserver.config.k8s.io/${v}`));
const MAX_RATE = 1_000_000;

/** Undefined where nothing is traced. @throws StartError */
export function tracingSettings(values: { 'tracing-config-file'?: string | undefined }): TracingSettings | undefined {
  const file = values['tracing-config-file'];
  if (file === undefined) return undefined;
  const text = readFlagFile('tracing-config-file', file);
  const bad = (why: string): StartError => new StartError(`failed to validate tracing configuration: ${why}`);
  const { kind, apiVersion, endpoint, samplingRatePerMillion: rate } = decoded(text);
  if (kind !== 'TracingConfiguration' || !VERSIONS.has(apiVersion ?? ''))
    throw undecodable(
      `no kind ${JSON.stringify(kind ?? '')} is registered for version ${JSON.stringify(apiVersion ?? '')}`,
    );
  if (rate !== undefined && rate < 0)
    throw bad(`samplingRatePerMillion: Invalid value: ${rate}: sampling rate must be positive`);
  if (rate !== undefined && rate > MAX_RATE)
    throw bad(
      `samplingRatePerMillion: Invalid value: ${rate}: sampling rate per million must be less than or equal to one million`,
    );
  const [, scheme] = /^(\w[\w-]*):\/\//.exec(endpoint ?? '') ?? [];
  if (scheme !== undefined && scheme !== 'dns' && scheme !== 'unix')
    throw bad(
      `endpoint: Invalid value: ${JSON.stringify(endpoint)}: unsupported scheme: ${scheme}.  Options are none, dns, unix, or unix-abstract.  See https://github.com/grpc/grpc/blob/master/doc/naming.md`,
    );
  return { ...(endpoint && { endpoint }), ...(rate !== undefined && { samplingRatePerMillion: rate }) };
}

const undecodable = (why: string): StartError =>
  new StartError(`failed to read tracing config: unable to decode tracing configuration data: ${why}`);

function decoded(text: string): TracingSettings & { kind?: string; apiVersion?: string } {
  try {
    const { value, unknown } = decodeShape(parseYaml(text).value, SHAPE);
    if (unknown.length) throw new Error(`strict decoding error: ${unknown.join(', ')}`);
    return value as TracingSettings;
  } catch (error) {
    throw undecodable(errorMessage(error));
  }
}
