import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http2 from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Whether etcd is installed (Debian: etcd-server). */
export const hasEtcd = (): boolean => spawnSync('etcd', ['--version'], { stdio: 'ignore' }).status === 0;

const READY_WITHIN = 15_000;
const CONNECTIONS = 4;

// Protobuf's wire format, as far as Txn needs it: field numbers of etcd's rpc.proto.
const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
};
const number = (field: number, value: number): Buffer => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field: number, value: Buffer): Buffer =>
  Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);

/** Compare{result EQUAL, target MOD, key, mod_revision}, then RequestOp{PutRequest{key, value}}: what kube-apiserver sends for a write. */
export function encodeTxn(key: string, value: Buffer, revision: number): Buffer {
  const compare = Buffer.concat([number(1, 0), number(2, 2), bytes(3, Buffer.from(key)), number(6, revision)]);
  const put = Buffer.concat([bytes(1, Buffer.from(key)), bytes(2, value)]);
  return Buffer.concat([bytes(1, compare), bytes(2, bytes(2, put))]);
}

/** TxnResponse{header 1 {revision 3}, succeeded 2}. */
export function decodeTxn(message: Buffer): { revision: number; succeeded: boolean } {
  const top = fields(message);
  return { revision: Number(fields(top.get(1) as Buffer).get(3) ?? 0), succeeded: top.get(2) === 1 };
}

function fields(message: Buffer): Map<number, number | Buffer> {
  const found = new Map<number, number | Buffer>();
  let at = 0;
  const read = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = read();
    const value = read();
    if ((tag & 7) === 2) found.set(tag >> 3, message.subarray(at, (at += value)));
    else found.set(tag >> 3, value);
  }
  return found;
}

export interface Etcd {
  /** Writes where the key is at `revision` (0: absent); its new revision. Throws where it is not. */
  put(key: string, value: Buffer, revision: number): Promise<number>;
  stop(): Promise<void>;
}

/** etcd with its defaults (fsync on) in a folder of its own. */
export async function startEtcd(): Promise<Etcd> {
  const folder = mkdtempSync(path.join(process.env.BENCH_DIR ?? tmpdir(), 'ku7s-bench-etcd-'));
  const [client, peer] = (await Promise.all([freePort(), freePort()])).map((port) => `http://127.0.0.1:${port}`) as [
    string,
    string,
  ];
  const args = [
    '--data-dir',
    folder,
    '--listen-client-urls',
    client,
    '--advertise-client-urls',
    client,
    '--listen-peer-urls',
    peer,
    '--initial-advertise-peer-urls',
    peer,
  ];
  const child = spawn('etcd', [...args, '--initial-cluster', `default=${peer}`, '--log-level', 'error'], {
    stdio: 'ignore',
  });
  const until = performance.now() + READY_WITHIN;
  while (
    !(await fetch(`${client}/health`).then(
      (answer) => answer.ok,
      () => false,
    ))
  ) {
    if (performance.now() > until || child.exitCode !== null) throw new Error('etcd does not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const sessions = Array.from({ length: CONNECTIONS }, () => http2.connect(client));
  let turn = 0;
  return {
    put: (key, value, revision) => call(sessions[turn++ % CONNECTIONS]!, encodeTxn(key, value, revision)),
    async stop() {
      for (const session of sessions) session.destroy();
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One call by gRPC over HTTP/2: a message has a byte for its compression and four for its length before it. */
function call(session: http2.ClientHttp2Session, message: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/etcdserverpb.KV/Txn',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      const answer = Buffer.concat(chunks);
      if (answer.length < 5) return reject(new Error('etcd has not answered'));
      const { revision, succeeded } = decodeTxn(answer.subarray(5));
      if (succeeded) resolve(revision);
      else reject(new Error('the key is not at the revision'));
    });
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([head, message]));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
