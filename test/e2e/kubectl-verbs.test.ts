import { describe, expect, it } from 'vitest';
import { eventually } from './support/cluster.ts';
import { configMap, kubectlSuite, lines } from './support/kubectl.ts';

/** The verbs of the real kubectl on single objects, with what they bring about. Each test has a namespace of its own. */
describe('kubectl verbs', () => {
  const suite = kubectlSuite('verbs', ['--nodes', 'simulated:3'], 3);
  const { file, namespace, until } = suite;

  it('create makes each kind that it has a generator for, and describe shows it', async () => {
    const { ns, ok, field } = await namespace();
    const made: readonly (readonly [string, string, string])[] = [
      ['deployment web --image=nginx --port=80', 'deployment/web', 'StrategyType:'],
      ['job once --image=busybox -- echo hi', 'job/once', 'Completions:'],
      ["cronjob often --image=busybox --schedule '*/5 * * * *' -- echo hi", 'cronjob/often', '*/5 * * * *'],
      ['job copied --from=cronjob/often', 'job/copied', 'cronjob.kubernetes.io/instantiate: manual'],
      ['secret generic plain --from-literal=a=b', 'secret/plain', 'Opaque'],
      [
        'secret docker-registry pull --docker-username=u --docker-password=p --docker-server=r',
        'secret/pull',
        'kubernetes.io/dockerconfigjson',
      ],
      ['configmap settings --from-literal=a=b', 'configmap/settings', 'Data'],
      ['role reader --verb=get,list --resource=pods,deployments.apps', 'role/reader', 'deployments.apps'],
      ['rolebinding readers --role=reader --user=jo --serviceaccount=x:y', 'rolebinding/readers', 'ServiceAccount'],
      [`clusterrole ${ns}-logs --verb=get --non-resource-url=/logs`, `clusterrole/${ns}-logs`, '/logs'],
      [`clusterrolebinding ${ns}-logs --clusterrole=${ns}-logs --group=g`, `clusterrolebinding/${ns}-logs`, 'Group'],
      ['quota limits --hard=configmaps=9', 'quota/limits', 'configmaps'],
      ['poddisruptionbudget keep --selector=app=web --min-available=1', 'pdb/keep', 'Min available:'],
      [`priorityclass ${ns}-high --value=100 --description=high`, `priorityclass/${ns}-high`, 'PreemptLowerPriority'],
      ['ingress outside --rule=foo.com/bar*=web:80,tls=cert', 'ingress/outside', 'cert terminates foo.com'],
      ['service clusterip inside --tcp=80:80', 'service/inside', 'ClusterIP'],
      ['service nodeport port --tcp=80:80', 'service/port', 'NodePort:'],
      ['service loadbalancer balanced --tcp=80:80', 'service/balanced', 'LoadBalancer'],
      ['service externalname elsewhere --external-name=foo.com', 'service/elsewhere', 'foo.com'],
      ['serviceaccount robot', 'serviceaccount/robot', 'robot'],
    ];
    for (const [line, name, shown] of made) {
      expect(await ok(`create ${line}`), line).toContain('created');
      expect(await ok(`describe ${name}`), name).toContain(shown);
    }
    const [, claims = ''] = (await ok('create token robot --duration=1h')).split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString()).sub).toBe(`system:serviceaccount:${ns}:robot`);
    await ok('wait job/once job/copied --for=condition=Complete --timeout=110s');
    await eventually(
      () => field('quota/limits', '.status.used.configmaps'),
      (used) => used === '2',
    );
    await ok('rollout status deployment/web --timeout=110s');
    expect(await ok('describe pods -l app=web')).toContain('Successfully assigned');
    expect(await ok('describe rs,endpointslices,nodes')).toContain('Allocated resources:');
    await ok(`delete clusterrole/${ns}-logs clusterrolebinding/${ns}-logs priorityclass/${ns}-high`);
  });

  it('get prints in each format, selects, sorts and pages', async () => {
    const { ns, ok, fails, run } = await namespace();
    await ok('create deployment web --image=nginx --replicas=2');
    for (const name of ['b', 'a']) await ok('create -f -', configMap(name, { key: name }, { set: name }));
    await ok('rollout status deployment/web --timeout=110s');
    const pods = await ok('get pods -o wide');
    expect(pods).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\n/);
    expect(pods.match(/ 1\/1 +Running +0 +\S+ +\d+(\.\d+){3} +node-\d /g)).toHaveLength(2);
    expect(JSON.parse(await ok('get deployment web -o json')).spec.replicas).toBe(2);
    expect(await ok('get deployment web -o yaml')).toContain('\n  replicas: 2\n');
    expect(await ok('get deployment web -o yaml')).not.toContain('managedFields');
    expect(await ok('get deployment web -o yaml --show-managed-fields')).toContain('manager: kubectl-create');
    expect(lines(await ok('get cm -l set -o name'))).toEqual(['configmap/a', 'configmap/b']);
    expect(await ok('get cm a -o jsonpath={.data.key}')).toBe('a');
    expect(await ok('get cm -l set -o go-template={{range.items}}{{.data.key}},{{end}}')).toBe('a,b,');
    expect(await ok('get cm -l set -o custom-columns=N:.metadata.name,K:.data.key')).toMatch(/^N +K\na +a\nb +b\n$/);
    expect(lines(await ok("get cm -l 'set in (b,c),!other' -o name"))).toEqual(['configmap/b']);
    expect(lines(await ok('get pods --field-selector status.phase!=Running -o name'))).toEqual([]);
    expect(lines(await ok('get cm --field-selector metadata.name=b -o name'))).toEqual(['configmap/b']);
    expect(await fails('get pods --field-selector foo=bar')).toContain('field label not supported: foo');
    expect(lines(await ok("get cm -l set --sort-by '{.metadata.resourceVersion}' -o name"))).toEqual([
      'configmap/b',
      'configmap/a',
    ]);
    expect(await ok('get cm a --show-labels')).toMatch(/LABELS\na .* set=a\n/);
    expect(await ok('get cm a -L set')).toMatch(/SET\na .* a\n/);
    expect(await ok('get pods -A')).toMatch(new RegExp(`^NAMESPACE .*\n(.*\n)*${ns} `));
    const roles = lines(await ok('get clusterroles -o name'));
    expect(lines(await ok('get clusterroles -o name --chunk-size=5'))).toEqual(roles);
    expect(await ok('get all')).toContain('deployment.apps/web');
    expect(await ok('get --raw /readyz')).toBe('ok');
    expect(await fails('get cm none')).toBe('Error from server (NotFound): configmaps "none" not found\n');
    expect(await run('get cm none --ignore-not-found')).toMatchObject({ code: 0, stdout: '' });
    expect(await fails('get nothings')).toContain('the server doesn\'t have a resource type "nothings"');
  });

  it('get -w prints what changes', async () => {
    const { ns, ok } = await namespace();
    await ok('create -f -', configMap('watched', { a: '1' }));
    let changed = false;
    const seen = await until(['-n', ns, 'get', 'cm', '-w', '--output-watch-events', '-l', '!none'], (text) => {
      if (!changed && text.includes('ADDED      watched')) {
        changed = true;
        void ok('delete cm watched');
      }
      return text.includes('DELETED    watched');
    });
    expect(seen).toMatch(/^EVENT +NAME +DATA +AGE\n/);
  });

  it('edit, patch and replace change an object', async () => {
    const { ok, fails, field } = await namespace();
    await ok('create -f -', configMap('c', { greeting: 'hello' }));
    const before = process.env.KUBE_EDITOR;
    process.env.KUBE_EDITOR = 'sed -i s/hello/goodbye/';
    expect(await ok('edit cm c')).toContain('configmap/c edited');
    process.env.KUBE_EDITOR = 'true';
    expect((await suite.cluster.kubectl('edit ns default')).stderr).toContain('no changes made');
    if (before === undefined) delete process.env.KUBE_EDITOR;
    else process.env.KUBE_EDITOR = before;
    expect(await field('cm/c', '.data.greeting')).toBe('goodbye');

    await ok('create deployment web --image=nginx');
    await ok(`patch deployment web --type=json -p '[{"op":"replace","path":"/spec/replicas","value":2}]'`);
    await ok(`patch deployment web --type=merge -p '{"metadata":{"labels":{"app":null,"tier":"front"}}}'`);
    await ok(
      `patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}'`,
    );
    expect(
      await field('deployment/web', '.spec.replicas}{.metadata.labels}{.spec.template.spec.containers[*].name'),
    ).toBe('2{"tier":"front"}side nginx');
    await ok(`patch deployment web --subresource=scale --type=merge -p '{"spec":{"replicas":3}}'`);
    expect(await ok('get deployment web --subresource=scale')).toMatch(/^NAME +DESIRED +AVAILABLE +AGE\nweb +3 +\d /);
    expect(await ok(`patch deployment web --type=merge -p '{"spec":{"replicas":3}}'`)).toContain('(no change)');
    expect(await fails(`patch deployment web --type=merge -p '{"spec":{"replicas":"x"}}'`)).toContain(
      'cannot unmarshal string',
    );

    const uid = await field('cm/c', '.metadata.uid');
    expect(await ok('replace -f -', configMap('c', { greeting: 'again' }))).toContain('configmap/c replaced');
    expect(await field('cm/c', '.metadata.uid}{.data.greeting')).toBe(`${uid}again`);
    expect(await ok('replace --force -f -', configMap('c', { greeting: 'anew' }))).toContain('configmap/c replaced');
    expect(await field('cm/c', '.metadata.uid}{.data.greeting')).toMatch(/anew$/);
    expect(await field('cm/c', '.metadata.uid')).not.toBe(uid);
  });

  it('delete takes what it is told to, and dependents as it is told to', async () => {
    const { ok, fails } = await namespace();
    const make = async (name: string) => {
      await ok(`create deployment ${name} --image=nginx`);
      await ok(`rollout status deployment/${name} --timeout=110s`);
    };
    const left = (name: string) => ok(`get deployments,rs,pods -l app=${name} -o name`);
    await make('orphans');
    await ok('delete deployment orphans --cascade=orphan');
    expect(lines(await left('orphans')).map((line) => line.split('/')[0])).toEqual(['replicaset.apps', 'pod']);
    await ok('delete rs -l app=orphans --cascade=foreground');
    expect(await left('orphans')).toBe('');
    await make('front');
    await ok('delete deployment front --cascade=foreground');
    expect(await left('front')).toBe('');
    await make('back');
    await ok('delete deployment back --cascade=background');
    await eventually(
      () => left('back'),
      (text) => text === '',
    );
    for (const name of ['a', 'b', 'c']) await ok('create -f -', configMap(name, {}, { name }));
    expect(await ok('delete cm -l name=a')).toContain('configmap "a" deleted');
    expect(await ok('delete cm --all --wait=false')).toMatch(/"b" deleted[^]*"c" deleted/);
    expect(await fails('delete cm b')).toContain('NotFound');
    expect(await ok('delete cm b --ignore-not-found')).toBe('');
  });

  it('label, annotate and set change their part', async () => {
    const { ok, fails, field } = await namespace();
    await ok('create deployment web --image=nginx');
    await ok('create service clusterip web --tcp=80:80');
    await ok('create configmap conf --from-literal=KEY=value');
    await ok('create rolebinding rb --clusterrole=view --user=jo');
    await ok('label deployment web tier=front');
    expect(await fails('label deployment web tier=back')).toContain('--overwrite is false');
    await ok('label deployment web tier=back --overwrite');
    expect(await field('deployment/web', '.metadata.labels.tier')).toBe('back');
    await ok('label deployment web tier-');
    await ok('annotate deployment web note=1');
    expect(await field('deployment/web', '.metadata.labels}{.metadata.annotations.note')).toBe('{"app":"web"}1');
    await ok('set image deployment/web nginx=nginx:1.27');
    await ok('set env deployment/web A=b');
    await ok('set env deployment/web --from=configmap/conf');
    await ok('set resources deployment/web --limits=cpu=200m,memory=64Mi');
    await ok('set serviceaccount deployment/web robot');
    await ok('set selector service/web tier=front');
    await ok('set subject rolebinding/rb --group=readers');
    const { template } = JSON.parse(await ok('get deployment web -o json')).spec;
    expect(template.spec).toMatchObject({
      serviceAccountName: 'robot',
      containers: [
        {
          image: 'nginx:1.27',
          resources: { limits: { cpu: '200m', memory: '64Mi' } },
          env: [
            { name: 'A', value: 'b' },
            { name: 'KEY', valueFrom: { configMapKeyRef: { key: 'KEY', name: 'conf' } } },
          ],
        },
      ],
    });
    expect(await ok('set env deployment/web --list --resolve')).toContain('KEY=value');
    expect(JSON.parse(await field('service/web', '.spec.selector'))).toEqual({ tier: 'front' });
    expect(await field('rolebinding/rb', '.subjects[*].name')).toBe('jo readers');
  });

  it('get prints from templates, as KYAML and raw; create and delete take raw paths too', async () => {
    const { ns, ok } = await namespace();
    await ok('create -f -', configMap('c', { key: 'value' }));
    expect(await ok('get cm c -o kyaml')).toContain('  data: {\n    key: "value",\n  },\n');
    expect(JSON.parse(await ok('get cm c -o jsonpath-as-json={.data}'))).toEqual([{ key: 'value' }]);
    expect(await ok(`get cm c -o go-template-file=${file('t.tmpl', '{{.data.key}}')}`)).toBe('value');
    expect(await ok(`get cm c -o jsonpath-file=${file('t.jsonpath', '{.data.key}')}`)).toBe('value');
    expect(await ok(`get cm c -o custom-columns-file=${file('t.columns', 'KEY\n.data.key\n')}`)).toBe('KEY\nvalue\n');
    expect(await ok('get cm c --server-print=false')).toMatch(/^NAME +AGE\nc +\d+s\n$/);
    const path = `/api/v1/namespaces/${ns}/configmaps`;
    expect(JSON.parse(await ok(`create --raw ${path} -f -`, configMap('raw', {}))).metadata.name).toBe('raw');
    expect(JSON.parse(await ok(`get --raw ${path}/raw`)).kind).toBe('ConfigMap');
    expect(JSON.parse(await ok(`delete --raw ${path}/raw`)).status).toBe('Success');
    const [waited] = await Promise.all([ok('wait cm/later --for=create --timeout=110s'), ok('create configmap later')]);
    expect(waited).toBe('configmap/later condition met\n');
  });

  it('label and annotate take many objects, lists and a version', async () => {
    const { ok, fails, field } = await namespace();
    for (const name of ['a', 'b']) await ok('create -f -', configMap(name, {}));
    expect(lines(await ok('label cm a b tier=front'))).toEqual(['configmap/a labeled', 'configmap/b labeled']);
    expect(lines(await ok('annotate cm -l tier=front note=1'))).toHaveLength(2);
    expect(await ok('label cm a --list')).toBe('tier=front\n');
    expect(await ok('annotate cm b --list')).toBe('note=1\n');
    expect(await fails('label cm a tier=back --overwrite --resource-version=1')).toContain(
      'the object has been modified',
    );
    await ok('label cm --all tier-');
    expect(await field('cm a b', '.items[*].metadata.labels')).toBe('');
    expect(await fails('label cm a -- -bad-=x')).toContain('Invalid value');
  });
});
