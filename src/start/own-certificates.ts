import { errorMessage } from '../meta/error-message.ts';
import type { Timers } from '../rules/clock.ts';
import { makeCertificate, stillGood, type KeyPair } from './certificates.ts';

/** How often they are looked at, ms. A certificate is renewed a month before it ends, so an hour is no matter. */
const EVERY_MS = 3600_000;

/** Keeps what was made first, for all API processes; answers what is kept. */
export type Setting = <T>(name: string, make: () => Promise<T>) => Promise<T>;

export interface Wanted {
  /** under which all API processes find the first one */
  setting: string;
  authority: KeyPair;
  subject: Parameters<typeof makeCertificate>[0];
  /** names of a server; none for a client */
  hosts?: readonly string[];
  /** of the hosts, those that a kept one must have; all unless said */
  checked?: readonly string[];
}

/**
 * The certificates that this process shows: the kept ones, as long as they are good for a month. One that is not is made
 * anew, at the start and while the process runs, and given to who shows it; connections stay as they are.
 */
export class OwnCertificates {
  readonly #renewals: (() => Promise<void>)[] = [];
  readonly #setting: Setting;
  readonly #log: (line: string) => void;
  readonly #clock: Timers;
  #timer: unknown;

  constructor(setting: Setting, log: (line: string) => void, clock: Timers) {
    this.#setting = setting;
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * @param show called with each that comes after the first
   * @returns the first
   */
  async get(wanted: Wanted, show: (pair: KeyPair) => void): Promise<KeyPair> {
    const { setting, authority, subject, hosts = [], checked = hosts } = wanted;
    const make = (): Promise<KeyPair> => makeCertificate(subject, authority, hosts);
    const kept = await this.#setting(setting, make);
    let shown = stillGood(kept, authority, checked) ? kept : await make();
    this.#renewals.push(async () => {
      if (stillGood(shown, authority, checked)) return;
      shown = await make();
      show(shown);
      this.#log(`the certificate of ${subject.commonName} was about to end and has been renewed`);
    });
    return shown;
  }

  /** Looks at them from now on. Returns a function that ends it. */
  follow(): () => void {
    const look = (): void => {
      void this.renew().finally(() => (this.#timer = this.#clock.setTimeout(look, EVERY_MS)));
    };
    this.#timer = this.#clock.setTimeout(look, EVERY_MS);
    return () => this.#clock.clearTimeout(this.#timer);
  }

  /** Those that are about to end are made anew. What fails is told, and tried again the next time. */
  async renew(): Promise<void> {
    for (const renewal of this.#renewals) {
      try {
        await renewal();
      } catch (error) {
        this.#log(`a certificate was not renewed: ${errorMessage(error)}`);
      }
    }
  }
}
