import { Client, credentials, type MethodDefinition, type ServiceDefinition, type ServiceError } from '@grpc/grpc-js';
import { criServices } from './cri-services.ts';
import type { Calls, Method } from './cri-messages.ts';

/** How long a runtime may take for one call, ms, as with the kubelet; pulls of images take what they take. */
const CALL_MS = 120_000;
/** bytes of one answer */
const MAX_ANSWER = 16 * 1024 * 1024;

/** A runtime has answered with an error, or has not answered. */
export class CriError extends Error {
  constructor(
    message: string,
    /** number of gRPC's code: 5 is NotFound */
    readonly code: number,
  ) {
    super(message);
  }
}
export const isNotFound = (error: unknown): boolean => error instanceof CriError && error.code === 5;

/** A container runtime behind its unix socket, by CRI v1. */
export class CriClient {
  private readonly client: Client;
  private readonly services = criServices();

  /** Connects at the first call. @param socket absolute path */
  constructor(socket: string) {
    this.client = new Client(`unix://${socket}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': MAX_ANSWER,
      'grpc.enable_http_proxy': 0,
    });
  }

  /** @throws CriError, or the signal's reason */
  call<M extends Method>(
    method: M,
    request: Calls[M][0],
    { timeoutMs = CALL_MS, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<Calls[M][1]> {
    const { path, requestSerialize, responseDeserialize } = this.method(method);
    return new Promise((resolve, reject) => {
      const options = timeoutMs ? { deadline: Date.now() + timeoutMs } : {};
      const done = (error: ServiceError | null, answer?: object): void => {
        signal?.removeEventListener('abort', give);
        if (!error) resolve(answer as Calls[M][1]);
        else
          reject(signal?.aborted ? (signal.reason as Error) : new CriError(error.details || error.message, error.code));
      };
      const call = this.client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, done);
      const give = (): void => call.cancel();
      signal?.addEventListener('abort', give, { once: true });
      if (signal?.aborted) call.cancel();
    });
  }

  close(): void {
    this.client.close();
  }

  private method(method: Method): MethodDefinition<object, object> {
    const [service = '', name = ''] = method.split('/');
    const definition = this.services[`runtime.v1.${service}`] as ServiceDefinition;
    return definition[name] as MethodDefinition<object, object>;
  }
}
