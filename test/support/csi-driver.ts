import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, status, type ServiceDefinition } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import type { Calls, Method } from '../../src/rules/csi/messages.ts';
import { csi, dra, registration } from '../../src/rules/csi/services.ts';

type Answer<M extends Method> = (request: Calls[M][0]) => Calls[M][1] | Promise<Calls[M][1]>;
export type Answers = { [M in Method]?: Answer<M> };

/** gRPC's error, as a driver answers with it. */
export class Failure extends Error {
  constructor(
    readonly code: keyof typeof status,
    message: string,
  ) {
    super(message);
  }
}

/** A CSI driver as tests need it: it does what it is told, and remembers what it was asked. */
export class FakeDriver {
  /** method without its service, and the volume */
  readonly calls: string[] = [];
  readonly requests: { method: string; request: Record<string, unknown> }[] = [];
  /** what a kubelet said of the registration; '' for success */
  readonly told: string[] = [];
  readonly directory = mkdtempSync(join(tmpdir(), 'ku7s-csi-'));
  private server: Server | undefined;

  constructor(
    readonly name: string,
    readonly capabilities: readonly string[] = [],
    readonly answers: Answers = {},
    readonly versions: readonly string[] = ['1.0.0'],
  ) {}

  /** where its own services are */
  get endpoint(): string {
    return join(this.directory, 'csi.sock');
  }

  private standard(): Answers {
    return {
      'pluginregistration.Registration/GetInfo': () => ({
        type: 'CSIPlugin',
        name: this.name,
        endpoint: this.endpoint,
        supported_versions: [...this.versions],
      }),
      'pluginregistration.Registration/NotifyRegistrationStatus': ({ error }) => {
        this.told.push(error);
        return {};
      },
      'csi.v1.Node/NodeGetInfo': () => ({
        node_id: `id-of-${this.name}`,
        max_volumes_per_node: 0,
        accessible_topology: { segments: { [`topology.${this.name}/node`]: 'n1' } },
      }),
      'csi.v1.Node/NodeGetCapabilities': () => ({
        capabilities: this.capabilities.map((type) => ({ rpc: { type } })),
      }),
      'csi.v1.Node/NodePublishVolume': ({ target_path }) => {
        mkdirSync(target_path, { recursive: true });
        return {};
      },
    };
  }

  /** What it can be asked. */
  protected services(): PackageDefinition {
    return { ...registration(), ...csi(), ...dra() };
  }

  /** Listens, with its registration in the folder of plugins. */
  async start(registry: string): Promise<void> {
    mkdirSync(registry, { recursive: true });
    this.server = new Server();
    for (const [name, service] of Object.entries(this.services())) {
      if (!('format' in service)) this.server.addService(service as ServiceDefinition, this.handlers(name, service));
    }
    await this.bind(this.endpoint);
    await this.bind(join(registry, `${this.name}-reg.sock`));
  }

  stop(): void {
    this.server?.forceShutdown();
    this.server = undefined;
  }
  remove(): void {
    this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private bind(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server!.bindAsync(`unix://${path}`, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
  }

  private handlers(service: string, methods: object) {
    return Object.fromEntries(
      Object.keys(methods).map((method) => [
        method,
        (call: { request: Record<string, unknown> }, done: (error: object | null, answer?: object) => void) => {
          void this.reply(`${service}/${method}` as Method, call.request, done);
        },
      ]),
    );
  }

  private async reply(
    method: Method,
    request: Record<string, unknown>,
    done: (error: object | null, answer?: object) => void,
  ): Promise<void> {
    let answer: object;
    try {
      answer = await this.answer(method, request);
    } catch (error) {
      const code = error instanceof Failure ? status[error.code] : status.UNKNOWN;
      return done({ code, details: (error as Error).message });
    }
    done(null, answer);
  }

  private async answer(method: Method, request: Record<string, unknown>): Promise<object> {
    const short = method.slice(method.indexOf('/') + 1);
    if (request['volume_id']) this.calls.push(`${short} ${String(request['volume_id'])}`);
    this.requests.push({ method: short, request });
    const answer = (this.answers[method] ?? this.standard()[method]) as Answer<Method> | undefined;
    return answer ? answer(request as never) : {};
  }
}
