import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../../../schema/types.ts';
import { etcHosts } from '../../../src/nodes/pods/etc-hosts.ts';
import { kernelHostname, podHostname } from '../../../src/nodes/pods/pod-hostname.ts';
import { resolvConf } from '../../../src/nodes/pods/resolv-conf.ts';

const pod = (spec: Partial<PodSpec> = {}, name = 'web'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { containers: [{ name: 'c' }], ...spec },
});
const DOMAIN = 'cluster.local';

describe('the name of a pod', () => {
  const long = 'a'.repeat(62);
  it.each<[Partial<PodSpec>, string, string, string]>([
    [{}, 'web', '', 'web'],
    [{ hostname: 'one' }, 'one', '', 'one'],
    [{ hostname: 'one', subdomain: 'set' }, 'one', 'set.a.svc.cluster.local', 'one'],
    [{ subdomain: 'set', setHostnameAsFQDN: true }, 'web', 'set.a.svc.cluster.local', 'web.set.a.svc.cluster.local'],
    [{ setHostnameAsFQDN: true }, 'web', '', 'web'],
    [{ hostnameOverride: 'my.own.name', hostname: 'one', subdomain: 'set' }, 'my.own.name', '', 'my.own.name'],
    [{ hostnameOverride: `${long}.b` }, long, '', long],
    [{ hostNetwork: true, hostname: 'one' }, 'one', '', hostname()],
  ])('of %j', (spec, name, domain, kernel) => {
    expect(podHostname(pod(spec), DOMAIN)).toEqual({ name, domain });
    expect(kernelHostname(pod(spec), DOMAIN)).toBe(kernel);
  });

  it('is cut where it is too long, and not at a dash; with a domain it is refused', () => {
    const name = `${'a'.repeat(60)}--${'b'.repeat(60)}`;
    expect(kernelHostname(pod({}, `${'a'.repeat(60)}---b`), DOMAIN)).toBe('a'.repeat(60));
    expect(podHostname(pod({}, name), DOMAIN).name).toBe(`${'a'.repeat(60)}--b`);
    expect(() => kernelHostname(pod({ subdomain: 's', setHostnameAsFQDN: true }, name), DOMAIN)).toThrow(
      'is too long (64 characters is the max, 85 characters requested)',
    );
  });
});

describe('/etc/hosts', () => {
  const hostAliases = [{ ip: '192.0.2.9', hostnames: ['x', 'y'] }];
  it('names the pod, with its domain, and its aliases', () => {
    const lines = etcHosts(pod({ subdomain: 's', hostAliases }), '10.0.0.1', DOMAIN, 'unseen').split('\n');
    expect(lines.slice(0, 2)).toEqual(['# Kubernetes-managed hosts file.', '127.0.0.1\tlocalhost']);
    expect(lines.slice(7)).toEqual([
      '10.0.0.1\tweb.s.a.svc.cluster.local\tweb',
      '',
      '# Entries added by HostAliases.',
      '192.0.2.9\tx\ty',
      '',
    ]);
    expect(lines.join()).not.toContain('unseen');
  });
  it("is the machine's with the aliases in the machine's network", () => {
    expect(etcHosts(pod({ hostNetwork: true, hostAliases }), '1.1.1.1', DOMAIN, '127.0.0.1 m\n')).toBe(
      '# Kubernetes-managed hosts file (host network).\n127.0.0.1 m\n\n# Entries added by HostAliases.\n192.0.2.9\tx\ty\n',
    );
  });
});

describe('/etc/resolv.conf', () => {
  const host = 'search old\nsearch lab.example\nnameserver 192.0.2.53\noptions ndots:2 rotate\n';
  const own = 'search lab.example\nnameserver 192.0.2.53\noptions ndots:2 rotate\n';
  const cluster =
    'search a.svc.cluster.local svc.cluster.local cluster.local lab.example\nnameserver 10.96.0.10\noptions ndots:5\n';
  const of = (spec: Partial<PodSpec>, dnsIP: string | undefined = '10.96.0.10') =>
    resolvConf(pod(spec), { domain: DOMAIN, dnsIP }, host);

  it.each<[Partial<PodSpec>, string]>([
    [{}, cluster],
    [{ dnsPolicy: 'ClusterFirst' }, cluster],
    [{ dnsPolicy: 'ClusterFirst', hostNetwork: true }, own],
    [{ dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }, cluster],
    [{ dnsPolicy: 'ClusterFirstWithHostNet' }, cluster],
    [{ dnsPolicy: 'Default' }, own],
    [{ dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.1'] } }, 'nameserver 192.0.2.1\n'],
    [
      {
        dnsPolicy: 'Default',
        dnsConfig: {
          nameservers: ['192.0.2.53', '192.0.2.1'],
          searches: ['x.example', 'lab.example'],
          options: [{ name: 'ndots', value: '3' }, { name: 'edns0' }],
        },
      },
      'search lab.example x.example\nnameserver 192.0.2.53\nnameserver 192.0.2.1\noptions ndots:3 rotate edns0\n',
    ],
  ])('of %j', (spec, text) => expect(of(spec)).toEqual({ text, warnings: [] }));

  it("is the machine's where the cluster has no DNS", () => {
    expect(resolvConf(pod(), { domain: DOMAIN }, host).text).toBe(own);
  });

  it('has no more than resolvers take, and says what is missing', () => {
    const nameservers = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
    const searches = Array.from({ length: 40 }, (_, n) => `${String(n).padStart(70, 'd')}.example`);
    const { text, warnings } = of({ dnsPolicy: 'None', dnsConfig: { nameservers, searches } });
    expect(text.match(/nameserver/g)).toHaveLength(3);
    expect(text.split('\n')[0]!.split(' ')).toHaveLength(1 + 25);
    expect(warnings.map((each) => each.split(' ')[0])).toEqual(['Nameserver', 'Search']);
  });
});
