import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { get as httpGet } from 'node:http';
import { request } from 'node:https';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority, makeCertificate } from '../../src/start/certificates.ts';
import type { NodeHandle } from '../../src/nodes/contract.ts';
import { createNode } from '../../src/nodes/node.ts';
import { FakeCluster } from './fake-cluster.ts';
import { eventually, realClock } from './support.ts';

const cluster = new FakeCluster();
const events: string[] = [];
let directory: string;
let node: NodeHandle;
let ca: Awaited<ReturnType<typeof makeCertificate>>;
let client: Awaited<ReturnType<typeof makeCertificate>>;

function make(): NodeHandle {
  return createNode({
    name: 'n1',
    client: cluster.client(),
    informers: cluster,
    clock: realClock,
    random: () => 0.5,
    log: () => undefined,
    events: {
      event: (about, type, reason, message) => void events.push(`${about.metadata.name} ${type} ${reason} ${message}`),
    },
    dataDir: directory,
    tls,
    onStop: 'leave',
    podNetwork: 200,
  });
}
let tls: { key: string; cert: string; ca: string };

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ku7s-agent-'));
  ca = await makeAuthority('ca');
  const serving = await makeCertificate({ commonName: 'system:node:n1' }, ca, ['127.0.0.1']);
  client = await makeCertificate(
    { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] },
    ca,
    [],
  );
  tls = { ...serving, ca: ca.cert };
  node = make();
  await node.start();
});
afterAll(async () => {
  for (const pod of cluster.objects.get('pods')?.values() ?? []) cluster.deletePod('default', pod.metadata.name, 0);
  await eventually(() => !cluster.objects.get('pods')?.size);
  await node.stop();
  const last = createNode({ ...optionsOfLast(), onStop: 'kill' });
  await last.start();
  await last.stop();
  rmSync(directory, { recursive: true, force: true });
});
const optionsOfLast = () => ({
  name: 'n1',
  client: cluster.client(),
  informers: cluster,
  clock: realClock,
  random: () => 0.5,
  log: () => undefined,
  events: { event: () => undefined },
  dataDir: directory,
  tls,
  podNetwork: 200,
});

const pod = (name: string, spec: object, uid = name) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: `uid-${uid}`, labels: { app: name }, generation: 1 },
  spec: { nodeName: 'n1', restartPolicy: 'Always', terminationGracePeriodSeconds: 2, ...spec },
  status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] },
});
const container = (command: string[], more: object = {}) => ({ name: 'c', image: 'busybox', command, ...more });
const status = (name: string) => cluster.get('pods', 'default', name)?.['status'];
const ready = (name: string) =>
  status(name)?.conditions?.find((each: { type: string }) => each.type === 'Ready')?.status === 'True';

function kubelet(
  path: string,
  certificate: { key: string; cert: string } | undefined = client,
): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: node.port,
      path,
      ca: ca.cert,
      agent: false,
      ...(certificate && { key: certificate.key, cert: certificate.cert }),
    };
    request(options, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve({ code: response.statusCode!, body }));
    })
      .on('error', reject)
      .end();
  });
}

/** Runs a command over the channel protocol; ends its input after `input`. */
function exec(
  pod: string,
  command: string[],
  input: string,
): Promise<{ protocol: string; out: string; err: string; status: { details?: object } }> {
  const query = [
    ...command.map((each) => `command=${encodeURIComponent(each)}`),
    'input=1',
    'output=1',
    'error=1',
  ].join('&');
  const socket = new WebSocket(
    `wss://127.0.0.1:${node.port}/exec/default/${pod}/c?${query}`,
    ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
    { ca: ca.cert, ...client },
  );
  const channels: Record<number, string> = { 1: '', 2: '', 3: '' };
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => {
      socket.send(Buffer.concat([Buffer.from([0]), Buffer.from(input)]));
      socket.send(Buffer.from([255, 0]));
    });
    socket.on('message', (data: Buffer) => (channels[data[0]!] += data.toString('utf8', 1)));
    socket.on('close', () =>
      resolve({ protocol: socket.protocol, out: channels[1]!, err: channels[2]!, status: JSON.parse(channels[3]!) }),
    );
  });
}

