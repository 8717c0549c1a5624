import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { get as httpGet } from 'node:http';
import { request } from 'node:https';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runControllers, type Controllers } from '../../src/control/loop.ts';
import { kubeletservingapproving } from '../../src/reconcilers/kubeletservingapproving.ts';
import { KUBELET_CLIENT_GROUP, KUBELET_CLIENT_USER } from '../../src/rules/certificates/kubelet-client.ts';
import { makeAuthority, makeCertificate, type KeyPair } from '../../src/start/certificates.ts';
import type { NodeHandle } from '../../src/nodes/contract.ts';
import { createNode } from '../../src/nodes/node.ts';
import type { Client } from '../../src/client/contract.ts';
import type { ContainerStatus, PodStatus } from '../../schema/types.ts';
import { NodeApi } from './node-api.ts';
import { eventually, realClock } from './support.ts';

let cluster: NodeApi;
const users: string[] = [];
const events: string[] = [];
let directory: string;
let node: NodeHandle;
let ca: KeyPair;
let client: KeyPair;

let approver: Controllers;

/** The administrator's client; who it is told to act as is noted. */
const administrator = (): Client =>
  Object.assign(Object.create(cluster.client) as Client, {
    as(user: string, manager?: string) {
      users.push(user);
      return cluster.client.as(user, manager);
    },
  });

function make(onStop: 'kill' | 'leave'): NodeHandle {
  return createNode({
    name: 'n1',
    client: administrator(),
    informers: cluster.informers,
    clock: realClock,
    random: () => 0.5,
    log: () => undefined,
    events: {
      event: (about, type, reason, message) => void events.push(`${about.metadata.name} ${type} ${reason} ${message}`),
    },
    dataDir: directory,
    ca: ca.cert,
    address: '127.0.0.1',
    onStop,
    podNetwork: 200,
  });
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ku7s-agent-'));
  ca = await makeAuthority('ca');
  client = await makeCertificate({ commonName: KUBELET_CLIENT_USER, organizations: [KUBELET_CLIENT_GROUP] }, ca);
  cluster = await NodeApi.open(realClock, { clientCA: ca.cert, clientCAKey: ca.key });
  node = make('leave');
  approver = runControllers({
    client: cluster.client,
    informers: cluster.informers,
    reconcilers: [kubeletservingapproving],
    clock: realClock,
    random: () => 0.5,
    log: () => undefined,
  });
  await approver.start();
  await node.start();
});
afterAll(async () => {
  const pods = await cluster.api.list('pods');
  await Promise.all(pods.map((pod) => cluster.deletePod(pod.metadata.name, 0)));
  await eventually(() => readdirSync(join(directory, 'pods')).length === 0);
  await node.stop();
  const last = make('kill');
  await last.start();
  await last.stop();
  await approver.stop();
  await cluster.close();
  rmSync(directory, { recursive: true, force: true });
});

const addPod = (name: string, spec: object) =>
  cluster.addPod(
    name,
    { nodeName: 'n1', restartPolicy: 'Always', terminationGracePeriodSeconds: 2, ...spec },
    { metadata: { labels: { app: name } } },
  );
const container = (command: string[], more: object = {}) => ({ name: 'c', image: 'busybox', command, ...more });
const find = (name: string) => cluster.informers.informer('pods').get('a', name);
const status = (name: string): PodStatus | undefined => find(name)?.status;
const first = (name: string): ContainerStatus | undefined => status(name)?.containerStatuses?.[0];
const ready = (name: string) => status(name)?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';

