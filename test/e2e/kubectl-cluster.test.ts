import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import * as x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import descriptions from '../../schema/descriptions.json' with { type: 'json' };
import { eventually } from './support/cluster.ts';
import { kubectlSuite, lines } from './support/kubectl.ts';

/** Who may do what, and what the cluster tells of itself. */
describe('kubectl and the cluster', () => {
  const suite = kubectlSuite('cluster', ['--nodes', 'simulated:3'], 3);
  const { namespace, until } = suite;

  it('auth says who one is and what one may do', async () => {
    const { ns, ok, run } = await namespace();
    await ok('create role r --verb=get,list --resource=pods');
    await ok('create rolebinding r --role=r --user=jo');
    expect(await ok('auth can-i delete nodes')).toBe('yes\n');
    expect(await ok('auth can-i list pods --as=jo')).toBe('yes\n');
    expect(await run('auth can-i delete pods --as=jo')).toMatchObject({ code: 1, stdout: 'no\n' });
    expect(await ok('auth can-i --list --as=jo')).toMatch(/\npods +\[] +\[] +\[get list]\n/);
    expect((await run('get secrets --as=jo')).stderr).toBe(
      `Error from server (Forbidden): secrets is forbidden: User "jo" cannot list resource "secrets" in API group "" in the namespace "${ns}"\n`,
    );
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }];
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'r', namespace: ns },
      rules,
    };
    const reconciled = await run('auth reconcile -f -', JSON.stringify(role));
    expect(`${reconciled.stdout}${reconciled.stderr}`).toContain('missing rules added');
    await eventually(
      () => run('auth can-i list secrets --as=jo'),
      ({ code }) => code === 0,
    );
    expect(await ok('auth can-i list pods --as=jo')).toBe('yes\n');
    expect(await ok('auth whoami')).toMatch(
      /Username +kubernetes-admin\nGroups +\[system:masters system:authenticated]/,
    );
    expect(await ok('auth whoami --as=jo --as-group=dev')).toMatch(/Username +jo\nGroups +\[dev system:authenticated]/);
  });

  it('certificate approves and denies', async () => {
    const { ns, ok, field } = await namespace();
    x509.cryptoProvider.set(webcrypto as never);
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      name: 'CN=alice, O=dev',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    });
    for (const name of [`${ns}-yes`, `${ns}-no`]) {
      const spec = {
        request: Buffer.from(request.toString('pem')).toString('base64'),
        signerName: 'example.com/client',
        usages: ['client auth'],
      };
      await ok(
        'create -f -',
        JSON.stringify({
          apiVersion: 'certificates.k8s.io/v1',
          kind: 'CertificateSigningRequest',
          metadata: { name },
          spec,
        }),
      );
    }
    expect(await ok(`certificate approve ${ns}-yes`)).toContain('approved');
    expect(await ok(`certificate deny ${ns}-no`)).toContain('denied');
    expect(await field(`csr/${ns}-yes`, '.status.conditions[*].type')).toBe('Approved');
    expect(await ok(`get csr ${ns}-no`)).toMatch(/example.com\/client +kubernetes-admin +<none> +Denied/);
    expect(await ok(`describe csr ${ns}-yes`)).toMatch(/Common Name: +alice/);
  });

  it('tells what there is: api-resources, api-versions, explain, version, cluster-info, config', async () => {
    const { ns, ok, fails } = await namespace();
    expect(await ok('api-resources --api-group=apps')).toMatch(/\ndeployments +deploy +apps\/v1 +true +Deployment\n/);
    expect(lines(await ok('api-resources --namespaced=false -o name'))).toContain('nodes');
    expect(lines(await ok('api-versions'))).toEqual(expect.arrayContaining(['v1', 'apps/v1', 'batch/v1']));
    expect(await ok('explain deployment.spec.strategy')).toMatch(
      /KIND: +Deployment[^]*rollingUpdate\t<RollingUpdateDeployment>/,
    );
    expect(await ok('explain pod --recursive')).toContain('      containerPort\t<integer> -required-');
    const said = (await ok('explain pod.spec.containers')).replace(/\s+/g, ' ');
    const words = descriptions.types['io.k8s.api.core.v1.Container'];
    expect(said).toContain(`DESCRIPTION: ${descriptions.types['io.k8s.api.core.v1.PodSpec'].fields.containers}`);
    expect(said).toContain(words.description);
    expect(said).toContain(`image <string> ${words.fields.image}`);
    expect(await fails('explain pod.nothing')).toContain('field "nothing" does not exist');
    expect(await ok('version')).toMatch(/Server Version: v1\.35\./);
    expect(await ok('cluster-info')).toContain(suite.cluster.url);
    await ok(`cluster-info dump --output-directory=${path.join(suite.folder, 'dump')}`);
    expect(readdirSync(path.join(suite.folder, 'dump'))).toEqual(
      expect.arrayContaining(['nodes.json', 'kube-system', ns]),
    );
    expect(await ok('config view')).toContain('certificate-authority-data: DATA+OMITTED');
    expect(await ok('config current-context')).toBe('ku7s\n');
  });

  it('tells what nodes and pods use, when they have been asked twice', async () => {
    const { ns } = await namespace();
    const used = await eventually(
      () => suite.cluster.kubectl('top nodes'),
      ({ code }) => code === 0,
    );
    expect(used.stdout).toMatch(
      /^NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\) *\n\S+ +\d+m +\d+% +\d+Mi +\d+%/,
    );
    expect((await suite.cluster.kubectl(`top pods -n ${ns}`)).stderr).toBe(`No resources found in ${ns} namespace.\n`);
  });

  it('proxies a request', async () => {
    await until(
      ['proxy', '--port=0'],
      (text) => text.includes('Serving') || text.includes('serve on'),
      async (text) => {
        const body = await fetch(`http://${/127\.0\.0\.1:\d+/.exec(text)?.[0]}/api/v1/namespaces/default`).then((r) =>
          r.json(),
        );
        expect(body).toMatchObject({ kind: 'Namespace', metadata: { name: 'default' } });
      },
    );
  });
});
