import { X509Certificate } from 'node:crypto';
import { duplicate, forbidden, invalid, Path, required, tooMany, type FieldError } from '../../../meta/field.ts';
import { validateDomainPrefixedPath } from '../../../kinds/validation/values.ts';
import type {
  AuthenticationConfiguration,
  ClaimMappings,
  Issuer,
  JwtAuthenticatorConfiguration,
  PrefixedClaimOrExpression,
} from './configuration.ts';
import { claimsExpression, userExpression, type Expression } from './expression.ts';

const MAX_AUTHENTICATORS = 64;
const MATCH_ANY = 'MatchAny';
const BOTH = "claim and expression can't both be set";

/**
 * What is wrong with a configuration; its parts may be missing. Source: validation of
 * k8s.io/apiserver/pkg/apis/apiserver, whose words people search for.
 * @param disallowed issuers that have an authenticator of their own: the service accounts'
 */
export function validateAuthentication(
  configuration: AuthenticationConfiguration,
  disallowed: readonly string[],
): FieldError[] {
  const { jwt = [], anonymous } = configuration;
  const root = Path.root('jwt');
  if (jwt.length > MAX_AUTHENTICATORS) return [tooMany(root, jwt.length, MAX_AUTHENTICATORS)];
  const errors: FieldError[] = [];
  const issuers = new Set<string>();
  const discovery = new Set<string>();
  jwt.forEach((one, i) => {
    const at = root.index(i);
    errors.push(...validateAuthenticator(one, disallowed, at));
    const { url = '', discoveryURL } = one.issuer ?? {};
    if (issuers.has(url)) errors.push(duplicate(at.child('issuer', 'url'), url));
    issuers.add(url);
    if (!discoveryURL) return;
    if (discovery.has(discoveryURL)) errors.push(duplicate(at.child('issuer', 'discoveryURL'), discoveryURL));
    discovery.add(discoveryURL);
  });
  const conditions = Path.root('anonymous').child('conditions');
  if (anonymous && !anonymous.enabled && anonymous.conditions?.length)
    errors.push(invalid(conditions, anonymous.conditions, 'enabled should be set to true when conditions are defined'));
  return errors;
}

function validateAuthenticator(
  {
    issuer,
    claimValidationRules = [],
    claimMappings,
    userValidationRules = [],
  }: Partial<JwtAuthenticatorConfiguration>,
  disallowed: readonly string[],
  at: Path,
): FieldError[] {
  const errors = validateIssuer(issuer ?? {}, disallowed, at.child('issuer'));
  const rules: Expression[] = [];
  const seen = new Set<string>();
  const once = (field: Path, kind: string, value: string): boolean => {
    const key = `${kind}\0${value}`;
    if (seen.has(key)) {
      errors.push(duplicate(field, value));
      return false;
    }
    seen.add(key);
    return true;
  };
  claimValidationRules.forEach(({ claim, requiredValue, expression, message }, i) => {
    const field = at.child('claimValidationRules').index(i);
    if (claim && expression) errors.push(invalid(field, claim, BOTH));
    else if (claim) {
      if (message) errors.push(invalid(field.child('message'), message, 'may not be specified when claim is set'));
      once(field.child('claim'), 'claim', claim);
    } else if (expression) {
      if (requiredValue)
        errors.push(
          invalid(field.child('requiredValue'), requiredValue, 'may not be specified when expression is set'),
        );
      const place = field.child('expression');
      if (once(place, 'rule', expression))
        compile(() => claimsExpression(expression, 'bool'), place, expression, errors, rules);
    } else errors.push(required(field, 'claim or expression is required'));
  });
  errors.push(...validateMappings(claimMappings ?? {}, rules, at.child('claimMappings')));
  userValidationRules.forEach(({ expression = '' }: { expression?: string }, i) => {
    const field = at.child('userValidationRules').index(i).child('expression');
    if (!expression) return void errors.push(required(field));
    if (once(field, 'user', expression)) compile(() => userExpression(expression), field, expression, errors, []);
  });
  return errors;
}

function compile(
  make: () => Expression,
  at: Path,
  text: string,
  errors: FieldError[],
  compiled: Expression[],
): Expression | undefined {
  try {
    const expression = make();
    compiled.push(expression);
    return expression;
  } catch (error) {
    errors.push(invalid(at, text, (error as Error).message));
    return undefined;
  }
}

function validateIssuer(issuer: Partial<Issuer>, disallowed: readonly string[], at: Path): FieldError[] {
  const { url = '', discoveryURL = '', certificateAuthority = '', egressSelectorType } = issuer;
  const errors = url ? validateUrl(url, disallowed, at.child('url')) : [required(at.child('url'))];
  if (discoveryURL) {
    const field = at.child('discoveryURL');
    const bare = (text: string): string => (text.endsWith('/') ? text.slice(0, -1) : text);
    if (url && bare(url) === bare(discoveryURL))
      errors.push(invalid(field, discoveryURL, 'discoveryURL must be different from URL'));
    errors.push(...validateUrl(discoveryURL, [], field));
  }
  errors.push(...validateAudiences(issuer, at));
  if (certificateAuthority && !isCertificates(certificateAuthority))
    errors.push(
      invalid(
        at.child('certificateAuthority'),
        '<omitted>',
        'data does not contain any valid RSA or ECDSA certificates',
      ),
    );
  if (egressSelectorType) errors.push(forbidden(at.child('egressSelectorType'), 'this server has no egress selectors'));
  return errors;
}

