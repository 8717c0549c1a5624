import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { Pod, Secret } from '../../../schema/types.ts';
import { PullRecords } from '../../../src/nodes/images/credentials/pull-records.ts';
import { ImageManager } from '../../../src/nodes/images/image-manager.ts';
import { PullError, type Image, type ImageService } from '../../../src/nodes/images/image-service.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const ID = `sha256:${'1'.repeat(64)}`;
const NAME = 'example.com/team/app:1';
const image: Image = {
  id: ID,
  repoTags: [NAME],
  repoDigests: [`example.com/team/app@sha256:${'2'.repeat(64)}`],
  size: 4096,
  config: {
    entrypoint: ['/app'],
    cmd: [],
    env: {},
    user: '',
    workingDir: '',
    volumes: [],
    stopSignal: '',
    exposedPorts: [],
  },
  root: { kind: 'layers', layers: ['/layers/1'] },
  fromRegistry: true,
};
const host: Image = { ...image, id: 'host:docker.io/library/busybox:1', root: { kind: 'host' }, fromRegistry: false };

/** An image service that has what it is told, and gives to those who have a password what it is told. */
class FakeService implements ImageService {
  here = new Map<string, Image>();
  pulls: string[] = [];
  answer: (password: string | undefined) => Image | Promise<Image> = () => image;

  async present(reference: string) {
    return this.here.get(reference);
  }
  async pull(reference: string, credential?: { password?: string }): Promise<Image> {
    this.pulls.push(`${reference} ${credential?.password ?? '-'}`);
    const found = await this.answer(credential?.password);
    this.here.set(reference, found);
    return found;
  }
  async list() {
    return [...this.here.values()];
  }
  async remove() {}
  async usage() {
    return { usedBytes: 0, inodesUsed: 0, capacityBytes: 0, availableBytes: 0 };
  }
}

let directory: string;
let service: FakeService;
let events: string[];
let clock: FakeClock;
let secrets: Record<string, Secret>;
let manager: ImageManager;

const start = (): ImageManager =>
  new ImageManager({
    service,
    records: new PullRecords(join(directory, 'pulled.json')),
    events: { event: (_about, type, reason, message) => void events.push(`${type} ${reason} ${message}`) },
    clock,
    secret: async (_namespace, name) => secrets[name],
  });
const metadata = (name: string, uid: string) => ({
  name,
  namespace: 'a',
  uid,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});
const pod = (pulls: string[] = [], name = 'p'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: metadata(name, name),
  spec: { containers: [{ name: 'c' }], imagePullSecrets: pulls.map((each) => ({ name: each })) },
});
const secret = (name: string, password: string, registry = 'example.com'): Secret => {
  const config = { auths: { [registry]: { username: 'jane', password } } };
  const data = { '.dockerconfigjson': Buffer.from(JSON.stringify(config)).toString('base64') };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata(name, `uid-${name}`),
    type: 'kubernetes.io/dockerconfigjson',
    data,
  };
};
const ensure = (policy: string, of = NAME, who = pod(), signal = new AbortController().signal) =>
  manager.ensure({ pod: who, image: of, policy }, signal);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ku7s-images-'));
  service = new FakeService();
  events = [];
  clock = new FakeClock();
  secrets = {};
  manager = start();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const PULLED = [
  'Normal Pulling Pulling image "example.com/team/app:1"',
  'Normal Pulled Successfully pulled image "example.com/team/app:1" in 0s (0s including waiting). Image size: 4096 bytes.',
];
const PRESENT = [
  'Normal Pulled Container image "example.com/team/app:1" already present on machine and can be accessed by the pod',
];
const NEVER = [
  'Warning ErrImageNeverPull Container image "example.com/team/app:1" is not present with pull policy of Never',
  'Warning Failed Error: ErrImageNeverPull',
];