describe('the node agent', () => {
  it('registers its node and renews its lease', () => {
    const found = cluster.get('nodes', '', 'n1')!;
    expect(found['status'].conditions.find((each: { type: string }) => each.type === 'Ready').status).toBe('True');
    expect(found['status'].daemonEndpoints.kubeletEndpoint.Port).toBe(node.port);
    expect(cluster.get('leases.coordination.k8s.io', 'kube-node-lease', 'n1')?.['spec'].holderIdentity).toBe('n1');
    expect(cluster.users).toContain('system:node:n1');
  });

  it('runs a pod and serves its log to the API server alone', async () => {
    cluster.put(
      'pods',
      pod('hello', {
        containers: [
          container(['sh', '-c', 'echo hello $NAME; sleep 100'], {
            env: [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          }),
        ],
      }),
    );
    await eventually(() => ready('hello'));
    const now = status('hello');
    expect(now).toMatchObject({
      phase: 'Running',
      hostIP: '127.0.0.1',
      qosClass: 'BestEffort',
      containerStatuses: [{ name: 'c', ready: true, started: true, restartCount: 0 }],
    });
    expect(now.conditions.map((each: { type: string }) => each.type).sort()).toEqual([
      'ContainersReady',
      'Initialized',
      'PodReadyToStartContainers',
      'PodScheduled',
      'Ready',
    ]);
    expect(await kubelet('/containerLogs/default/hello/c')).toEqual({ code: 200, body: 'hello hello\n' });
    expect((await kubelet('/pods', undefined)).code).toBe(200);
    const stranger = await makeCertificate({ commonName: 'kube-apiserver-kubelet-client' }, undefined, []);
    expect((await kubelet('/pods', stranger)).code).toBe(401);
    expect(events).toContain('hello Normal Started Container started');
  });

  it('runs commands in it over a WebSocket', async () => {
    const answer = await exec('hello', ['sh', '-c', 'cat; echo no >&2; exit 7'], 'some input');
    expect(answer).toMatchObject({ protocol: 'v5.channel.k8s.io', out: 'some input', err: 'no\n' });
    expect(answer.status.details).toEqual({ causes: [{ reason: 'ExitCode', message: '7' }] });
    expect((await exec('hello', ['true'], '')).status).toEqual({ metadata: {}, status: 'Success' });
  });

  it('restarts a container that was killed, and counts', async () => {
    const { body } = await kubelet('/stats/summary');
    expect(body).toContain('"name":"hello"');
    const first = status('hello').containerStatuses[0].containerID;
    process.kill(pidOf('hello'), 'SIGKILL');
    await eventually(() => status('hello').containerStatuses[0].restartCount === 1 && ready('hello'));
    const [now] = status('hello').containerStatuses;
    expect(now.containerID).not.toBe(first);
    expect(now.lastState.terminated).toMatchObject({ exitCode: 137, reason: 'Error', containerID: first });
    expect((await kubelet('/containerLogs/default/hello/c?previous=true')).body).toBe('hello hello\n');
  });

  it('ends a deleted pod gracefully and then removes it', async () => {
    cluster.deletePod('default', 'hello', 2);
    await eventually(() => !cluster.get('pods', 'default', 'hello'));
    await eventually(() => !existsSync(join(directory, 'pods', 'uid-hello')));
    expect(events).toContain('hello Normal Killing Stopping container c');
  });

  it('backs off from a container that keeps failing', async () => {
    cluster.put(
      'pods',
      pod('crash', { containers: [container(['sh', '-c', 'echo bad > /dev/termination-log 2>/dev/null; exit 3'])] }),
    );
    const [now] = await eventually(
      () =>
        status('crash')?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff' &&
        status('crash').containerStatuses,
    );
    expect(now.state.waiting).toEqual({
      reason: 'CrashLoopBackOff',
      message: 'back-off 10s restarting failed container=c pod=crash_default(uid-crash)',
    });
    expect(now).toMatchObject({
      restartCount: 1,
      ready: false,
      lastState: { terminated: { exitCode: 3, reason: 'Error' } },
    });
    expect(status('crash').phase).toBe('Running');
    cluster.deletePod('default', 'crash', 0);
  });

  it('runs init containers in order, then the main ones to their end', async () => {
    const init = [
      { ...container(['sh', '-c', 'exit 0']), name: 'one' },
      { ...container(['sh', '-c', 'exit 0']), name: 'two' },
    ];
    cluster.put(
      'pods',
      pod('job', { restartPolicy: 'Never', initContainers: init, containers: [container(['sh', '-c', 'exit 0'])] }),
    );
    await eventually(() => status('job').phase === 'Succeeded');
    expect(status('job').initContainerStatuses.map((each: { state: object }) => Object.keys(each.state))).toEqual([
      ['terminated'],
      ['terminated'],
    ]);
    expect(status('job').conditions.find((each: { type: string }) => each.type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodCompleted',
    });
  });

  it('keeps a sidecar for as long as the main container runs', async () => {
    const sidecar = { ...container(['sleep', '100']), name: 'side', restartPolicy: 'Always' };
    cluster.put(
      'pods',
      pod('side', {
        restartPolicy: 'Never',
        initContainers: [sidecar],
        containers: [container(['sh', '-c', 'sleep 0.2; exit 4'])],
      }),
    );
    await eventually(() => status('side').phase === 'Failed');
    expect(status('side').initContainerStatuses[0].state.terminated).toMatchObject({ exitCode: 143 });
  });

  it('says what to do about an image that it does not know', async () => {
    cluster.put('pods', pod('image', { containers: [{ name: 'c', image: 'example.com/app:1' }] }));
    const waiting = await eventually(
      () =>
        status('image')?.containerStatuses?.[0]?.state?.waiting?.reason !== 'ContainerCreating' &&
        status('image')?.containerStatuses?.[0]?.state?.waiting,
    );
    expect(waiting.reason).toBe('ErrImagePull');
    expect(waiting.message).toContain('set the container\'s "command"');
    await eventually(() => status('image').containerStatuses[0].state.waiting.reason === 'ImagePullBackOff');
    expect(status('image').phase).toBe('Pending');
  });

  it('waits for a config map that a variable needs', async () => {
    cluster.put(
      'pods',
      pod('config', {
        containers: [
          container(['sh', '-c', 'echo $KEY; sleep 100'], {
            env: [{ name: 'KEY', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } }],
          }),
        ],
      }),
    );
    const waiting = await eventually(
      () =>
        status('config')?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError' &&
        status('config').containerStatuses[0].state.waiting,
    );
    expect(waiting.message).toBe('configmap "cm" not found');
    cluster.put('configmaps', { metadata: { name: 'cm', namespace: 'default' }, data: { k: 'value' } });
    await eventually(() => ready('config'));
    expect((await kubelet('/containerLogs/default/config/c?tailLines=1')).body).toBe('value\n');
  });

  it('marks a pod ready by its probe and restarts it by its liveness', async () => {
    const script =
      "const http=require('http');let n=0;http.createServer((q,r)=>{r.statusCode=q.url==='/live'&&++n>2?500:200;r.end()}).listen(8080,process.env.POD_IP)";
    const probe = (path: string, failureThreshold: number) => ({
      httpGet: { path, port: 'http' },
      periodSeconds: 1,
      failureThreshold,
    });
    cluster.put(
      'pods',
      pod('probe', {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'c',
            image: 'node:20',
            command: ['node', '-e', script],
            ports: [{ name: 'http', containerPort: 8080 }],
            env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
            readinessProbe: probe('/ready', 1),
            livenessProbe: { ...probe('/live', 1), initialDelaySeconds: 2 },
          },
        ],
      }),
    );
    await eventually(() => ready('probe'));
    await eventually(() => status('probe').containerStatuses[0].restartCount >= 1);
    expect(
      events.some((each) =>
        each.startsWith('probe Warning Unhealthy Liveness probe failed: HTTP probe failed with statuscode: 500'),
      ),
    ).toBe(true);
    expect(events).toContain('probe Normal Killing Container c failed liveness probe, will be restarted');
    cluster.deletePod('default', 'probe', 0);
  });

  it('projects config maps, secrets, the downward API and tokens, and follows their changes', async () => {
    cluster.put('configmaps', { metadata: { name: 'files', namespace: 'default' }, data: { 'a.txt': 'one' } });
    cluster.put('secrets', {
      metadata: { name: 'hidden', namespace: 'default' },
      data: { pass: Buffer.from('word').toString('base64') },
    });
    const sources = [
      { configMap: { name: 'files' } },
      { secret: { name: 'hidden', items: [{ key: 'pass', path: 'deep/pass' }] } },
      { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      { serviceAccountToken: { path: 'token' } },
    ];
    cluster.put(
      'pods',
      pod('volumes', {
        volumes: [{ name: 'all', projected: { sources } }],
        containers: [
          container(['sh', '-c', 'cd ${KU7S_ROOT:-}/etc/all; cat a.txt deep/pass labels token; echo; sleep 100'], {
            volumeMounts: [{ name: 'all', mountPath: '/etc/all' }],
          }),
        ],
      }),
    );
    await eventually(() => ready('volumes'));
    await eventually(
      async () => (await kubelet('/containerLogs/default/volumes/c')).body === 'onewordapp="volumes"a-token\n',
    );
  });

  it('takes over what runs when it is started again', async () => {
    cluster.put('pods', pod('kept', { containers: [container(['sleep', '1000'])] }));
    await eventually(() => ready('kept'));
    const before = pidOf('kept');
    await node.stop();
    node = make();
    await node.start();
    await eventually(() => ready('kept'));
    expect(pidOf('kept')).toBe(before);
    expect(status('kept').containerStatuses[0].restartCount).toBe(0);
    process.kill(before, 'SIGKILL');
    await eventually(() => status('kept').containerStatuses[0].restartCount === 1 && ready('kept'));
    expect(status('kept').containerStatuses[0].lastState.terminated.exitCode).toBe(137);
  });

  it('gives each pod an address at which its server answers', async () => {
    const script =
      "require('http').createServer((q,r)=>r.end(process.env.HOSTNAME)).listen(8080,process.env.POD_LISTEN)";
    for (const name of ['web-1', 'web-2'])
      cluster.put('pods', pod(name, { containers: [{ name: 'c', image: 'node', command: ['node', '-e', script] }] }));
    const answers = await Promise.all(
      ['web-1', 'web-2'].map(async (name) => {
        await eventually(() => ready(name));
        return eventuallyText(`http://${status(name).podIP}:8080/`);
      }),
    );
    expect(answers).toEqual(['web-1', 'web-2']);
  });
});

async function eventuallyText(url: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await new Promise<string>((resolve, reject) => {
        httpGet(url, (response) => {
          let body = '';
          response.on('data', (chunk) => (body += chunk));
          response.on('end', () => resolve(body));
        }).on('error', reject);
      });
    } catch (error) {
      if (attempt > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function pidOf(name: string): number {
  const { restartCount } = status(name).containerStatuses[0];
  return Number(
    readFileSync(join(directory, 'pods', `uid-${name}`, 'containers', 'c', String(restartCount), 'pid'), 'utf8'),
  );
}
