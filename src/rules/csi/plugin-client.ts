import type { Client, MethodDefinition, ServiceDefinition, ServiceError } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import type { Calls, Method } from './messages.ts';

/** How long a plugin may take for one call, ms, as with the kubelet. */
export const CALL_MS = 120_000;
/** bytes of one answer */
const MAX_ANSWER = 4 * 1024 * 1024;

/** A plugin has answered with an error, or has not answered. */
export class PluginError extends Error {
  constructor(
    message: string,
    /** gRPC's name of the code: `NOT_FOUND`, `DEADLINE_EXCEEDED` */
    readonly code: string,
  ) {
    super(message);
  }

  /** Whether the plugin has surely ended what it was asked for; otherwise it may go on with it. */
  get isFinal(): boolean {
    return !UNCERTAIN.has(this.code);
  }
}
/** Source: pkg/volume/csi isFinalError. */
const UNCERTAIN: ReadonlySet<string> = new Set([
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'UNAVAILABLE',
  'RESOURCE_EXHAUSTED',
  'ABORTED',
]);

/** gRPC's words for its codes. */
const CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
/** As Go prints them. */
const goName = (code: string): string =>
  code === 'OK'
    ? code
    : code
        .toLowerCase()
        .split('_')
        .map((word) => word[0]!.toUpperCase() + word.slice(1))
        .join('');

interface Library {
  grpc: typeof import('@grpc/grpc-js');
  packages: readonly PackageDefinition[];
}
let library: Promise<Library> | undefined;
/** gRPC and the descriptions are read when the first plugin comes: most nodes never have one. */
const load = (): Promise<Library> =>
  (library ??= (async () => {
    const [grpc, services] = await Promise.all([import('@grpc/grpc-js'), import('./services.ts')]);
    return { grpc, packages: [services.registration(), services.csi()] };
  })());

/** A plugin of a node behind its unix socket. */
export class PluginClient {
  private constructor(
    private readonly client: Client,
    private readonly packages: readonly PackageDefinition[],
  ) {}

  /** Connects at the first call. @param path of the socket, absolute */
  static async open(path: string): Promise<PluginClient> {
    const { grpc, packages } = await load();
    const options = { 'grpc.max_receive_message_length': MAX_ANSWER, 'grpc.enable_http_proxy': 0 };
    return new PluginClient(new grpc.Client(`unix://${path}`, grpc.credentials.createInsecure(), options), packages);
  }

  /** One call. Neither its secrets nor its answer are in the error. @throws PluginError */
  call<M extends Method>(method: M, request: Calls[M][0], timeoutMs = CALL_MS): Promise<Calls[M][1]> {
    const { path, requestSerialize, responseDeserialize } = this.method(method);
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: object): void => {
        if (!error) return resolve(answer as Calls[M][1]);
        const code = CODES[error.code] ?? 'UNKNOWN';
        reject(new PluginError(`rpc error: code = ${goName(code)} desc = ${error.details}`, code));
      };
      const deadline = Date.now() + timeoutMs;
      this.client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, { deadline }, done);
    });
  }

  close(): void {
    this.client.close();
  }

  private method(name: Method): MethodDefinition<object, object> {
    const [service = '', method = ''] = name.split('/');
    for (const each of this.packages) {
      const found = (each[service] as ServiceDefinition | undefined)?.[method];
      if (found) return found;
    }
    throw new Error(`no method ${name}`);
  }
}