describe('the policies', () => {
  test.each([
    ['IfNotPresent', false, PULLED],
    ['IfNotPresent', true, PRESENT],
    ['Always', false, PULLED],
    ['Always', true, PULLED],
    ['Never', true, PRESENT],
  ])('%s of an image that is there: %s', async (policy, there, told) => {
    if (there) service.here.set(NAME, { ...image, fromRegistry: false });
    expect(await ensure(policy)).toMatchObject({ id: ID });
    expect(events).toEqual(told);
  });

  it('Never of an image that is not there', async () => {
    await expect(ensure('Never')).rejects.toMatchObject({
      reason: 'ErrImageNeverPull',
      message: 'Container image "example.com/team/app:1" is not present with pull policy of Never',
    });
    expect(events).toEqual(NEVER);
    expect(service.pulls).toEqual([]);
  });

  it.each(['Always', 'IfNotPresent', 'Never'])('%s of a program of the machine says what it is', async (policy) => {
    service.here.set('docker.io/library/busybox:1', host);
    await ensure(policy, 'busybox:1');
    expect(events).toEqual([
      'Normal Pulled Container image "busybox:1" is the program "/app" of this machine (host:docker.io/library/busybox:1): no image was pulled',
    ]);
  });

  it('a name that is none', async () => {
    const message = `Failed to apply default image tag "Not Valid": couldn't parse image name "Not Valid": invalid reference format`;
    await expect(ensure('Always', 'Not Valid')).rejects.toMatchObject({ reason: 'InvalidImageName', message });
    expect(events).toEqual([`Warning InspectFailed ${message}`, 'Warning Failed Error: InvalidImageName']);
  });
});

describe('a pull that fails', () => {
  const failing = () => {
    service.answer = () => Promise.reject(new PullError('no such host'));
  };

  it('is told, then waited for with a back-off that doubles', async () => {
    failing();
    const waits: number[] = [];
    for (let at = 0; at < 7; at++) {
      await expect(ensure('Always')).rejects.toMatchObject({ reason: 'ErrImagePull', message: 'no such host' });
      const began = clock.now();
      const pulls = service.pulls.length;
      const backing = await ensure('Always').catch((error: unknown) => error as { retryMs: number; message: string });
      expect(backing).toMatchObject({
        reason: 'ImagePullBackOff',
        message: 'Back-off pulling image "example.com/team/app:1": ErrImagePull: no such host',
      });
      expect(service.pulls.length).toBe(pulls);
      await clock.advance((backing as { retryMs: number }).retryMs);
      waits.push(clock.now() - began);
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300].map((seconds) => seconds * 1000));
    expect(events.slice(0, 5)).toEqual([
      'Normal Pulling Pulling image "example.com/team/app:1"',
      'Warning Failed Failed to pull image "example.com/team/app:1": no such host',
      'Warning Failed Error: ErrImagePull',
      'Normal BackOff Back-off pulling image "example.com/team/app:1"',
      'Warning Failed Error: ImagePullBackOff',
    ]);
  });

  it('does not keep another pod from pulling', async () => {
    failing();
    await expect(ensure('Always')).rejects.toThrow('no such host');
    service.answer = () => image;
    expect(await ensure('Always', NAME, pod([], 'q'))).toMatchObject({ id: ID });
  });
});

