import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIssuer, type Issuer } from '../security/support/issuer.ts';
import { CHROMIUM } from './support/browser.ts';
import { eventually } from './support/cluster.ts';
import { configMap, dashboardSuite, deployment } from './support/dashboard.ts';
import { visitAll } from './support/visit-all.ts';

const BIN = fileURLToPath(new URL('../../bin/ku7s.js', import.meta.url));
const LOOKER = 'system:serviceaccount:shop:looker';

/** Who may look at the dashboard, as whom, and at what. */
describe.skipIf(!CHROMIUM)('access to the dashboard', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-access-'));
  let issuer: Issuer;
  const suite = dashboardSuite(
    async () => {
      issuer = await startIssuer({ ann: { email: 'ann@example.com', email_verified: true, groups: ['builders'] } });
      const file = path.join(folder, 'authentication.yaml');
      const jwt = {
        issuer: { url: issuer.url, certificateAuthority: issuer.ca, audiences: ['page'] },
        claimMappings: { username: { claim: 'email', prefix: 'oidc:' }, groups: { claim: 'groups', prefix: 'oidc:' } },
      };
      const apiVersion = 'apiserver.config.k8s.io/v1';
      writeFileSync(file, stringify({ apiVersion, kind: 'AuthenticationConfiguration', jwt: [jwt] }));
      return ['--nodes', 'simulated:2', '--authentication-config', file];
    },
    async ({ kubectl }) => {
      await kubectl('create namespace shop');
      await kubectl('create -f -', deployment('stall', { namespace: 'shop' }));
      await kubectl('create -f -', configMap('prices', { tea: '2' }, 'shop'));
      await kubectl('create -f -', configMap('secret-plans', { tea: 'free' }));
      await kubectl('rollout status -n shop deployment/stall --timeout=60s');
      await kubectl('create serviceaccount looker -n shop');
      await kubectl('create rolebinding looker -n shop --clusterrole=view --serviceaccount=shop:looker');
      await kubectl('create rolebinding builders -n shop --clusterrole=edit --group=oidc:builders');
    },
  );
  const { kubectl, goTo } = suite;
  afterAll(async () => {
    await issuer?.close();
    rmSync(folder, { recursive: true });
  });
  const isSignedIn = async (page: Page, user: string): Promise<void> => {
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByRole('button', { name: user, exact: true }).waitFor();
  };
  const signInWith = async (page: Page, token: string): Promise<void> => {
    await page.getByLabel('Token', { exact: true }).fill(token);
    await page.keyboard.press('Enter');
  };

  it('says who one is, and in which groups', async () => {
    await suite.button('kubernetes-admin').click();
    await suite.page.getByRole('menu').getByText('system:masters').waitFor();
    await suite.page.keyboard.press('Escape');
  });

  it('takes a client certificate of the cluster for a sign-in', async () => {
    const { origin } = new URL(suite.cluster.url);
    const config = readFileSync(suite.cluster.kubeconfig, 'utf8');
    const pem = (name: string) => Buffer.from(new RegExp(`${name}: (\\S+)`).exec(config)?.[1] ?? '', 'base64');
    const certificate = { origin, cert: pem('client-certificate-data'), key: pem('client-key-data') };
    const page = await suite.another({ clientCertificates: [certificate] });
    await goTo('/', page);
    await isSignedIn(page, 'kubernetes-admin');
    await page.getByRole('link', { name: /^Deployments 1/ }).waitFor();
  });

  it('leads to an OpenID provider and back, as whom it says', async () => {
    issuer.lead('ann', { id: 'page', redirect: `${suite.cluster.url}/dashboard/login/back` });
    const page = await suite.another();
    await goTo('/', page);
    await page.getByRole('link', { name: /^Sign in at localhost/ }).click();
    await isSignedIn(page, 'oidc:ann@example.com');
    // she may edit in one namespace, into which she is led
    await page.getByRole('link', { name: /^Deployments 1/ }).click();
    await page.getByRole('grid').getByRole('link', { name: 'stall' }).click();
    await page.getByRole('button', { name: 'Scale' }).click();
    await page.getByLabel('Replicas').fill('3');
    await page.getByRole('dialog').getByRole('button', { name: 'Scale' }).click();
    await suite.sees('get deployment stall -n shop -o jsonpath={.spec.replicas}', (replicas) => replicas === '3');
    const asHer = '--as=oidc:ann@example.com --as-group=oidc:builders';
    expect(await kubectl(`auth can-i update deployments/scale -n shop ${asHer}`)).toBe('yes');
  });

  it('offers nothing that changes anything to who comes by a link for reading', async () => {
    const args = [BIN, 'login-link', '--read-only', '--data', suite.cluster.data];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const page = await suite.another();
    await page.goto(stdout.trim());
    await isSignedIn(page, 'kubernetes-admin');
    await goTo('/kinds/deployments.apps/shop/stall', page);
    await page.getByText('resourceVersion', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'kubernetes-admin', exact: true }).click();
    await page.getByText('for reading only').waitFor();
    await page.keyboard.press('Escape');
    for (const name of ['Delete', 'Scale', 'Restart', 'Label'])
      expect(await page.getByRole('button', { name, exact: true }).count(), name).toBe(0);
  });

  it('reads the clusters of a kubeconfig, and keeps their addresses alone', async () => {
    const { page } = suite;
    const file = path.join(folder, 'kubeconfig');
    const server = 'https://other.example:6443/clusters/c1';
    const user = { token: 'a-token-that-nobody-is-to-see' };
    const config = {
      clusters: [
        { name: 'other', cluster: { server } },
        { name: 'this', cluster: { server: suite.cluster.url } },
      ],
      users: [{ name: 'u', user }],
      contexts: ['other', 'this'].map((name) => ({ name, context: { cluster: name, user: 'u' } })),
    };
    writeFileSync(file, stringify(config));
    await suite.button('kubernetes-admin').click();
    await page.getByRole('menuitem', { name: 'Other clusters' }).click();
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Read a kubeconfig' }).click(),
    ]);
    await chooser.setFiles(file);
    const link = page.getByRole('row', { name: /^other/ }).getByRole('link');
    expect(await link.getAttribute('href')).toBe('https://other.example:6443/dashboard');
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(user.token);
    await page.getByRole('row', { name: /^this/ }).getByRole('link').click();
    await isSignedIn(page, 'kubernetes-admin');
  });

  describe('of who may only look into one namespace', () => {
    let page: Page;
    beforeAll(async () => {
      page = await suite.another();
      await goTo('/', page);
      await signInWith(page, 'guessed');
      await page.getByRole('alert').filter({ hasText: 'That token is not taken' }).waitFor();
      await signInWith(page, await kubectl('create token looker -n shop'));
      await isSignedIn(page, LOOKER);
    });

    it('begins in that namespace', async () => {
      expect(new URL(page.url()).searchParams.get('ns')).toBe('shop');
      await page.getByRole('link', { name: /^Pods 3/ }).waitFor();
      expect(await page.getByRole('main').getByText('secret-plans').count()).toBe(0);
    });

    it('shows all that is to be seen there, and fails nowhere', async () => {
      const seen = await visitAll(page, (heading) => ['Deployments', 'Pods', 'ConfigMaps'].includes(heading));
      expect(Object.fromEntries(seen)).toMatchObject({
        Deployments: 'stall',
        Pods: expect.stringMatching(/^stall-/),
        ServiceAccounts: 'default',
      });
      for (const hidden of ['Nodes', 'Secrets', 'Roles']) expect([...seen.keys()]).not.toContain(hidden);
    });

    it('finds nothing of others, and tells their changes to nobody else', async () => {
      await goTo('/changes', page);
      await page.getByRole('button', { name: /ConfigMap shop\/prices/ }).waitFor();
      expect(await page.getByText('secret-plans').count()).toBe(0);
      await page.keyboard.press('Control+k');
      await page.getByLabel('Words to look for').fill('secret-plans');
      await page.getByText('Nothing that you may read has this').waitFor();
      await page.keyboard.press('Escape');
    });

    it('offers no way to change anything', async () => {
      await goTo('/kinds/deployments.apps/shop/stall?ns=shop', page);
      await page.getByText('resourceVersion', { exact: true }).waitFor();
      expect(await page.getByRole('tab', { name: 'Terminal' }).count()).toBe(0);
      for (const name of ['Delete', 'Scale', 'Restart', 'Label'])
        expect(await page.getByRole('button', { name, exact: true }).count(), name).toBe(0);
      expect(await page.getByRole('link', { name: 'Apply' }).count()).toBe(0);
      await page.getByRole('tab', { name: 'History' }).click();
      await page.getByRole('button', { name: /^create/ }).click();
      await page.getByText(/^Revision \d+/).waitFor();
      expect(await page.getByRole('button', { name: /undoing/ }).count()).toBe(0);
      expect(suite.faults).toEqual([]);
    });

    it('says so when a right is taken away, and goes on when it is given back', async () => {
      await goTo('/kinds/configmaps?ns=shop', page);
      const grid = page.getByRole('grid');
      await grid.getByRole('link', { name: 'prices' }).waitFor();
      await kubectl('delete rolebinding looker -n shop');
      await page.getByRole('alert').filter({ hasText: 'You may not do that' }).waitFor();
      await kubectl('create -f -', configMap('meanwhile', {}, 'shop'));
      await kubectl('create rolebinding looker -n shop --clusterrole=view --serviceaccount=shop:looker');
      await grid.getByRole('link', { name: 'meanwhile' }).waitFor();
      await page.getByRole('alert').waitFor({ state: 'detached' });
      // it was refused what it had been given: that is how it knows
      expect(suite.faults.splice(0).filter((fault) => !/forbidden/i.test(fault))).toEqual([]);
    });

    it('ends with its token', async () => {
      await kubectl('delete serviceaccount looker -n shop');
      await page.getByText('You are signed out').waitFor();
      await page.getByRole('link', { name: 'Sign in again' }).click();
      await page.getByLabel('Token', { exact: true }).waitFor();
      // the session is over, which it is told by being refused what it asks at first
      await eventually(
        async () => suite.faults.splice(0),
        (faults) => faults.length > 0,
      );
    });
  });

  it('lets no script run but its own, and no request leave', async () => {
    const { page } = suite;
    const answer = await page.request.get(`${suite.cluster.url}/dashboard`);
    const policy = answer.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/unsafe|script-src|connect-src|\*/);
    expect(await answer.text()).not.toMatch(/<script(?![^>]* src=")|\son\w+=/);
    await goTo('/');
    const broken = await page.evaluate(async () => {
      const found: string[] = [];
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => found.push(effectiveDirective));
      document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = true' }));
      await fetch('https://other.example/').catch(() => undefined);
      document.body.append(Object.assign(document.createElement('img'), { src: 'https://other.example/a.png' }));
      while (found.length < 3) await new Promise((soon) => requestAnimationFrame(soon));
      return { found: found.sort(), ran: 'ran' in window };
    });
    expect(broken).toEqual({ found: ['connect-src', 'img-src', 'script-src-elem'], ran: false });
    // each was told to the console, and none has left
    await eventually(
      async () => suite.faults,
      (faults) => faults.length >= 3,
    );
    expect(suite.faults.splice(0).filter((fault) => !/Content.Security.Policy|other\.example/i.test(fault))).toEqual(
      [],
    );
  });

  it('says that it is cut off, and comes back without having missed anything', async () => {
    await goTo('/kinds/configmaps');
    await suite.grid().waitFor();
    await suite.stop();
    await suite.page.getByText('The connection is lost').waitFor();
    await suite.start();
    await kubectl('create configmap after-that');
    await suite.page.getByText('The connection is lost').waitFor({ state: 'detached' });
    await suite.grid().getByRole('link', { name: 'after-that' }).waitFor();
  });

  it('is left by signing out, with all that was open', async () => {
    await suite.button('kubernetes-admin').click();
    await suite.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await suite.page.getByText('You are not signed in.').waitFor();
  });

  it('has asked no other host, broken no policy, asked for nothing in vain and thrown no error', () => {
    expect(suite.faults).toEqual([]);
  });
});
