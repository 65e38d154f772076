import { ConfigError } from '../config/load.ts';
import type { Settings } from '../config/schema.ts';
import type { Log } from '../observe/log.ts';
import type { CertificateSource } from '../servers/tls/handshakes.ts';
import type { KeyPair } from '../servers/tls/key-pair.ts';
import { timeProblem } from '../servers/tls/validity.ts';
import { findCertificate, stateOf, type FoundCertificate } from './certificate-files.ts';
import { nameProblems } from './certificate-problems.ts';
import { tlsPlan, type CertificatePlace, type TlsPlan } from './tls-plan.ts';

export interface TlsOptions {
  readonly settings: Settings;
  /** ms since 1970. */
  readonly clock: () => number;
  readonly log: Log;
  /** Instead of {@link LOOK_MS}, for tests. */
  readonly lookMs?: number;
}

/**
 * The files are looked at so often. Asking for their state is cheap, and unlike a watch by the system it works on every file
 * system and whatever was replaced: the files, the links to them (certbot), or a link further up (Kubernetes).
 */
const LOOK_MS = 3_000;
/** A certificate that was not renewed is a matter of days. */
const REMIND_MS = 12 * 3_600_000;

/** The certificate that all doors use; another one is in force as soon as it is there. */
export class Tls implements CertificateSource {
  readonly plan: TlsPlan;
  readonly #options: TlsOptions;
  readonly #listeners: ((pair: KeyPair) => void)[] = [];
  #place: CertificatePlace | undefined;
  #dir = '';
  #found: FoundCertificate | undefined;
  /** Of the files, when they were last read, with success or without. */
  #state = '';
  #complaint: string | undefined;
  #looking: NodeJS.Timeout | undefined;
  #reminding: NodeJS.Timeout | undefined;

  /** @throws {ConfigError} if the settings do not go together */
  constructor(options: TlsOptions) {
    this.#options = options;
    this.plan = tlsPlan(options.settings);
    this.#place = this.plan.certificate;
  }

  /** Only after {@link open}, and only if there is to be one. */
  get current(): KeyPair {
    if (!this.#found) throw new Error('there is no certificate');
    return this.#found.pair;
  }

  /** Undefined: TLS is not spoken. */
  get facts(): Pick<FoundCertificate, 'pair' | 'isSelfSigned'> | undefined {
    return this.#found;
  }

  /** Seconds until the certificate expires, less than 0 afterwards; undefined: there is none. */
  get secondsLeft(): number | undefined {
    return this.#found && Math.round((this.#found.pair.expiresAt - this.#options.clock()) / 1000);
  }

  onChange(callback: (pair: KeyPair) => void): void {
    this.#listeners.push(callback);
  }

  /** Reads the certificate; from now on changes of its files are noticed. @param dir the data directory @throws {ConfigError} */
  async open(dir: string): Promise<void> {
    this.#dir = dir;
    if (!this.#place) return;
    this.#take(await this.#find(this.#place));
    this.#state = await stateOf(this.#found?.files ?? []);
    this.#look();
    this.#reminding = setInterval(() => this.#remind(), REMIND_MS);
    this.#reminding.unref();
  }

  close(): void {
    clearTimeout(this.#looking);
    this.#looking = undefined;
    clearInterval(this.#reminding);
  }

  /** For a reload: gives what puts the certificate of other settings, or of the same files, in force. @throws {ConfigError} */
  async prepare(settings: Settings): Promise<() => void> {
    const { certificate } = tlsPlan(settings);
    if (!this.#found) return () => undefined; // there are no ports for it: only a restart opens them
    if (!certificate)
      throw new ConfigError(
        'tls.cert is gone: only a restart ends TLS, until then the certificate is needed',
      );
    const found = await this.#find(certificate);
    return () => {
      this.#place = certificate;
      this.#take(found);
    };
  }

  #find(place: CertificatePlace): Promise<FoundCertificate> {
    return findCertificate({ place, dir: this.#dir, now: this.#options.clock() });
  }

  #take(found: FoundCertificate): void {
    const isNew = found.pair.fingerprint !== this.#found?.pair.fingerprint;
    const isOther = found.pair.cert !== this.#found?.pair.cert || found.pair.key !== this.#found.pair.key;
    this.#found = found;
    this.#complaint = undefined;
    if (isOther) for (const listener of this.#listeners) listener(found.pair);
    if (!isNew) return;
    const { names, expiresAt, fingerprint } = found.pair;
    this.#options.log.info(
      { names, expires: new Date(expiresAt).toISOString(), fingerprint, selfSigned: found.isSelfSigned },
      'certificate in force',
    );
    for (const warning of [...found.warnings, ...nameProblems(found, this.#options.settings)])
      this.#options.log.warn(warning);
    this.#remind();
  }

  #remind(): void {
    const problem = this.#found && timeProblem(this.#found.pair, this.#options.clock());
    if (problem !== undefined) this.#options.log.warn(problem);
  }

  #look(): void {
    this.#looking = setTimeout(() => {
      void this.#readIfChanged().finally(() => {
        if (this.#looking) this.#look();
      });
    }, this.#options.lookMs ?? LOOK_MS);
    this.#looking.unref();
  }

  /** While one of the two files is new and the other is not yet, the pair in force stays. */
  async #readIfChanged(): Promise<void> {
    const state = await stateOf(this.#found?.files ?? []);
    if (state === this.#state || !this.#place) return;
    this.#state = state;
    try {
      this.#take(await this.#find(this.#place));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason === this.#complaint) return;
      this.#complaint = reason;
      this.#options.log.warn(`the certificate in force stays: ${reason}`);
    }
  }
}
