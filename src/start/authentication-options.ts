import { readFileSync } from 'node:fs';
import type { AuthenticationSettings } from '../api/authentication/settings.ts';
import {
  AUTHENTICATION_CONFIGURATION,
  type AuthenticationConfiguration,
} from '../api/authentication/jwt/configuration.ts';
import { SIGNING_ALGORITHMS } from '../api/authentication/jwt/jwt-authenticator.ts';
import { validateAuthentication } from '../api/authentication/jwt/validate.ts';
import { parseYaml } from '../kinds/yaml.ts';
import { decodeShape } from '../go/decode-shape.ts';
import { errorMessage } from '../meta/error-message.ts';
import { booleanFlag } from './boolean-flag.ts';
import { readFlagFile } from './read-flag-file.ts';
import type { AUTHENTICATION_FLAGS } from './kube-flags.ts';
import { StartError } from './start-error.ts';

type Flags = { [F in Exclude<keyof typeof AUTHENTICATION_FLAGS, 'oidc-required-claim'>]?: string | undefined } & {
  'oidc-required-claim'?: string[] | undefined;
};

/** `file`: what the settings were read from, where they may be read from anew. */
export interface ReadSettings extends AuthenticationSettings {
  file?: string;
}

/**
 * Who may show what, by the flags that kube-apiserver has for it.
 * @param issuer of service account tokens, which no other provider may be
 */
export function authenticationSettings(flags: Flags, issuer: string): ReadSettings {
  const file = flags['authentication-config'];
  const oidc = Object.keys(flags).filter((flag) => flag.startsWith('oidc-'));
  if (file && oidc.length) throw new StartError('authentication-config file and oidc-* flags are mutually exclusive');
  const configuration = file ? readAuthenticationConfig(file, issuer) : ofFlags(flags, oidc.length > 0, issuer);
  const anonymous = flags['anonymous-auth'];
  const takesAnonymous = booleanFlag('anonymous-auth', anonymous, true);
  if (anonymous !== undefined && configuration.anonymous)
    throw new StartError(
      '--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file',
    );
  return {
    jwt: configuration.jwt ?? [],
    algorithms: file ? SIGNING_ALGORITHMS : algorithms(flags['oidc-signing-algs']),
    anonymous: configuration.anonymous ?? { enabled: takesAnonymous },
    ...(file && { file }),
  };
}

/** Reads a file of kind AuthenticationConfiguration. Throws StartError, one line. */
export function readAuthenticationConfig(file: string, issuer: string): AuthenticationConfiguration {
  const fail = (why: string): never => {
    throw new StartError(`failed to load authentication configuration from file ${JSON.stringify(file)}: ${why}`);
  };
  let value: unknown;
  try {
    value = parseYaml(readFileSync(file, 'utf8')).value;
  } catch (error) {
    return fail((error as Error).message.split('\n')[0] ?? '');
  }
  const { apiVersion, kind } = (value ?? {}) as Record<string, unknown>;
  if (kind !== 'AuthenticationConfiguration' || !VERSIONS.has(apiVersion))
    return fail(`no kind ${JSON.stringify(kind ?? '')} is registered for version ${JSON.stringify(apiVersion ?? '')}`);
  let decoded: ReturnType<typeof decodeShape>;
  try {
    decoded = decodeShape(value, AUTHENTICATION_CONFIGURATION);
  } catch (error) {
    return fail(errorMessage(error));
  }
  if (decoded.unknown.length) return fail(`strict decoding error: ${decoded.unknown.join(', ')}`);
  return validated(decoded.value as AuthenticationConfiguration, issuer);
}

const VERSIONS: ReadonlySet<unknown> = new Set(
  ['v1', 'v1beta1', 'v1alpha1'].map((version) => `apiserver.config.k8s.io/${version}`),
);

function validated(configuration: AuthenticationConfiguration, issuer: string): AuthenticationConfiguration {
  const errors = validateAuthentication(configuration, [issuer]).map(({ field, body }) => `${field}: ${body}`);
  if (errors.length === 0) return configuration;
  const all = errors.length === 1 ? errors.join() : `[${errors.join(', ')}]`;
  throw new StartError(`invalid authentication configuration: ${all}`);
}

function ofFlags(flags: Flags, any: boolean, serviceAccounts: string): AuthenticationConfiguration {
  const { 'oidc-issuer-url': url, 'oidc-client-id': client } = flags;
  if (!any) return {};
  if (!url || !client)
    throw new StartError('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set');
  const claim = flags['oidc-username-claim'] || 'sub';
  const said = flags['oidc-username-prefix'];
  // Names that only one provider knows must not meet those of another: its URL stands before them.
  const prefix = said === '-' ? '' : said || (claim === 'email' ? '' : `${url}#`);
  const groups = flags['oidc-groups-claim'];
  const ca = flags['oidc-ca-file'];
  const rules = (flags['oidc-required-claim'] ?? []).map((pair) => {
    const [name = '', ...value] = pair.split('=');
    if (!name || value.length === 0)
      throw new StartError(`--oidc-required-claim: ${pair} is not of the form key=value`);
    return { claim: name, requiredValue: value.join('=') };
  });
  const one = {
    issuer: { url, audiences: [client], ...(ca && { certificateAuthority: readFlagFile('oidc-ca-file', ca) }) },
    claimMappings: {
      username: { claim, prefix },
      ...(groups && { groups: { claim: groups, prefix: flags['oidc-groups-prefix'] ?? '' } }),
    },
    claimValidationRules: rules,
  };
  return validated({ jwt: [one] }, serviceAccounts);
}

function algorithms(text = 'RS256'): string[] {
  const names = text.split(',').filter(Boolean);
  const unknown = names.find((name) => !SIGNING_ALGORITHMS.includes(name));
  if (unknown !== undefined) throw new StartError(`oidc: unsupported signing alg: ${JSON.stringify(unknown)}`);
  return names;
}
