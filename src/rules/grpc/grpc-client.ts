import type { Client, MethodDefinition, ServiceDefinition, ServiceError } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';

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

/** A server has answered with an error, or has not answered. The message is what it said. */
export class GrpcError extends Error {
  constructor(
    message: string,
    /** gRPC's name of the code: `NOT_FOUND`, `DEADLINE_EXCEEDED` */
    readonly code: string,
  ) {
    super(message);
  }
}

export interface CallOptions {
  /** 0: for as long as it takes */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** A server behind a unix socket of this machine. */
export class GrpcClient {
  private constructor(
    private readonly client: Client,
    private readonly packages: readonly PackageDefinition[],
  ) {}

  /**
   * Connects at the first call. gRPC is read when the first client is made: most processes never have one.
   * @param socket absolute path
   * @param maxAnswer bytes of one answer
   */
  static async open(socket: string, packages: readonly PackageDefinition[], maxAnswer: number): Promise<GrpcClient> {
    const { Client: Caller, credentials } = await import('@grpc/grpc-js');
    const options = { 'grpc.max_receive_message_length': maxAnswer, 'grpc.enable_http_proxy': 0 };
    return new GrpcClient(new Caller(`unix://${socket}`, credentials.createInsecure(), options), packages);
  }

  /**
   * One call. Neither its secrets nor its answer are in the error. @param method `PACKAGE.SERVICE/METHOD`
   * @throws GrpcError, or the signal's reason
   */
  call(method: string, request: object, { timeoutMs, signal }: CallOptions): Promise<object> {
    const { path, requestSerialize, responseDeserialize } = this.method(method);
    return new Promise((resolve, reject) => {
      const options = timeoutMs ? { deadline: Date.now() + timeoutMs } : {};
      const done = (error: ServiceError | null, answer?: object): void => {
        signal?.removeEventListener('abort', give);
        if (!error) resolve(answer ?? {});
        else if (signal?.aborted) reject(signal.reason as Error);
        else reject(new GrpcError(error.details, CODES[error.code] ?? 'UNKNOWN'));
      };
      const call = this.client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, done);
      const give = (): void => call.cancel();
      signal?.addEventListener('abort', give, { once: true });
      if (signal?.aborted) give();
    });
  }

  close(): void {
    this.client.close();
  }

  private method(name: string): MethodDefinition<object, object> {
    const [service = '', method = ''] = name.split('/');
    for (const each of this.packages) {
      const found = (each[service] as ServiceDefinition | undefined)?.[method];
      if (found) return found;
    }
    throw new Error(`no method ${name}`);
  }
}
