import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ContainerWorker } from '../pods/container-worker.ts';
import type { ContainerRuntime, ExecSession } from '../runtimes/runtime.ts';
import { connectCommand, failedStatus, type CommandChannels } from '../streams/command-channels.ts';
import { acceptSpdyCommand } from '../streams/spdy/spdy-command.ts';
import { COMMAND_PROTOCOLS, WebSocketChannels } from '../streams/websocket-channels.ts';
import { acceptWebSocket, chooseProtocol, isWebSocket } from '../streams/websocket.ts';
import { attachSession } from './attach-session.ts';
import { flag, type KubeletRequest } from './router.ts';
import { refuseUpgrade } from '../streams/refuse-upgrade.ts';

export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

/** exec and attach in a container that runs. */
export async function serveContainerCommand(
  upgrade: Upgrade,
  route: KubeletRequest,
  worker: ContainerWorker,
  runtime: ContainerRuntime,
): Promise<void> {
  const { running } = worker;
  if (!running) return refuseUpgrade(upgrade.socket, 404, `container not found (${JSON.stringify(worker.name)})`);
  await serveCommand(upgrade, route.query, ({ stdin, tty }) =>
    route.verb === 'attach'
      ? attachSession(running, stdin, worker.container.stdinOnce ?? false)
      : runtime.exec(running, route.query.getAll('command'), { tty, stdin }),
  );
}

/** A command over WebSocket or SPDY, as the client likes. @param begin what it throws is told as the command's failure */
export async function serveCommand(
  upgrade: Upgrade,
  query: URLSearchParams,
  begin: (wanted: Wanted) => ExecSession,
): Promise<void> {
  const streams = {
    stdin: flag(query, 'input', 'stdin'),
    stdout: flag(query, 'output', 'stdout'),
    stderr: flag(query, 'error', 'stderr'),
    tty: flag(query, 'tty'),
  };
  const channels = await accept(upgrade, streams);
  if (!channels) return;
  let session: ExecSession;
  try {
    session = begin(streams);
  } catch (error) {
    return channels.finish(failedStatus(error instanceof Error ? error.message : String(error)));
  }
  connectCommand(session, channels);
}

export interface Wanted {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

async function accept({ request, socket, head }: Upgrade, wanted: Wanted): Promise<CommandChannels | undefined> {
  if (!isWebSocket(request)) return acceptSpdyCommand(request, socket, head, wanted);
  const protocol = chooseProtocol(request, COMMAND_PROTOCOLS);
  // A client that names no protocol speaks the first one.
  if (!protocol && request.headers['sec-websocket-protocol']) {
    refuseUpgrade(
      socket,
      403,
      `unable to upgrade: no supported protocol among ${request.headers['sec-websocket-protocol']}`,
    );
    return undefined;
  }
  return new WebSocketChannels(acceptWebSocket(request, socket, head, protocol), protocol ?? 'channel.k8s.io');
}
