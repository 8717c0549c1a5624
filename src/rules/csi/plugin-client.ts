import { GrpcClient, GrpcError } from '../grpc/grpc-client.ts';
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

/** A code as Go prints it. */
const goName = (code: string): string =>
  code === 'OK'
    ? code
    : code
        .toLowerCase()
        .split('_')
        .map((word) => word[0]!.toUpperCase() + word.slice(1))
        .join('');

/** A plugin of a node behind its unix socket. */
export class PluginClient {
  private constructor(private readonly client: GrpcClient) {}

  /** Connects at the first call. @param path of the socket, absolute */
  static async open(path: string): Promise<PluginClient> {
    const { csi, dra, registration } = await import('./services.ts');
    return new PluginClient(await GrpcClient.open(path, [registration(), csi(), dra()], MAX_ANSWER));
  }

  /** One call. Neither its secrets nor its answer are in the error. @throws PluginError */
  async call<M extends Method>(method: M, request: Calls[M][0], timeoutMs = CALL_MS): Promise<Calls[M][1]> {
    try {
      return (await this.client.call(method, request, { timeoutMs })) as Calls[M][1];
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      throw new PluginError(`rpc error: code = ${goName(error.code)} desc = ${error.message}`, error.code);
    }
  }

  close(): void {
    this.client.close();
  }
}
