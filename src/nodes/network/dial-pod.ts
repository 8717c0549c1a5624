import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import type { PodAddress } from './pod-network.ts';

/** How long a relay in a pod's network may take to connect, ms. */
const RELAY_TIMEOUT_MS = 5000;

/** Connects to the port on the pod's own localhost; one byte says that it has. */
const RELAY = `
const socket = require('node:net').connect({ host: 'localhost', port: Number(process.argv[1]), allowHalfOpen: true }, () => {
  process.stdout.write('+');
  process.stdin.pipe(socket).pipe(process.stdout);
});
socket.on('error', (error) => { process.stderr.write(error.message); process.exit(1); });
`;

/**
 * A connection to a port of a pod as port-forward makes it: to the pod's address, and where only its localhost listens,
 * through a small relay in its network. @throws Error that says why not
 */
export async function dialPod(address: PodAddress, port: number): Promise<Duplex> {
  const hosts = address.netns ? [address.ip] : [address.ip, '127.0.0.1'];
  let last = new Error('no address');
  for (const host of hosts) {
    try {
      return await open(host, port);
    } catch (error) {
      last = error as Error;
    }
  }
  if (!address.netns) throw last;
  return relay(address.netns, port);
}

function open(host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true }, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

function relay(netns: string, port: number): Promise<Duplex> {
  const child = spawn('nsenter', [`--net=${netns}`, '--', process.execPath, '-e', RELAY, String(port)], {
    stdio: 'pipe',
  });
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), RELAY_TIMEOUT_MS);
    child.stdin.on('error', () => child.kill());
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(0, 1000)));
    child.once('error', reject);
    child.once('exit', () => {
      clearTimeout(timer);
      reject(new Error(said || `nothing listens on port ${port}`));
    });
    child.stdout.once('readable', () => {
      // At the end of the output there is nothing to read, and the exit tells.
      if (child.stdout.read(1) === null) return;
      clearTimeout(timer);
      const duplex = Duplex.from({ readable: child.stdout, writable: child.stdin });
      duplex.on('close', () => child.kill());
      resolve(duplex);
    });
  });
}
