import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './support/cluster.ts';
import { kubectlSuite, pod, type Session } from './support/kubectl.ts';

const SERVER = "require('http').createServer((q, s) => s.end('served')).listen(8080)";
const KUBE_DNS = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
};
/** Asks the Service by its name, by its address, and the name alone; each within a second. */
const ASK = (ip: string): string => `
  const say = (what, answer) => console.log(what + '=' + answer);
  const http = (what, host) => require('http').get({ host, port: 80, timeout: 900 }, (r) => r.resume() && say(what, 'yes'))
    .on('timeout', function () { this.destroy(new Error('late')); }).on('error', () => say(what, 'no'));
  http('address', '${ip}');
  new (require('dns').Resolver)({ timeout: 900, tries: 1 })
    .resolve4(process.argv[1], (error) => say('name', error ? 'no' : 'yes'));`;

/** Policies as people apply them; test/nodes/policy has the table of who reaches whom. */
describe('network policies', () => {
  const suite = kubectlSuite('policies', [], 1);
  let session: Session;
  let ip: string;
  let enforced: string;

  beforeAll(async () => {
    session = await suite.namespace();
    const condition = '{.items[0].status.conditions[?(@.type=="NetworkPolicyEnforced")].status}';
    const get = async () => (await suite.cluster.kubectl(`get nodes -o 'jsonpath=${condition}'`)).stdout;
    enforced = await eventually(get, (status) => status !== '');
    await session.ok(
      'create -f -',
      pod('web', { containers: [{ name: 'c', image: 'node', command: ['node', '-e', SERVER] }] }),
    );
    await session.ok('label pod web app=web');
    await session.ok(
      'create -f -',
      pod('asks', { containers: [{ name: 'c', image: 'node', command: ['sleep', '1000000'] }] }),
    );
    await session.ok('expose pod web --port 80 --target-port 8080');
    await session.ok('wait pod --all --for=condition=Ready --timeout=110s');
    ip = await session.field('service/web', '.spec.clusterIP');
  });
  beforeEach(({ skip }) => skip(enforced !== 'True', 'this machine cannot enforce network policies'));

  const reached = async (): Promise<string> => {
    const name = `web.${session.ns}.svc.cluster.local`;
    const { stdout } = await suite.cluster.kubectl(
      `-n ${session.ns} exec asks -- node -e '${ASK(ip).replaceAll("'", '"')}' ${name}`,
    );
    return stdout.trim().split('\n').sort().join(' ');
  };
  const policy = (name: string, spec: object) =>
    session.ok(
      'apply -f -',
      JSON.stringify({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name }, spec }),
    );
  const becomes = (wanted: string) => eventually(reached, (now) => now === wanted);

  it('hold for what goes by a Service and for the DNS, each when it is applied and until it is deleted', async () => {
    const all = { podSelector: {}, policyTypes: ['Egress'] };
    await becomes('address=yes name=yes');
    await policy('deny', all);
    await becomes('address=no name=no');
    await policy('dns', { ...all, egress: [{ to: [KUBE_DNS], ports: [{ port: 53, protocol: 'UDP' }] }] });
    await becomes('address=no name=yes');
    await policy('web', {
      ...all,
      egress: [{ to: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 8080 }] }],
    });
    await becomes('address=yes name=yes');
    await session.ok('delete networkpolicy deny dns web');
    await policy('closed', { podSelector: { matchLabels: { app: 'web' } }, ingress: [] });
    await becomes('address=no name=yes');
    await session.ok('delete networkpolicy closed');
    await becomes('address=yes name=yes');
    expect(await session.field('pod/web', '.status.containerStatuses[0].restartCount')).toBe('0');
  });
});