function isCertificates(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function validateUrl(text: string, disallowed: readonly string[], at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (disallowed.includes(text))
    errors.push(
      invalid(at, text, `URL must not overlap with disallowed issuers: [${[...disallowed].sort().join(' ')}]`),
    );
  if (!URL.canParse(text)) return [...errors, invalid(at, text, 'URL must be absolute and well formed')];
  const { protocol, username, password, search, hash } = new URL(text);
  if (protocol !== 'https:') errors.push(invalid(at, text, 'URL scheme must be https'));
  if (username || password) errors.push(invalid(at, text, 'URL must not contain a username or password'));
  if (search) errors.push(invalid(at, text, 'URL must not contain a query'));
  if (hash) errors.push(invalid(at, text, 'URL must not contain a fragment'));
  return errors;
}

function validateAudiences(
  { audiences = [], audienceMatchPolicy: policy = '' }: Partial<Issuer>,
  at: Path,
): FieldError[] {
  const field = at.child('audiences');
  if (audiences.length === 0) return [required(field, `at least one ${String(field)} is required`)];
  const errors: FieldError[] = [];
  audiences.forEach((audience, i) => {
    if (!audience) errors.push(required(field.index(i)));
    if (audiences.indexOf(audience) < i) errors.push(duplicate(field.index(i), audience));
  });
  const many = audiences.length > 1;
  if (many ? policy !== MATCH_ANY : policy !== '' && policy !== MATCH_ANY) {
    const why = many ? 'must be MatchAny for multiple audiences' : 'must be empty or MatchAny for single audience';
    errors.push(invalid(at.child('audienceMatchPolicy'), policy, `audienceMatchPolicy ${why}`));
  }
  return errors;
}

function validateMappings(mappings: Partial<ClaimMappings>, rules: readonly Expression[], at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const { username = {}, groups = {}, uid = {}, extra = [] } = mappings;
  const name = validateMapping(username, at.child('username'), true, errors);
  validateMapping(groups, at.child('groups'), false, errors);
  const { claim, expression } = uid;
  if (claim && expression) errors.push(invalid(at.child('uid'), '', BOTH));
  else if (expression)
    compile(() => claimsExpression(expression), at.child('uid', 'expression'), expression, errors, []);
  const compiled: Expression[] = name ? [name, ...rules] : [...rules];
  const keys = new Set<string>();
  extra.forEach(({ key = '', valueExpression = '' }: { key?: string; valueExpression?: string }, i) => {
    const field = at.child('extra').index(i);
    errors.push(...validateExtraKey(key, field.child('key')));
    if (keys.has(key)) return void errors.push(duplicate(field.child('key'), key));
    keys.add(key);
    const value = field.child('valueExpression');
    if (!valueExpression) return void errors.push(required(value));
    compile(() => claimsExpression(valueExpression), value, valueExpression, errors, compiled);
  });
  // Who can write any address into their account must not become its owner.
  if (name?.selects('claims', 'email') && !compiled.some((one) => one.selects('claims', 'email_verified'))) {
    const places =
      'claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression';
    errors.push(
      invalid(
        at.child('username', 'expression'),
        username.expression,
        `claims.email_verified must be used in ${places} when claims.email is used in claimMappings.username.expression`,
      ),
    );
  }
  return errors;
}

function validateMapping(
  { claim, prefix, expression }: PrefixedClaimOrExpression,
  at: Path,
  needed: boolean,
  errors: FieldError[],
): Expression | undefined {
  if (claim && expression) errors.push(invalid(at, '', BOTH));
  else if (expression) {
    if (prefix !== undefined)
      errors.push(invalid(at.child('prefix'), prefix, 'may not be specified when expression is set'));
    return compile(() => claimsExpression(expression), at.child('expression'), expression, errors, []);
  } else if (claim) {
    if (prefix === undefined) {
      const how = 'It can be set to an empty string to disable prefixing';
      errors.push(required(at.child('prefix'), `prefix is required when claim is set. ${how}`));
    }
  } else if (needed) errors.push(required(at, 'claim or expression is required'));
  return undefined;
}

function validateExtraKey(key: string, at: Path): FieldError[] {
  const errors = [...validateDomainPrefixedPath(key, at)];
  if (key !== key.toLowerCase()) errors.push(invalid(at, key, 'must be lowercase'));
  const domain = key.includes('/') ? `.${key.slice(0, key.indexOf('/'))}` : '';
  if (domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io'))
    errors.push(invalid(at, key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'));
  return errors;
}
