import { GrpcClient, GrpcError, type CallOptions } from '../../../rules/grpc/grpc-client.ts';
import type { Calls, Method } from './cri-messages.ts';

/** How long a runtime may take for one call, ms, as with the kubelet; pulls of images take what they take. */
const CALL_MS = 120_000;
/** bytes of one answer */
const MAX_ANSWER = 16 * 1024 * 1024;

export const isNotFound = (error: unknown): boolean => error instanceof GrpcError && error.code === 'NOT_FOUND';

/** A container runtime behind its unix socket, by CRI v1. */
export class CriClient {
  private constructor(private readonly client: GrpcClient) {}

  /** Connects at the first call. @param socket absolute path */
  static async open(socket: string): Promise<CriClient> {
    const { criServices } = await import('./cri-services.ts');
    return new CriClient(await GrpcClient.open(socket, [criServices()], MAX_ANSWER));
  }

  /** @throws GrpcError, or the signal's reason */
  call<M extends Method>(
    method: M,
    request: Calls[M][0],
    { timeoutMs = CALL_MS, signal }: Partial<CallOptions> = {},
  ): Promise<Calls[M][1]> {
    return this.client.call(`runtime.v1.${method}`, request, { timeoutMs, signal }) as Promise<Calls[M][1]>;
  }

  close(): void {
    this.client.close();
  }
}
