import { readFileSync } from 'node:fs';
import type { JwtAuthenticatorConfiguration } from '../api/authentication/jwt/configuration.ts';
import { errorMessage } from '../meta/error-message.ts';
import type { Timers } from '../rules/clock.ts';
import { readAuthenticationConfig } from './authentication-options.ts';

/** The file is looked at this often, ms, as kube-apiserver does. */
const EVERY_MS = 60_000;

/**
 * Reads the configuration anew when its file has changed, and gives its providers to `use`. One that is not valid is
 * told and leaves everything as it was; what it says of anonymous requests counts at the next start only.
 * Returns a function that ends it.
 */
export function followAuthentication(
  file: string,
  issuer: string,
  use: (jwt: readonly JwtAuthenticatorConfiguration[]) => void,
  log: (line: string) => void,
  clock: Timers,
): () => void {
  const text = (): string | undefined => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return undefined; // it is being replaced, or gone: what was read last stays
    }
  };
  let seen = text();
  let timer: unknown;
  const look = (): void => {
    const now = text();
    if (now !== undefined && now !== seen) {
      seen = now;
      try {
        use(readAuthenticationConfig(file, issuer).jwt ?? []);
        log(`the authentication configuration ${file} was read anew`);
      } catch (error) {
        log(errorMessage(error));
      }
    }
    timer = clock.setTimeout(look, EVERY_MS);
  };
  timer = clock.setTimeout(look, EVERY_MS);
  return () => clock.clearTimeout(timer);
}
