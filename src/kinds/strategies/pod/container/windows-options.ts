import type { WindowsSecurityContextOptions } from '../../../../../schema/types.ts';
import { invalid, type FieldError, type Path } from '../../../../meta/field.ts';
import { isDns1123Subdomain } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { addReasons } from '../../../validation/report.ts';

const MAX_SPEC_KIB = 64;
const MAX_DOMAIN = 256;
const MAX_USER = 104;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;
const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
const DOTS_OR_SPACES = /^[. ]+$/;
const NOT_OF_A_USER = /["/\\:;|=,+*?<>@[\]]/;

/** What of a user's name, `DOMAIN\user`, is not as Windows has it. */
function userNameReasons(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  if (CONTROL.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1) as string;
  const domain = parts.length === 2 ? (parts[0] as string) : undefined;
  const reasons: string[] = [];
  if (domain !== undefined) {
    if (domain.length >= MAX_DOMAIN)
      reasons.push(`runAsUserName's Domain length must be under ${MAX_DOMAIN} characters`);
    if (!NETBIOS.test(domain) && !DNS.test(domain))
      reasons.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  if (user === '') reasons.push("runAsUserName's User cannot be empty");
  else if (user.length > MAX_USER)
    reasons.push(`runAsUserName's User length must not be longer than ${MAX_USER} characters`);
  if (DOTS_OR_SPACES.test(user)) reasons.push("runAsUserName's User cannot contain only periods or spaces");
  if (NOT_OF_A_USER.test(user))
    reasons.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  return reasons;
}

/** core/v1 validateWindowsSecurityContextOptions. */
export function addWindowsOptions(
  errors: FieldError[],
  options: Parts<WindowsSecurityContextOptions> | undefined,
  at: Path,
): void {
  if (!options) return;
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName } = options;
  if (specName != null) addReasons(errors, isDns1123Subdomain(specName), specName, at, 'gmsaCredentialSpecName');
  if (spec === '')
    errors.push(invalid(at.child('gmsaCredentialSpec'), spec, 'gmsaCredentialSpec cannot be an empty string'));
  else if (spec && Buffer.byteLength(spec) > MAX_SPEC_KIB * 1024) {
    errors.push(
      invalid(at.child('gmsaCredentialSpec'), spec, `gmsaCredentialSpec size must be under ${MAX_SPEC_KIB} KiB`),
    );
  }
  if (runAsUserName != null) addReasons(errors, userNameReasons(runAsUserName), runAsUserName, at, 'runAsUserName');
}
