import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import type { Answers } from './answers.ts';
import { answerQuestions } from './tcp-questions.ts';

const MAX_CONNECTIONS = 256;
/** Ports that are tried. */
const MAX_ATTEMPTS = 10;

/** Takes questions over UDP and TCP. */
export class DnsServer {
  private udp: Socket | undefined;
  private tcp: Server | undefined;

  constructor(
    private readonly answers: Pick<Answers, 'to'>,
    /** who may ask, by address: one that answers everybody can be used against others */
    private readonly mayAsk: (address: string) => boolean,
  ) {}

  /** @returns the free port on which both listen; @throws when the address cannot be had */
  async listen(address: string): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const udp = createSocket('udp4');
      try {
        const port = await bound(udp, address);
        this.tcp = await this.listenTcp(port, address);
        udp.on('message', (data, from) => void this.overUdp(udp, data, from));
        udp.on('error', () => undefined);
        this.udp = udp;
        return port;
      } catch (error) {
        udp.close();
        // A port that is free for datagrams may be taken for connections.
        if (attempt === MAX_ATTEMPTS || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
  }

  close(): void {
    this.udp?.close();
    this.tcp?.close();
    this.udp = this.tcp = undefined;
  }

  private listenTcp(port: number, address: string): Promise<Server> {
    const server = createServer((socket) => this.overTcp(socket));
    server.maxConnections = MAX_CONNECTIONS;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, () => {
        server.off('error', reject);
        server.on('error', () => undefined);
        resolve(server);
      });
    });
  }

  private async overUdp(udp: Socket, data: Buffer, from: RemoteInfo): Promise<void> {
    if (!this.mayAsk(from.address)) return;
    const answer = await this.answers.to(data, false).catch(() => undefined);
    if (answer && udp === this.udp) udp.send(answer, from.port, from.address);
  }

  private overTcp(socket: TcpSocket): void {
    if (!this.mayAsk(socket.remoteAddress ?? '')) return void socket.destroy();
    answerQuestions(socket, (question) => this.answers.to(question, true).catch(() => undefined));
  }
}

function bound(udp: Socket, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(0, address, () => {
      udp.off('error', reject);
      resolve(udp.address().port);
    });
  });
}
