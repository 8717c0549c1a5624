import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';
import { tool } from './support/tools.ts';

describe('pods of simulated nodes', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(['--nodes', 'simulated:2', '--addons', 'none']);
    await cluster.kubectl('run web --image=nginx');
    const annotations = '--annotations=simulated.ku7s.io/run-seconds=1 --annotations=simulated.ku7s.io/exit-code=3';
    await cluster.kubectl(`run loop --image=nginx ${annotations} --annotations=simulated.ku7s.io/exec-exit-code=7`);
    await cluster.kubectl('wait --for=condition=Ready pod/web --timeout=60s');
  });
  afterAll(() => cluster?.remove());

  it('have logs of their life, also of the run before', async () => {
    const { stdout } = await cluster.kubectl('logs web --timestamps');
    expect(stdout).toMatch(
      /^\d{4}-\S+Z container web of pod default\/web: node node-\d is simulated and runs nothing\n$/,
    );
    const previous = await eventually(
      () => cluster.kubectl('logs loop --previous --tail=1'),
      ({ code }) => code === 0,
    );
    expect(previous.stdout).toBe('ended with exit code 3\n');
    expect((await cluster.kubectl('logs web --previous')).stderr).toContain(
      'previous terminated container "web" in pod "web" not found',
    );
  });

  it('say to exec, attach and debug that nothing runs', async () => {
    const exec = await cluster.kubectl('exec web -- ls /');
    expect(exec).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/is simulated and runs nothing; not executed: ls \/\n$/),
    });
    const attach = await cluster.kubectl('attach web');
    expect(attach.stdout).toMatch(/is simulated and runs nothing; there is nothing to attach to\n$/);
    const debug = await cluster.kubectl('debug web --image=busybox -i --profile=general');
    expect(debug.stdout).toContain('there is nothing to attach to');
    const codes = await eventually(
      () => cluster.kubectl('exec loop -- true'),
      ({ stdout }) => stdout !== '',
    );
    expect(codes.code).toBe(7);
  });

  it('refuse connections to their ports with the reason', async () => {
    const forward = spawn(tool('kubectl'), ['--kubeconfig', cluster.kubeconfig, 'port-forward', 'web', ':80']);
    let said = '';
    forward.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [text] = (await once(forward.stdout, 'data')) as [Buffer];
    const port = /127\.0\.0\.1:(\d+)/.exec(text.toString())?.[1];
    await fetch(`http://127.0.0.1:${port}`).catch(() => undefined);
    await eventually(
      () => Promise.resolve(said),
      (text) => /error forwarding port 80 to pod web, uid : node node-\d is simulated and runs nothing/.test(text),
    );
    forward.kill('SIGKILL');
  });
});