function kubelet(path: string, certificate: Partial<KeyPair> = client): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: node.port,
      path,
      ca: ca.cert,
      agent: false,
      ...certificate,
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
    `wss://127.0.0.1:${node.port}/exec/a/${pod}/c?${query}`,
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
  it('registers its node and renews its lease', async () => {
    const { status } = await cluster.client.get('nodes', '', 'n1');
    expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    expect(status?.daemonEndpoints?.kubeletEndpoint?.Port).toBe(node.port);
    const lease = await cluster.client.get('leases.coordination.k8s.io', 'kube-node-lease', 'n1');
    expect(lease.spec?.holderIdentity).toBe('n1');
    expect(users).toContain('system:node:n1');
  });

  it('runs a pod of its PodSpec.nodeName and serves its log to the API server alone', async () => {
    await addPod('hello', {
      containers: [
        container(['sh', '-c', 'echo hello $NAME; sleep 100'], {
          env: [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        }),
      ],
    });
    await eventually(() => ready('hello'));
    const now = status('hello');
    expect(now).toMatchObject({
      phase: 'Running',
      hostIP: '127.0.0.1',
      qosClass: 'BestEffort',
      containerStatuses: [{ name: 'c', ready: true, started: true, restartCount: 0 }],
    });
    expect(now?.conditions?.map(({ type }) => type).sort()).toEqual([
      'ContainersReady',
      'Initialized',
      'PodReadyToStartContainers',
      'PodScheduled',
      'Ready',
    ]);
    expect(await kubelet('/containerLogs/a/hello/c')).toEqual({ code: 200, body: 'hello hello\n' });
    expect((await kubelet('/pods')).code).toBe(200);
    expect(events).toContain('hello Normal Started Container started');
  });

  it('answers the API server and nobody else', async () => {
    const of = (commonName: string, organization: string, authority: KeyPair | undefined, hosts: string[] = []) =>
      makeCertificate({ commonName, organizations: [organization] }, authority, hosts);
    const name = KUBELET_CLIENT_USER;
    const group = KUBELET_CLIENT_GROUP;
    const strangers = await Promise.all([
      of(name, group, undefined),
      of(name, group, await makeAuthority('ca')),
      of(name, group, ca, ['127.0.0.1']),
      of(name, 'system:nodes', ca),
      of('system:node:n1', 'system:nodes', ca),
      of('kubernetes-admin', 'system:masters', ca),
      of('jane', group, ca),
    ]);
    for (const path of ['/pods', '/healthz', '/containerLogs/a/hello/c', '/nothing']) {
      for (const stranger of [...strangers, {}]) expect((await kubelet(path, stranger)).code).toBe(401);
    }
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
    const before = first('hello')?.containerID;
    process.kill(pidOf('hello'), 'SIGKILL');
    await eventually(() => first('hello')?.restartCount === 1 && ready('hello'));
    const now = first('hello');
    expect(now?.containerID).not.toBe(before);
    expect(now?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error', containerID: before });
    expect((await kubelet('/containerLogs/a/hello/c?previous=true')).body).toBe('hello hello\n');
  });

  it('ends a deleted pod gracefully and then removes it', async () => {
    const kept = join(directory, 'pods', find('hello')!.metadata.uid);
    await cluster.deletePod('hello', 2);
    await eventually(() => !find('hello'));
    await eventually(() => !existsSync(kept));
    expect(events).toContain('hello Normal Killing Stopping container c');
  });

  it('waits until a pod has started, marks it ready by its probe and restarts it by its liveness', async () => {
    const script =
      "const http=require('http');let n=0;http.createServer((q,r)=>{n+=q.url==='/ready';r.statusCode=q.url==='/live'&&n>1?500:200;r.end()}).listen(8080,process.env.POD_IP)";
    const probe = (path: string) => ({ httpGet: { path, port: 'http' }, periodSeconds: 1, failureThreshold: 1 });
    await addPod('probe', {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'c',
          image: 'node:20',
          command: ['node', '-e', script],
          ports: [{ name: 'http', containerPort: 8080 }],
          env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
          startupProbe: { ...probe('/started'), failureThreshold: 1000 },
          readinessProbe: probe('/ready'),
          livenessProbe: probe('/live'),
        },
      ],
    });
    await eventually(() => ready('probe'));
    await eventually(() => (first('probe')?.restartCount ?? 0) >= 1);
    expect(
      events.some((each) =>
        each.startsWith('probe Warning Unhealthy Liveness probe failed: HTTP probe failed with statuscode: 500'),
      ),
    ).toBe(true);
    expect(events).toContain('probe Normal Killing Container c failed liveness probe, will be restarted');
    await cluster.deletePod('probe', 0);
  });

  it('projects config maps, secrets, the downward API and a token that is bound to the pod', async () => {
    const pass = Buffer.from('word').toString('base64');
    await cluster.api.give(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'files', namespace: 'a' }, data: { 'a.txt': 'one' } },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hidden', namespace: 'a' }, data: { pass } },
    );
    const sources = [
      { configMap: { name: 'files' } },
      { secret: { name: 'hidden', items: [{ key: 'pass', path: 'deep/pass' }] } },
      { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      { serviceAccountToken: { path: 'token' } },
    ];
    await addPod('volumes', {
      volumes: [{ name: 'all', projected: { sources } }],
      containers: [
        container(['sh', '-c', 'cd ${KU7S_ROOT:-}/etc/all; cat a.txt deep/pass labels token; echo; sleep 100'], {
          volumeMounts: [{ name: 'all', mountPath: '/etc/all' }],
        }),
      ],
    });
    await eventually(() => ready('volumes'));
    const token = /^onewordapp="volumes"(ey\S+)\n$/;
    const [, text = ''] = await eventually(
      async () => token.exec((await kubelet('/containerLogs/a/volumes/c')).body) ?? undefined,
    );
    const claims = JSON.parse(Buffer.from(text.split('.')[1]!, 'base64url').toString());
    expect(claims).toMatchObject({
      sub: 'system:serviceaccount:a:default',
      'kubernetes.io': { pod: { name: 'volumes' } },
    });
  });

  it('takes over what runs when it is started again', async () => {
    await addPod('kept', { containers: [container(['sleep', '1000'])] });
    await eventually(() => ready('kept'));
    const before = pidOf('kept');
    await node.stop();
    node = make('leave');
    await node.start();
    await eventually(() => ready('kept'));
    expect(pidOf('kept')).toBe(before);
    expect(first('kept')?.restartCount).toBe(0);
    process.kill(before, 'SIGKILL');
    await eventually(() => first('kept')?.restartCount === 1 && ready('kept'));
    expect(first('kept')?.lastState?.terminated?.exitCode).toBe(137);
  });

  it('gives each pod an address at which its server answers', async () => {
    const script =
      "require('http').createServer((q,r)=>r.end(process.env.HOSTNAME)).listen(8080,process.env.POD_LISTEN)";
    for (const name of ['web-1', 'web-2'])
      await addPod(name, { containers: [{ name: 'c', image: 'node', command: ['node', '-e', script] }] });
    const answers = await Promise.all(
      ['web-1', 'web-2'].map(async (name) => {
        await eventually(() => ready(name));
        return eventuallyText(`http://${status(name)?.podIP}:8080/`);
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
  const attempt = String(first(name)?.restartCount);
  const { uid } = find(name)!.metadata;
  const file = join(directory, 'pods', uid, 'containers', 'c', attempt, 'pid');
  return Number(readFileSync(file, 'utf8').split(' ')[0]);
}
