import { describe, expect, it } from 'vitest';
import type { PodSecurityContext, SecurityContext } from '../../../schema/types.ts';
import { identityOf, parseAccounts } from '../../../src/nodes/pods/accounts.ts';
import { CAPABILITIES, DEFAULT_CAPABILITIES } from '../../../src/nodes/pods/capabilities.ts';
import { ConfigError } from '../../../src/nodes/pods/container-environment.ts';
import { containerSecurity, type SecurityFacts } from '../../../src/nodes/pods/security-context.ts';
import { UnsupportedError } from '../../../src/nodes/pods/unsupported.ts';

const accounts = parseAccounts(
  [
    'root:x:0:0:root:/root:/bin/sh',
    'web:x:101:102::/srv/web:/bin/false',
    'odd',
    '# no line',
    'bare:x:77:78::',
    'huge:x:4294967296:0::',
  ].join('\n'),
  ['root:x:0:', 'www:x:102:', 'logs:x:103:web,other', 'web:x:104:web', 'admins:x:105:root', 'more:x:106:web', 'x'].join(
    '\n',
  ),
);
const metadata = { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const where = '(pod: "p_n(u)", container: c)';

function of(own: SecurityContext, shared: PodSecurityContext = {}, facts: Partial<SecurityFacts> = {}) {
  const container = { name: 'c', securityContext: own };
  const spec = { containers: [container], securityContext: shared };
  const all = { user: '', accounts, oomScoreAdj: 7, seccompDefault: false, ...facts };
  return containerSecurity({ metadata, spec }, container, all);
}

describe('as whom a container runs', () => {
  it.each<[string, SecurityContext, PodSecurityContext, string, [number, number, number[], string]]>([
    ['root when nobody says', {}, {}, '', [0, 0, [105], '/root']],
    ['the image says a number that it has no account for', {}, {}, '1234', [1234, 0, [], '/']],
    ['the image says a number with an account', {}, {}, '101', [101, 102, [103, 106], '/srv/web']],
    ['the image says a name', {}, {}, 'web', [101, 102, [103, 106], '/srv/web']],
    ["the image's group is not asked", {}, {}, 'web:www', [101, 102, [103, 106], '/srv/web']],
    ['an account without a home', {}, {}, 'bare', [77, 78, [], '/']],
    ['the pod goes before the image', {}, { runAsUser: 101 }, 'bare', [101, 102, [103, 106], '/srv/web']],
    ['the container goes before the pod', { runAsUser: 0 }, { runAsUser: 101 }, '', [0, 0, [105], '/root']],
    ['a group', { runAsGroup: 9 }, { runAsUser: 5, runAsGroup: 8 }, '', [5, 9, [], '/']],
    ['a group for the user of the image', { runAsGroup: 9 }, {}, 'web', [101, 9, [103, 106], '/srv/web']],
    ['fsGroup is one more', {}, { fsGroup: 50, supplementalGroups: [60, 50] }, '', [0, 0, [105, 50, 60], '/root']],
    [
      'Strict leaves out what the image says',
      {},
      { supplementalGroupsPolicy: 'Strict', supplementalGroups: [60] },
      'web',
      [101, 102, [60], '/srv/web'],
    ],
  ])('%s', (_, own, shared, user, [uid, gid, groups, home]) => {
    const security = of(own, shared, { user });
    expect([security.user, security.group, security.supplementaryGroups, security.home]).toEqual([
      uid,
      gid,
      groups,
      home,
    ]);
  });

  it.each<[string, SecurityContext, PodSecurityContext, string, string]>([
    ['a user that the image does not know', {}, {}, 'nobody', 'unable to find user nobody: no matching entries'],
    ['a number beyond all', {}, {}, '4294967296', 'unable to find user 4294967296'],
    ['root by its own word', { runAsUser: 0 }, { runAsNonRoot: true }, '', `runAsUser breaks non-root policy ${where}`],
    ['root by the image', { runAsNonRoot: true }, {}, '', `image will run as root ${where}`],
    ['root by the image, as a number', { runAsNonRoot: true }, {}, '0:0', `image will run as root ${where}`],
    ['a name, which could be root', { runAsNonRoot: true }, {}, 'web', `has non-numeric user (web), cannot verify`],
  ])('refuses %s', (_, own, shared, user, message) => {
    expect(() => of(own, shared, { user })).toThrow(ConfigError);
    expect(() => of(own, shared, { user })).toThrow(message);
  });

  it('takes for non-root what is', () => {
    expect(of({ runAsNonRoot: true }, {}, { user: '101' }).user).toBe(101);
    expect(of({ runAsNonRoot: false, runAsUser: 0 }, { runAsNonRoot: true }).user).toBe(0);
    expect(identityOf('', parseAccounts('', '')).uid).toBe(0);
  });
});

describe('capabilities of a container', () => {
  const without = (...names: string[]): string[] => DEFAULT_CAPABILITIES.filter((name) => !names.includes(name));
  it.each<[string, SecurityContext, readonly string[]]>([
    ['the usual ones', {}, DEFAULT_CAPABILITIES],
    ['one more', { capabilities: { add: ['net_admin'] } }, [...DEFAULT_CAPABILITIES, 'NET_ADMIN']],
    ['one less', { capabilities: { drop: ['kill'] } }, without('KILL')],
    ['none', { capabilities: { drop: ['ALL'] } }, []],
    ['none but one', { capabilities: { drop: ['all'], add: ['NET_BIND_SERVICE'] } }, ['NET_BIND_SERVICE']],
    ['all', { capabilities: { add: ['ALL'] } }, CAPABILITIES],
    [
      'all but one',
      { capabilities: { add: ['ALL'], drop: ['SYS_ADMIN'] } },
      CAPABILITIES.filter((name) => name !== 'SYS_ADMIN'),
    ],
    ['what is dropped is dropped', { capabilities: { add: ['CHOWN'], drop: ['CHOWN'] } }, without('CHOWN')],
    ['all of them when privileged', { privileged: true, capabilities: { drop: ['ALL'] } }, CAPABILITIES],
  ])('%s', (_, own, expected) => {
    const { capabilities } = of(own);
    for (const set of ['effective', 'permitted', 'bounding'] as const)
      expect([...capabilities[set]].sort()).toEqual([...expected].sort());
    expect([capabilities.inheritable, capabilities.ambient]).toEqual([[], []]);
  });

  it('are those that the machine has, and one that is asked for must be there', () => {
    const available = CAPABILITIES.filter((name) => name !== 'SYS_RESOURCE' && name !== 'MKNOD');
    expect(of({}, {}, { available }).capabilities.effective).not.toContain('MKNOD');
    expect(of({ capabilities: { add: ['ALL'] } }, {}, { available }).capabilities.bounding).toEqual(available);
    expect(() => of({ capabilities: { add: ['SYS_RESOURCE'] } }, {}, { available })).toThrow(UnsupportedError);
    expect(() => of({ capabilities: { add: ['FLY'] } })).toThrow('Linux has no capability FLY');
  });
});

describe('what surrounds a container', () => {
  it('masks parts of /proc and /sys unless it is told not to', () => {
    const masked = ['/sys/devices/system/cpu/cpu0/thermal_throttle'];
    const usual = of({}, {}, { masked });
    expect(usual.maskedPaths).toEqual(
      expect.arrayContaining(['/proc/kcore', '/proc/keys', '/sys/firmware', ...masked]),
    );
    expect(usual.readOnlyPaths).toContain('/proc/sysrq-trigger');
    for (const own of [{ procMount: 'Unmasked' as const }, { privileged: true }]) {
      expect(of(own, {}, { masked })).toMatchObject({ maskedPaths: [], readOnlyPaths: [] });
    }
  });

  it.each<[SecurityContext, PodSecurityContext, boolean, unknown]>([
    [{}, {}, false, { type: 'Unconfined' }],
    [{}, {}, true, { type: 'RuntimeDefault' }],
    [{}, { seccompProfile: { type: 'RuntimeDefault' } }, false, { type: 'RuntimeDefault' }],
    [{ seccompProfile: { type: 'Unconfined' } }, {}, true, { type: 'Unconfined' }],
    [
      { seccompProfile: { type: 'Localhost', localhostProfile: 'a/b.json' } },
      { seccompProfile: { type: 'RuntimeDefault' } },
      true,
      { type: 'Localhost', profile: 'a/b.json' },
    ],
    [{ privileged: true, seccompProfile: { type: 'RuntimeDefault' } }, {}, true, { type: 'Unconfined' }],
  ])(
    'filters system calls (SeccompProfile.type, SeccompProfile.localhostProfile): %j in %j, default %s',
    (own, shared, seccompDefault, expected) => {
      expect(of(own, shared, { seccompDefault }).seccomp).toEqual(expected);
    },
  );

  it.each<[boolean | undefined, boolean]>([
    [undefined, false],
    [true, false],
    [false, true],
  ])('allowPrivilegeEscalation %s', (allowPrivilegeEscalation, noNewPrivileges) => {
    const own = allowPrivilegeEscalation === undefined ? {} : { allowPrivilegeEscalation };
    expect(of(own).noNewPrivileges).toBe(noNewPrivileges);
  });

  it('has an AppArmor profile that is loaded, or is refused (AppArmorProfile.type, AppArmorProfile.localhostProfile)', () => {
    const apparmor = new Set(['web']);
    const profile = (localhostProfile: string) => ({
      appArmorProfile: { type: 'Localhost' as const, localhostProfile },
    });
    expect(of(profile('web'), {}, { apparmor }).apparmor).toBe('web');
    expect(of({ appArmorProfile: { type: 'Unconfined' } }).apparmor).toBeUndefined();
    expect(() => of({}, profile('web'))).toThrow('the kernel of this machine has no AppArmor');
    expect(() => of(profile('db'), {}, { apparmor })).toThrow('profile "db" is not loaded');
    expect(() => of({ seLinuxOptions: { level: 's0' } })).toThrow(UnsupportedError);
  });
});

describe('where nothing holds containers to devices', () => {
  const devices = { devices: false };
  it('a container does not make any', () => {
    expect(of({}, {}, devices).capabilities.effective).toEqual(DEFAULT_CAPABILITIES.filter((name) => name !== 'MKNOD'));
    expect(of({ privileged: true }, {}, devices).capabilities.effective).toContain('MKNOD');
  });

  it.each<[string, NonNullable<SecurityContext['capabilities']>]>([
    ['MKNOD', { add: ['MKNOD'] }],
    ['SYS_ADMIN', { add: ['sys_admin'] }],
    ['MKNOD', { add: ['ALL'] }],
    ['SYS_ADMIN', { add: ['ALL'], drop: ['MKNOD'] }],
    ['SYS_ADMIN', { add: ['SYS_ADMIN'], drop: ['ALL'] }],
  ])('one that asks for %s is refused: %j', (name, capabilities) => {
    expect(() => of({ capabilities }, {}, devices)).toThrow(
      `capabilities.add: nothing of this machine would keep a container with ${name} from its devices`,
    );
    expect(of({ capabilities }).capabilities.effective).toContain(name);
  });

  it('one that drops them runs', () => {
    expect(of({ capabilities: { add: ['ALL'], drop: ['MKNOD', 'SYS_ADMIN'] } }, {}, devices)).toBeDefined();
    expect(of({ capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } }, {}, devices).capabilities.effective).toEqual([
      'NET_ADMIN',
    ]);
  });
});