describe('credentials', () => {
  const closed = () => {
    service.answer = (password) => {
      if (password === 'right') return image;
      throw new PullError(`not for ${password ?? 'nobody'}`, true);
    };
  };

  it('are tried one after the other (PodSpec.imagePullSecrets, LocalObjectReference.name)', async () => {
    closed();
    secrets = { one: secret('one', 'wrong'), two: secret('two', 'right'), other: secret('other', 'x', 'other.com') };
    await ensure('Always', NAME, pod(['other', 'one', 'two']));
    expect(service.pulls).toEqual([`${NAME} wrong`, `${NAME} right`]);
  });

  it('that all fail are told together, and are in no message', async () => {
    closed();
    secrets = { one: secret('one', 'wrong'), two: secret('two', 'worse') };
    await expect(ensure('Always', NAME, pod(['one', 'two']))).rejects.toThrow('[not for wrong, not for worse]');
  });

  it('that are not there are told, and the pull goes on without', async () => {
    await ensure('Always', NAME, pod(['gone']));
    expect(events[1]).toBe(
      'Warning FailedToRetrieveImagePullSecret Unable to retrieve some image pull secrets (gone); attempting to pull the image may not succeed.',
    );
    expect(service.pulls).toEqual([`${NAME} -`]);
  });

  // KEP-2535: an image is not everybody's for being on the node
  it('that an image was pulled with are asked of every pod', async () => {
    closed();
    secrets = { mine: secret('mine', 'right'), same: secret('same', 'right'), bad: secret('bad', 'wrong') };
    await ensure('IfNotPresent', NAME, pod(['mine']));
    for (const restarted of [false, true]) {
      if (restarted) manager = start();
      for (const [names, allowed] of [
        [['mine'], true],
        [['same'], true],
        [['bad'], false],
        [[], false],
      ] as const) {
        const pulls = service.pulls.length;
        const who = pod([...names], `${restarted}-${names.join()}`);
        if (allowed) await ensure('Never', NAME, who);
        else {
          await expect(ensure('Never', NAME, who)).rejects.toMatchObject({ reason: 'ErrImageNeverPull' });
          await expect(ensure('IfNotPresent', NAME, who)).rejects.toMatchObject({ reason: 'ErrImagePull' });
        }
        expect(service.pulls.length > pulls).toBe(!allowed);
      }
    }
  });

  it('are not asked for an image that anybody could pull', async () => {
    await ensure('IfNotPresent');
    await ensure('Never', NAME, pod([], 'q'));
    expect(service.pulls.length).toBe(1);
  });

  it('are asked again where no proof is left of a pull', async () => {
    service.here.set(NAME, image);
    await ensure('IfNotPresent');
    expect(service.pulls.length).toBe(1);
  });
});

describe('pulls', () => {
  it('of one image are one, whoever asks, and each asker is told', async () => {
    let give: (found: Image) => void = () => undefined;
    service.answer = () => new Promise((resolve) => (give = resolve));
    const all = ['p', 'q', 'r'].map((name) => ensure('Always', NAME, pod([], name)));
    await new Promise((resolve) => setImmediate(resolve));
    give(image);
    expect(await Promise.all(all)).toMatchObject([{ id: ID }, { id: ID }, { id: ID }]);
    expect(service.pulls.length).toBe(1);
    expect(events.filter((each) => each.includes('Successfully')).length).toBe(3);
  });

  it('run in a bounded number', async () => {
    let running = 0;
    let most = 0;
    service.answer = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return image;
    };
    await Promise.all(Array.from({ length: 20 }, (_, at) => ensure('Always', `example.com/a:${at}`)));
    expect(service.pulls.length).toBe(20);
    expect(most).toBe(4);
  });

  it('that nobody waits for are given up, and begin anew when somebody asks', async () => {
    const signals: AbortSignal[] = [];
    service.pull = async (_reference: string, _credential?: object, signal?: AbortSignal) => {
      signals.push(signal!);
      return new Promise<Image>((_, reject) => signal!.addEventListener('abort', () => reject(new Error('given up'))));
    };
    const [one, two] = [new AbortController(), new AbortController()];
    const first = ensure('Always', NAME, pod(), one.signal).catch(() => 'cancelled');
    const second = ensure('Always', NAME, pod([], 'q'), two.signal).catch(() => 'cancelled');
    await new Promise((resolve) => setImmediate(resolve));
    one.abort();
    expect(await first).toBe('cancelled');
    expect(signals[0]?.aborted).toBe(false);
    two.abort();
    expect(await second).toBe('cancelled');
    expect(signals[0]?.aborted).toBe(true);
    void ensure('Always', NAME, pod([], 'r')).catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(signals.length).toBe(2);
    expect(events.some((each) => each.includes('Failed to pull'))).toBe(false);
  });
});
