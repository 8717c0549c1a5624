import type { AdmissionPlugin } from './plugin.ts';
import { plugins } from './plugins.ts';

/** What `--enable-admission-plugins` and `--disable-admission-plugins` name. */
export interface PluginSwitches {
  enable: readonly string[];
  disable: readonly string[];
}

/** Plugins that kube-apiserver 1.35 has on and ku7s lacks: asking for them changes nothing. */
const LACKING_ON = ['ClusterTrustBundleAttest', 'NodeDeclaredFeatureValidator'];

/** Those that are off there unless asked for: to ask for one that ku7s lacks is an error. */
const LACKING_OFF = [
  'AlwaysAdmit',
  'AlwaysDeny',
  'AlwaysPullImages',
  'DenyServiceExternalIPs',
  'EventRateLimit',
  'ExtendedResourceToleration',
  'ImagePolicyWebhook',
  'LimitPodHardAntiAffinityTopology',
  'NamespaceAutoProvision',
  'NamespaceExists',
  'OwnerReferencesPermissionEnforcement',
  'PodNodeSelector',
  'PodTolerationRestriction',
];

/** Part of the API itself at kube-apiserver, which has no plugin of this name: it cannot be switched. */
const ALWAYS = 'CertificateRequester';

const KNOWN: ReadonlySet<string> = new Set(
  [...LACKING_ON, ...LACKING_OFF, ...plugins.map(({ name }) => name)].filter((name) => name !== ALWAYS),
);

/** What is wrong with the switches, in kube-apiserver's words; nothing for good ones. */
export function validateSwitches({ enable, disable }: PluginSwitches): string[] {
  const unknown = (flag: string, names: readonly string[]): string[] =>
    names.filter((name) => !KNOWN.has(name)).map((name) => `${flag} plugin ${JSON.stringify(name)} is unknown`);
  const both = [...new Set(enable)].filter((name) => disable.includes(name)).sort();
  return [
    ...unknown('enable-admission-plugins', enable),
    ...unknown('disable-admission-plugins', disable),
    ...(both.length
      ? [`[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`]
      : []),
    ...enable
      .filter((name) => LACKING_OFF.includes(name))
      .map((name) => `enable-admission-plugins plugin ${JSON.stringify(name)} is not available in ku7s`),
  ];
}

/**
 * The plugins that are on, in their order: kube-apiserver's defaults and NodeRestriction, which every installer of
 * clusters adds to them, without the disabled ones.
 */
export const enabledPlugins = ({ disable }: PluginSwitches): readonly AdmissionPlugin[] =>
  plugins.filter(({ name }) => !disable.includes(name));
