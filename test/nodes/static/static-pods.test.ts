import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeNode } from '../pods/fake-node.ts';

const MIRROR = 'kubernetes.io/config.mirror';
const HASH = 'kubernetes.io/config.hash';

let folder: string;
let node: FakeNode;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'ku7s-manifests-'))));
afterEach(async () => {
  await node.close();
  rmSync(folder, { recursive: true, force: true });
});

const manifest = (more: { name?: string; spec?: object; container?: object; labels?: object } = {}): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: more.name ?? 'web', namespace: 'a', labels: more.labels },
    spec: { containers: [{ name: 'c', image: 'busybox', command: ['run'], ...more.container }], ...more.spec },
  });
/** As an editor writes: whole, under another name first. */
const write = (file: string, text: string): void => {
  writeFileSync(join(folder, `.${file}`), text);
  renameSync(join(folder, `.${file}`), join(folder, file));
};
const open = async (): Promise<void> => void (node = await FakeNode.open({ manifests: folder }));
const look = (): Promise<void> => node.advance(2500);
const mirror = () => node.find('web-n1');
const begins = (): number => node.runtime.journal.filter((line) => line.startsWith('start ')).length;

describe('a static pod', () => {
  it('runs from its manifest, and is shown by the API', async () => {
    write(
      'web.yaml',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: a}\nspec:\n  containers:\n  - {name: c, image: busybox, command: [run]}\n',
    );
    await open();
    await node.advance(0);
    expect(begins()).toBe(1);
    const shown = mirror()!;
    expect(shown.spec).toMatchObject({
      nodeName: 'n1',
      restartPolicy: 'Always',
      tolerations: expect.arrayContaining([{ operator: 'Exists', effect: 'NoExecute' }]) as unknown,
    });
    const { annotations, ownerReferences } = shown.metadata;
    expect(annotations?.['kubernetes.io/config.source']).toBe('file');
    expect(annotations?.[HASH]).toMatch(/^[0-9a-f]{32}$/);
    expect(annotations?.[MIRROR]).toBe(annotations?.[HASH]);
    expect(ownerReferences).toMatchObject([{ apiVersion: 'v1', kind: 'Node', name: 'n1', controller: true }]);
    expect(shown.status).toMatchObject({ phase: 'Running', podIP: '10.244.0.5' });
    expect(shown.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    // what runs is known by what the manifest says
    expect(node.runtime.last('c').spec.pod).toEqual({ namespace: 'a', name: 'web-n1', uid: annotations?.[HASH] });
  });

  it.each([
    ['with time', undefined],
    ['at once', 0],
  ])('goes on when its picture is deleted %s, which is made again with its state', async (_, grace) => {
    write('web.json', manifest());
    await open();
    await node.advance(0);
    const before = mirror()!.metadata.uid;
    await node.cluster.deletePod('web-n1', grace);
    await node.advance(0);
    expect(mirror()?.metadata.uid).not.toBe(before);
    expect(mirror()).toMatchObject({ status: { phase: 'Running' } });
    expect(mirror()?.metadata.deletionTimestamp).toBeUndefined();
    expect(begins()).toBe(1);
    expect(node.runtime.last('c').live).toBe(true);
    // and its status is followed as before
    node.runtime.last('c').end(3);
    await node.advance(0);
    expect(node.container('web-n1').lastState?.terminated?.exitCode).toBe(3);
  });

  it('ends with its manifest, in its time, and its picture with it', async () => {
    write('web.json', manifest({ spec: { terminationGracePeriodSeconds: 7 } }));
    await open();
    await node.advance(0);
    node.runtime.deaf.add('c');
    rmSync(join(folder, 'web.json'));
    await look();
    expect(node.runtime.journal.at(-1)).toBe('SIGTERM c');
    expect(mirror()).toBeDefined();
    await node.advance(8000);
    expect(node.runtime.journal).toContain('SIGKILL c');
    await node.advance(2000);
    expect(mirror()).toBeUndefined();
    expect(node.attached.size).toBe(0);
  });

  it('is another one when its manifest says something else, after the first has ended', async () => {
    write('web.json', manifest());
    await open();
    await node.advance(0);
    const before = mirror()!;
    node.runtime.deaf.add('c');
    write('web.json', manifest({ labels: { version: '2' } }));
    await look();
    expect(begins()).toBe(1);
    node.runtime.last('c').end(0);
    await look();
    expect(begins()).toBe(2);
    expect(mirror()?.metadata.labels).toEqual({ version: '2' });
    expect(mirror()?.metadata.annotations?.[MIRROR]).not.toBe(before.metadata.annotations?.[MIRROR]);
    expect(mirror()?.status?.phase).toBe('Running');
  });

  it('is the same when its manifest is only written again, and after the agent has been started again', async () => {
    write('web.json', manifest());
    await open();
    await node.advance(0);
    const { uid } = mirror()!.metadata;
    write('web.json', manifest());
    await look();
    await node.restart();
    await look();
    expect([begins(), mirror()?.metadata.uid, mirror()?.status?.phase]).toEqual([1, uid, 'Running']);
  });

  it('comes and goes with files that come and go', async () => {
    await open();
    write('web.json', manifest());
    await look();
    expect(mirror()?.status?.phase).toBe('Running');
    rmSync(join(folder, 'web.json'));
    await look();
    await look();
    write('web.json', manifest());
    await look();
    await look();
    expect([begins(), mirror()?.status?.phase]).toEqual([2, 'Running']);
  });

  it.each([
    ['no pod', '{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"}}'],
    ['no YAML', 'a: [b'],
    ['nothing', ''],
    ['not valid', manifest({ container: { name: 'A_B' } })],
    ['about a Secret', manifest({ spec: { volumes: [{ name: 'v', secret: { secretName: 's' } }] } })],
    ['about a ConfigMap', manifest({ container: { envFrom: [{ configMapRef: { name: 'c' } }] } })],
    ['about an account', manifest({ spec: { serviceAccountName: 'default' } })],
  ])('is not made of a manifest that is %s, and the others run', async (_, text) => {
    write('bad.json', text);
    write('web.json', manifest());
    await open();
    await look();
    expect(begins()).toBe(1);
    expect(node.events.filter((line) => line.startsWith("log a manifest can't be processed"))).toHaveLength(1);
  });

  it('stays as it was while its manifest cannot be read', async () => {
    write('web.json', manifest());
    await open();
    await node.advance(0);
    write('web.json', '{');
    await look();
    await look();
    expect(node.runtime.last('c').live).toBe(true);
  });

  it('that the node does not take is shown with the reason', async () => {
    write('web.json', manifest({ spec: { nodeSelector: { disk: 'fast' } } }));
    await open();
    await node.advance(0);
    expect(begins()).toBe(0);
    expect(mirror()?.status).toMatchObject({ phase: 'Failed', reason: 'NodeAffinity' });
  });

  it('does not take the place of a pod of the API that has its name', async () => {
    await open();
    await node.run('web-n1', { containers: [{ name: 'other', image: 'busybox', command: ['run'] }] });
    write('web.json', manifest());
    await look();
    expect(mirror()?.metadata.annotations?.[MIRROR]).toBeUndefined();
    expect(node.runtime.last('other').live).toBe(true);
  });

  it('leaves no picture of one whose manifest went while no agent ran', async () => {
    write('web.json', manifest());
    await open();
    await node.advance(0);
    rmSync(join(folder, 'web.json'));
    await node.restart();
    await look();
    expect(mirror()).toBeUndefined();
  });
});
