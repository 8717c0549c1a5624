import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { execSession } from '../../../../src/nodes/runtimes/containerd/cri-exec.ts';
import { openStreams } from '../../../../src/nodes/runtimes/containerd/cri-streams.ts';
import type { CommandChannels } from '../../../../src/nodes/streams/command-channels.ts';
import { acceptSpdyCommand } from '../../../../src/nodes/streams/spdy/spdy-command.ts';

let server: Server | undefined;
let sockets: Duplex[] = [];
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  server?.closeAllConnections();
  server?.close();
});

/** A streaming server as runtimes have one, whose commands do as `act` says. */
async function serving(act: (channels: CommandChannels) => void, wanted = { stdin: true, tty: false }) {
  server = createServer();
  server.on('upgrade', (request, socket, head) => {
    sockets.push(socket);
    void acceptSpdyCommand(request, socket, head, { ...wanted, stdout: true, stderr: !wanted.tty }).then(
      (channels) => channels && act(channels),
    );
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const session = execSession(openStreams(`http://127.0.0.1:${port}/exec/token`, wanted), wanted);
  const output: string[] = [];
  session.onOutput((stream, chunk) => void output.push(`${stream}: ${chunk.toString()}`));
  return { session, output };
}

const failure = (code: string) => ({
  status: 'Failure' as const,
  reason: 'NonZeroExitCode',
  message: `command terminated with non-zero exit code: ${code}`,
  details: { causes: [{ reason: 'ExitCode', message: code }] },
});

describe('a command at a runtime', () => {
  it('gets its input with its end, and answers on both outputs', async () => {
    const { session, output } = await serving((channels) => {
      let text = '';
      channels.onInput(
        (chunk) => (text += chunk.toString()),
        () => {
          channels.write('stdout', Buffer.from(`got ${text}`));
          channels.write('stderr', Buffer.from('warned'));
          channels.finish({ status: 'Success' } as never);
        },
      );
    });
    session.write(Buffer.from('one '));
    session.write(Buffer.from('two'));
    session.endInput();
    expect(await session.exited).toBe(0);
    expect(output.sort()).toEqual(['stderr: warned', 'stdout: got one two']);
  });

  it.each(['1', '7', '255'])('ends with its exit code %s', async (code) => {
    const { session } = await serving((channels) => channels.finish(failure(code) as never));
    expect(await session.exited).toBe(Number(code));
  });

  it('that cannot be started says why, and ends with 126', async () => {
    const { session, output } = await serving((channels) =>
      channels.finish({ status: 'Failure', reason: 'InternalError', message: 'no such file' } as never),
    );
    expect(await session.exited).toBe(126);
    expect(output).toEqual(['stderr: no such file\n']);
  });

  it('tells sizes of its terminal', async () => {
    const sizes: [number, number][] = [];
    const { session } = await serving(
      (channels) =>
        channels.onResize((columns, rows) => {
          sizes.push([columns, rows]);
          channels.finish({ status: 'Success' } as never);
        }),
      { stdin: false, tty: true },
    );
    session.resize(120, 40);
    expect(await session.exited).toBe(0);
    expect(sizes).toEqual([[120, 40]]);
  });

  it('whose server goes away ends as killed', async () => {
    const { session } = await serving(() => sockets.forEach((socket) => socket.destroy()));
    expect(await session.exited).toBe(137);
  });

  it('at a server that refuses ends with 126 and its words', async () => {
    server = createServer((_, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const session = execSession(openStreams(`http://127.0.0.1:${port}/x`, { stdin: false, tty: false }), {});
    const output: string[] = [];
    session.onOutput((_, chunk) => void output.push(chunk.toString()));
    expect(await session.exited).toBe(126);
    expect(output).toEqual(["the runtime's streaming server answered 404\n"]);
  });
});
