import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive, buildImage, layoutFiles, savedFiles, type BuiltImage } from '../support/image-archive.ts';
import { programLayers } from '../support/program-image.ts';
import { fail, TestRegistry } from '../support/test-registry.ts';
import { eventually } from './support/cluster.ts';
import { kubectlSuite, pod, type Session } from './support/kubectl.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-e2e-images-'));
const SAYS = 'echo "$GREETING from $(id -un):$(id -gn) in $(pwd)"; touch /tmp/ready; while :; do sleep 1; done';
const CONFIG = {
  Entrypoint: ['sh', '-c'],
  Cmd: [SAYS],
  Env: ['PATH=/bin', 'GREETING=hello'],
  User: 'web:logs',
  WorkingDir: '/home/web',
  StopSignal: 'SIGUSR1',
};
const isRoot = process.getuid?.() === 0;

/** Pods whose files are those of an image and not the machine's. Without root there is no way to be the image's user. */
describe.skipIf(!isRoot)('images', () => {
  const suite = kubectlSuite('images', ['--images', folder], 1);
  let session: Session;
  let built: BuiltImage;
  let registry: TestRegistry;
  let layers: Buffer[];

  beforeAll(async () => {
    layers = await programLayers();
    built = buildImage(layers, CONFIG);
    registry = await TestRegistry.open();
    session = await suite.namespace();
    const layout = path.join(folder, '.new');
    for (const { name, content = '' } of layoutFiles({ 'example.com/team/web:1': built })) {
      mkdirSync(path.dirname(path.join(layout, name)), { recursive: true });
      writeFileSync(path.join(layout, name), content);
    }
    // dropped in while the node runs
    renameSync(layout, path.join(folder, 'web'));
  });
  afterAll(async () => {
    await session?.ok('delete deployment,pod --all --now');
    await registry?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const log = (name: string, good: (text: string) => boolean): Promise<string> =>
    eventually(() => session.run(`logs ${name}`).then(({ stdout }) => stdout), good);
  const state = (name: string): Promise<string> => session.field(`pod/${name}`, '.status.containerStatuses[0].state');

  it('a Deployment from an OCI layout, with its own files, user, environment and folder', async () => {
    const { ok, field } = session;
    const probe = { exec: { command: ['cat', '/tmp/ready'] }, periodSeconds: 1 };
    const container = { name: 'web', image: 'example.com/team/web:1', readinessProbe: probe };
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: { terminationGracePeriodSeconds: 20, containers: [container] },
    };
    const spec = { replicas: 2, selector: { matchLabels: { app: 'web' } }, template };
    await ok(
      'create -f -',
      JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec }),
    );
    await ok('rollout status deployment/web --timeout=100s');
    expect(await ok('logs deployment/web')).toBe('hello from web:web in /home/web\n');
    const [name = ''] = (await ok('get pods -l app=web -o name')).split('\n');
    expect(await ok(`exec ${name} -- cat note /etc/passwd`)).toBe(
      'secondroot:x:0:0::/root:/bin/sh\nweb:x:1234:1235::/home/web:/bin/sh\n',
    );
    expect(await ok(`exec ${name} -- id`)).toMatch(/^uid=1234\(web\) gid=1235\(web\) groups=.*1300\(logs\)/);
    expect(await ok(`exec ${name} -- ls /var/old`)).toBe('new\n');
    expect(await ok(`exec ${name} -- sh -c 'ls /etc/removed /usr 2>&1 || :'`)).not.toContain('local');
    expect(await ok(`exec ${name} -- ls /`)).not.toContain('usr');
    expect(await field(name, '.status.containerStatuses[0].image')).toBe('example.com/team/web:1');
    expect(await field(name, '.status.containerStatuses[0].imageID')).toBe(
      `example.com/team/web@${built.manifestDigest}`,
    );
    expect(await ok(`get events --field-selector involvedObject.name=${name.replace('pod/', '')}`)).toContain(
      'already present on machine and can be accessed by the pod',
    );
  });

  it('what one container writes is its own', async () => {
    const { ok } = session;
    const writes = (name: string) =>
      pod(name, {
        containers: [{ name: 'c', image: 'example.com/team/web:1', args: [`ls /tmp; touch /tmp/${name}; sleep 1000`] }],
      });
    await ok('create -f -', writes('one'));
    await ok('wait pod/one --for=condition=Ready --timeout=60s');
    await ok('create -f -', writes('two'));
    await ok('wait pod/two --for=condition=Ready --timeout=60s');
    expect(await log('two', () => true)).toBe('');
    await ok('delete pod one two --now');
  });

  it('as another user, with a read-only root, by command and args', async () => {
    const { ok } = session;
    const containers = [
      {
        name: 'c',
        image: 'example.com/team/web:1',
        command: ['sh', '-c', 'id -u; touch /home/web/x || echo refused; echo $(GREETING) $0'],
        args: ['last'],
        env: [{ name: 'GREETING', value: 'own' }],
        securityContext: { runAsUser: 4321, runAsNonRoot: true, readOnlyRootFilesystem: true },
      },
    ];
    await ok('create -f -', pod('strict', { restartPolicy: 'Never', containers }));
    const text = await log('strict', (each) => each.includes('last'));
    expect(text).toMatch(/^4321\n/);
    expect(text).toContain('refused\nown last\n');
    const root = { name: 'c', image: 'example.com/team/web:1', securityContext: { runAsNonRoot: true } };
    await ok('create -f -', pod('named', { containers: [root] }));
    expect(
      await eventually(
        () => state('named'),
        (text) => text.includes('CreateContainerConfigError'),
      ),
    ).toContain('image has non-numeric user (web), cannot verify user is non-root');
  });

  it('a compressed archive of docker save is found when it comes', async () => {
    const { ok } = session;
    const name = path.join(folder, '.later');
    await ok('create -f -', pod('later', { containers: [{ name: 'c', image: 'later:2', imagePullPolicy: 'Never' }] }));
    expect(
      await eventually(
        () => state('later'),
        (text) => text.includes('ErrImageNeverPull'),
      ),
    ).toContain('Container image \\"later:2\\" is not present with pull policy of Never');
    writeFileSync(name, await archive(savedFiles(layers, ['later:2'], { ...CONFIG, User: '' })));
    renameSync(name, path.join(folder, 'later.tar'));
    expect(await log('later', (text) => text.includes('hello'))).toContain('hello from root:root');
  });

  it('a registry that asks for a secret, and its words when it gets none', async () => {
    const { ok, field } = session;
    const secret = buildImage(layers, { ...CONFIG, Labels: { of: 'the registry' } });
    registry.push('team/secret', '3', secret);
    registry.handle = (request, response) => {
      if (request.headers.authorization === `Basic ${Buffer.from('jane:word').toString('base64')}`) return false;
      response.setHeader('www-authenticate', 'Basic realm="x"');
      return fail(response, 401, 'UNAUTHORIZED', 'authentication required');
    };
    const image = `${registry.host}/team/secret:3`;
    await ok('create -f -', pod('open', { containers: [{ name: 'c', image }] }));
    const refused = await eventually(
      () => state('open'),
      (text) => text.includes('ImagePullBackOff'),
    );
    expect(refused).toContain('pull access denied, repository does not exist or may require authorization');
    await ok(
      `create secret docker-registry key --docker-server=${registry.host} --docker-username=jane --docker-password=word`,
    );
    await ok('create -f -', pod('keyed', { imagePullSecrets: [{ name: 'key' }], containers: [{ name: 'c', image }] }));
    await ok('wait pod/keyed --for=condition=Ready --timeout=60s');
    expect(await field('pod/keyed', '.status.containerStatuses[0].imageID')).toBe(
      `${registry.host}/team/secret@${secret.manifestDigest}`,
    );
    const events = await ok('get events --field-selector involvedObject.name=keyed');
    expect(events).toContain(`Pulling image "${image}"`);
    expect(events).toMatch(/Successfully pulled image .* \(\S+ including waiting\)\. Image size: \d+ bytes\./);
    // one that is on the node is not another's for that
    await ok('create -f -', pod('closed', { containers: [{ name: 'c', image, imagePullPolicy: 'Never' }] }));
    expect(
      await eventually(
        () => state('closed'),
        (text) => text.includes('ErrImageNeverPull'),
      ),
    ).toContain('Never');
  });

  it('a volume of an image', async () => {
    const { ok } = session;
    const containers = [
      {
        name: 'c',
        image: 'example.com/team/web:1',
        args: ['cat /data/home/web/note /part/new; touch /data/x 2>/tmp/said || echo refused; sleep 1000'],
        volumeMounts: [
          { name: 'files', mountPath: '/data' },
          { name: 'files', mountPath: '/part', subPath: 'var/old' },
        ],
      },
    ];
    const volumes = [{ name: 'files', image: { reference: 'example.com/team/web:1', pullPolicy: 'IfNotPresent' } }];
    await ok('create -f -', pod('volume', { containers, volumes }));
    expect(await log('volume', (text) => text.includes('refused'))).toMatch(/^secondnew/);
    await ok('delete pod volume --now');
  });

  it('the catalogue says that it is no image', async () => {
    const { ok, field } = session;
    await ok(
      'create -f -',
      pod('host', { containers: [{ name: 'c', image: 'busybox:1.36', command: ['sleep', '1000'] }] }),
    );
    await ok('wait pod/host --for=condition=Ready --timeout=60s');
    expect(await field('pod/host', '.status.containerStatuses[0].imageID')).toBe('host:docker.io/library/busybox:1.36');
    expect(await ok('get events --field-selector involvedObject.name=host')).toContain('no image was pulled');
    // and gives way to the image when that is there
    cpSync(path.join(folder, 'web'), path.join(folder, '.busybox'), { recursive: true });
    const index = path.join(folder, '.busybox/index.json');
    const [named] = layoutFiles({ 'busybox:1.36': built }).filter(({ name }) => name === 'index.json');
    writeFileSync(index, named?.content ?? '');
    renameSync(path.join(folder, '.busybox'), path.join(folder, 'box'));
    await ok('create -f -', pod('real', { containers: [{ name: 'c', image: 'busybox:1.36' }] }));
    expect(await log('real', (text) => text.includes('hello'))).toBe('hello from web:web in /home/web\n');
  });

  it('ends by the signal of its image', async () => {
    const { ok } = session;
    const args = ['trap "echo asked; exit 0" USR1; echo begun; while :; do sleep 0.1; done'];
    await ok(
      'create -f -',
      pod('asked', {
        terminationGracePeriodSeconds: 60,
        containers: [{ name: 'c', image: 'example.com/team/web:1', args }],
      }),
    );
    await log('asked', (text) => text.includes('begun'));
    const began = Date.now();
    await ok('delete pod asked');
    expect(Date.now() - began).toBeLessThan(55_000);
  });
});
