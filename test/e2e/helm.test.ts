import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';
import { succeeds } from './support/kubectl.ts';

const CHART = fileURLToPath(new URL('charts/greeter', import.meta.url));

/** The real helm, with a chart that has hooks and a test. */
describe('helm', () => {
  let cluster: Cluster;
  const helm = succeeds((line) => cluster.helm(line));
  const kubectl = succeeds((line) => cluster.kubectl(line));
  const field = (what: string, at: string) => kubectl(`get ${what} -o jsonpath={${at}}`);
  const history = async (): Promise<string[]> =>
    JSON.parse(await helm('history hi -o json')).map(
      (each: { revision: number; status: string }) => `${each.revision} ${each.status}`,
    );

  beforeAll(async () => {
    cluster = await startCluster();
    const ready = async () => (await cluster.kubectl('get nodes --no-headers')).stdout;
    await eventually(ready, (text) => /\sReady\s/.test(text));
  });
  afterAll(() => cluster?.remove());

  it('installs, upgrades, tests, rolls back and uninstalls a chart with hooks', async () => {
    const said = await helm(`install hi ${CHART} --wait --timeout 110s`);
    expect(said).toMatch(/STATUS: deployed\nREVISION: 1\n[^]*hi says hello\./);
    expect(await field('job/hi-pre-install', '.status.succeeded')).toBe('1');
    expect(await field('deployment/hi', '.status.readyReplicas')).toBe('2');
    expect(await field('secrets', '.items[*].type')).toBe('helm.sh/release.v1');
    expect(JSON.parse(await helm('list -o json'))).toMatchObject([
      { name: 'hi', revision: '1', status: 'deployed', chart: 'greeter-0.1.0' },
    ]);

    await helm(`upgrade hi ${CHART} --set greeting=welcome,replicas=1 --wait --timeout 110s`);
    expect(await field('configmap/hi-greeting', '.data.greeting')).toBe('welcome');
    expect(await field('deployment/hi', '.spec.replicas')).toBe('1');
    expect(await field('job/hi-post-upgrade', '.status.succeeded')).toBe('1');
    expect(JSON.parse(await helm('get values hi -o json'))).toEqual({ greeting: 'welcome', replicas: 1 });
    expect(await helm('status hi')).toContain('REVISION: 2');
    expect(await history()).toEqual(['1 superseded', '2 deployed']);

    expect(await helm('test hi --timeout 110s')).toMatch(/TEST SUITE: +hi-test\n[^]*Phase: +Succeeded/);

    await helm('rollback hi 1 --wait --timeout 110s');
    expect(await field('configmap/hi-greeting', '.data.greeting')).toBe('hello');
    expect(await field('deployment/hi', '.spec.replicas')).toBe('2');
    expect(await history()).toEqual(['1 superseded', '2 superseded', '3 deployed']);

    await helm('uninstall hi --wait --timeout 110s');
    expect(await field('configmap/hi-farewell', '.data.said')).toBe('goodbye');
    expect(await helm('list -q')).toBe('');
    const left = () => kubectl('get deployments,services,rs,pods,secrets -l app.kubernetes.io/instance=hi -o name');
    await eventually(left, (text) => text === '');
  });

  it('leaves nothing of a dry run', async () => {
    expect(await helm(`install dry ${CHART} --dry-run=server`)).toContain('name: dry-greeting');
    expect(await helm('list -q')).not.toContain('dry');
  });

  it('takes back an installation whose hook fails', async () => {
    const { code, stderr } = await cluster.helm(
      `install bad ${CHART} --set hook=exit --rollback-on-failure --timeout 110s`,
    );
    expect(code, stderr).not.toBe(0);
    expect(await helm('list -q')).not.toContain('bad');
    expect((await cluster.kubectl('get deployment bad')).stderr).toContain('NotFound');
  });

  it('takes back an upgrade that fails, and installs what is not there', async () => {
    const up = `upgrade --install up ${CHART} --namespace deep --create-namespace --set replicas=1 --wait --timeout 110s`;
    expect(await helm(up)).toContain('STATUS: deployed\nREVISION: 1\n');
    const { code, stderr } = await cluster.helm(`${up} --set hook=exit --set greeting=lost --rollback-on-failure`);
    expect(code, stderr).not.toBe(0);
    expect(await field('configmap/up-greeting -n deep', '.data.greeting')).toBe('hello');
    const past = JSON.parse(await helm('history up -n deep -o json')).map(
      (each: { revision: number; status: string }) => `${each.revision} ${each.status}`,
    );
    expect(past).toEqual(['1 superseded', '2 failed', '3 deployed']);
    expect(await helm('get manifest up -n deep')).toContain('name: up-greeting');
    expect(await helm('get hooks up -n deep')).toContain('helm.sh/hook: pre-install');
    expect(JSON.parse(await helm('list -A -o json'))).toMatchObject([{ name: 'up', namespace: 'deep', revision: '3' }]);
    await helm('uninstall up -n deep --wait --timeout 110s');
  });
});
