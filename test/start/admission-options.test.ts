import { describe, expect, test } from 'vitest';
import { enabledPlugins } from '../../src/api/admission/enabled-plugins.ts';
import { plugins } from '../../src/api/admission/plugins.ts';
import { parseOptions, USAGE } from '../../src/start/options.ts';
import { StartError } from '../../src/start/start-error.ts';

const switchesOf = (...argv: string[]) => {
  const options = parseOptions(argv, {}, '1');
  if (typeof options === 'string') throw new Error(options);
  return options.admissionPlugins;
};
const namesOf = (...argv: string[]) => enabledPlugins(switchesOf(...argv)).map(({ name }) => name);
const ALL = plugins.map(({ name }) => name);

describe('admission plugins', () => {
  test('are told by --help', () => expect(USAGE).toContain('--disable-admission-plugins'));

  test.each<[string[], string[]]>([
    [[], []],
    [['--disable-admission-plugins', ''], []],
    [['--disable-admission-plugins', 'ServiceAccount'], ['ServiceAccount']],
    [
      ['--disable-admission-plugins=ServiceAccount,TaintNodesByCondition', '--disable-admission-plugins=Priority'],
      ['ServiceAccount', 'TaintNodesByCondition', 'Priority'],
    ],
    [['--enable-admission-plugins=NodeRestriction,NamespaceLifecycle'], []],
    [['--enable-admission-plugins=MutatingAdmissionPolicy', '--disable-admission-plugins=AlwaysPullImages'], []],
    [
      ['--enable-admission-plugins=ServiceAccount,ServiceAccount', '--disable-admission-plugins=Priority'],
      ['Priority'],
    ],
  ])('%j leaves out %j', (argv, missing) => {
    expect(namesOf(...argv)).toEqual(ALL.filter((name) => !missing.includes(name)));
  });

  test.each<[string[], string]>([
    [['--enable-admission-plugins=Foo'], 'enable-admission-plugins plugin "Foo" is unknown'],
    [['--disable-admission-plugins=serviceaccount'], 'disable-admission-plugins plugin "serviceaccount" is unknown'],
    [
      ['--disable-admission-plugins=Priority, LimitRanger'],
      'disable-admission-plugins plugin " LimitRanger" is unknown',
    ],
    [
      ['--disable-admission-plugins=CertificateRequester'],
      'disable-admission-plugins plugin "CertificateRequester" is unknown',
    ],
    [['--enable-admission-plugins=toString'], 'enable-admission-plugins plugin "toString" is unknown'],
    [
      ['--enable-admission-plugins=Priority,LimitRanger', '--disable-admission-plugins=Priority,LimitRanger'],
      '[LimitRanger Priority] in enable-admission-plugins and disable-admission-plugins overlapped',
    ],
    [
      ['--enable-admission-plugins=A,B', '--disable-admission-plugins=B'],
      '[enable-admission-plugins plugin "A" is unknown, enable-admission-plugins plugin "B" is unknown, ' +
        'disable-admission-plugins plugin "B" is unknown, ' +
        '[B] in enable-admission-plugins and disable-admission-plugins overlapped]',
    ],
    [
      ['--enable-admission-plugins=AlwaysDeny'],
      'enable-admission-plugins plugin "AlwaysDeny" is not available in ku7s',
    ],
  ])('%j is refused', (argv, message) => {
    expect(() => switchesOf(...argv)).toThrow(new StartError(message));
  });
});
