import { expect, it } from 'vitest';
import { Supervisor, type Server } from '../../../src/store/embedded/supervisor.ts';

const silent = () => undefined;
const never = new Promise<string>(() => undefined);

it('who stops a server does not wait for being told of its end, which keeps no process alive', async () => {
  let stops = 0;
  const server: Server = { pid: 1, ended: never, stop: () => Promise.resolve(void stops++) };
  await new Supervisor(server, () => Promise.reject(new Error('nobody asked')), silent).stop();
  expect(stops).toBe(1);
});

it('one that comes back while it is stopped is stopped too', async () => {
  const stopped: number[] = [];
  const serverOf = (pid: number, ended: Promise<string>): Server => ({
    pid,
    ended,
    stop: () => Promise.resolve(void stopped.push(pid)),
  });
  let comeBack: (server: Server) => void = silent;
  let asked: () => void = silent;
  const again = new Promise<void>((resolve) => (asked = resolve));
  const supervisor = new Supervisor(
    serverOf(1, Promise.resolve('out of memory')),
    () => {
      asked();
      return new Promise((resolve) => (comeBack = resolve));
    },
    silent,
  );
  await again;
  const stopping = supervisor.stop();
  comeBack(serverOf(2, never));
  await stopping;
  expect(stopped).toEqual([1, 2]);
});
