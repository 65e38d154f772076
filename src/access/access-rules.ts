import { kindOfKey } from '../media/key-shape.ts';
import type { Visit } from '../servers/gate.ts';
import type { AccessJudge, AccessVerdict } from '../servers/judges.ts';
import { networks, type Networks } from '../servers/networks.ts';
import { allows } from './claims.ts';
import { credentialsOf, type Credentials } from './credentials.ts';
import { Failures } from './failures.ts';
import { judgeKey, type Keys } from './key-judge.ts';
import type { Fetch } from './key-set.ts';
import { isSame, makeSecret } from './key-secret.ts';
import { origins, type Origins } from './origins.ts';
import { judgeSigned } from './signed-url.ts';
import { TokenReader, type TokenSettings } from './tokens.ts';

/** The section `access` of the settings. */
export interface AccessSettings extends TokenSettings {
  readonly publish: 'keys' | 'loopback' | 'open';
  readonly play: 'open' | 'keys';
  readonly trustLoopback: boolean;
  readonly publishSecret: string;
  readonly playSecret: string;
  readonly allowPublish: readonly string[];
  readonly denyPublish: readonly string[];
  readonly allowPlay: readonly string[];
  readonly denyPlay: readonly string[];
  readonly origins: readonly string[];
}

export interface AccessRulesOptions {
  readonly settings: AccessSettings;
  readonly keys: Keys;
  /** Wall clock, ms since 1970. */
  readonly clock: () => number;
  /** Of the key set of tokens. */
  readonly fetch: Fetch;
  /** Something the operator should know; no secret in it. */
  readonly onProblem: (text: string) => void;
}

type Refused = Extract<AccessVerdict, { readonly allowed: false }>;

/** What is made of the settings once. */
interface Rules {
  readonly settings: AccessSettings;
  readonly allow: Readonly<Record<Visit['action'], Networks>>;
  readonly deny: Readonly<Record<Visit['action'], Networks>>;
  readonly origins: Origins;
  readonly tokens: TokenReader;
}

/**
 * Who may publish and watch. Asked in this order: networks; this machine, which needs no credentials; the site of a browser's
 * page; a key, a signed URL, a token. Of several credentials the first in this order decides.
 *
 * A key counts wherever it is shown, also where none is needed, because it says where the visitor is led. A name that looks
 * like a key is never taken for a stream's name, so a key that is mistyped or revoked does not appear in any list.
 */
export class AccessRules implements AccessJudge {
  /** Behind `?key=`, from this machine, opens everything: for what the gateway itself starts. Never on the disk. */
  readonly houseKey = makeSecret('publish');
  readonly #options: AccessRulesOptions;
  readonly #failures = new Failures();
  #rules: Rules;

  /** @throws {RangeError} if a list of networks holds something else; the settings' check has made sure that none does */
  constructor(options: AccessRulesOptions) {
    this.#options = options;
    this.#rules = this.#read(options.settings);
  }

  /** From now on; who is here already stays. */
  apply(settings: AccessSettings): void {
    this.#rules = this.#read(settings);
  }

  get playIsOpen(): boolean {
    const { settings, allow, deny } = this.#rules;
    return (
      settings.play === 'open' && allow.play.isEmpty && deny.play.isEmpty && settings.origins.length === 0
    );
  }

  /** At once but for tokens, which the library checks in promises. Never rejects. */
  judge(visit: Visit): AccessVerdict | Promise<AccessVerdict> {
    // The gateway itself, as its settings or an operator want it.
    if (visit.protocol === 'relay') return { allowed: true, name: visit.name };
    const given = credentialsOf(visit);
    if (visit.isThisMachine && given.key && !given.key.isName && isSame(given.key.secret, this.houseKey))
      return { allowed: true, name: visit.name };
    const { settings } = this.#rules;
    const isTrusted = settings.trustLoopback && visit.isThisMachine;
    const wrongPlace = this.#fromWhere(visit, isTrusted);
    if (wrongPlace !== undefined) return refused(wrongPlace);
    const isFree = isTrusted || settings[visit.action] === 'open';
    // A parameter `key` that is none of ours by its looks belongs to somebody's back end, which the hooks ask.
    const isForeign = given.key && !given.key.isName && kindOfKey(given.key.secret) === undefined;
    if (given.key && !(isFree && isForeign)) {
      const byKey = this.#byKey(visit, given.key);
      // Who may watch anyhow is not sent away because of an old key in the link: it leads nowhere else.
      const isNeedless = isFree && visit.action === 'play' && !given.key.isName;
      if (byKey.allowed || !isNeedless) return byKey;
    }
    if (isFree) return { allowed: true, name: visit.name };
    return this.#byOthers(visit, given);
  }

  #fromWhere({ action, address, isThisMachine, origin }: Visit, isTrusted: boolean): string | undefined {
    const { settings, allow, deny, origins } = this.#rules;
    const [doing, setting] = action === 'publish' ? ['publishing', 'Publish'] : ['watching', 'Play'];
    if (deny[action].has(address)) return `${doing} from ${address} is not allowed (access.deny${setting})`;
    if (!allow[action].isEmpty && !allow[action].has(address))
      return `${doing} from ${address} is not allowed (access.allow${setting})`;
    if (action === 'publish') {
      if (settings.publish !== 'loopback' || isThisMachine) return undefined;
      return `publishing from ${address} is not allowed: this gateway takes publishers from its own machine only (access.publish is loopback; keys or open would change that)`;
    }
    if (isTrusted || settings.origins.length === 0 || origin === undefined || origins(origin))
      return undefined;
    return 'pages of this web site may not play streams of this gateway (access.origins)';
  }

  #byKey(visit: Visit, shown: NonNullable<Credentials['key']>): AccessVerdict {
    const { keys, clock } = this.#options;
    const verdict = judgeKey({ visit, ...shown, keys, now: clock() });
    if (verdict.kind === 'wrong') return this.#wrong(visit, verdict.reason);
    if (verdict.kind === 'refused') return refused(verdict.reason);
    const { record } = verdict.key;
    keys.used(record.id, clock());
    return { allowed: true, name: verdict.name, key: { id: record.id, maxViewers: record.maxViewers } };
  }

  #byOthers(visit: Visit, { signed, token }: Credentials): AccessVerdict | Promise<AccessVerdict> {
    const { settings, tokens } = this.#rules;
    const { action, name } = visit;
    if (signed) {
      const secret = action === 'publish' ? settings.publishSecret : settings.playSecret;
      const verdict = judgeSigned({ action, path: name.path, ...signed }, secret, this.#options.clock());
      if (verdict === undefined) return { allowed: true, name };
      return verdict.isGuess ? this.#wrong(visit, verdict.reason) : refused(verdict.reason);
    }
    if (token !== undefined) {
      if (tokens.isOn) return this.#byToken(visit, token);
      return refused('this gateway takes no tokens (access.jwtSecret and access.jwtJwks are empty)');
    }
    return { ...refused(action === 'publish' ? NO_PUBLISH_KEY : NO_PLAY_KEY), missing: true };
  }

  async #byToken(visit: Visit, token: string): Promise<AccessVerdict> {
    if (!this.#failures.mayCheckToken(visit.address, this.#options.clock())) return refused(TOO_MANY);
    const verdict = await this.#rules.tokens.read(token);
    if (verdict.kind === 'bad')
      return verdict.isGuess ? this.#wrong(visit, verdict.reason) : refused(verdict.reason);
    const { action, name } = visit;
    if (allows(verdict.claims, action, name)) return { allowed: true, name };
    return refused(`the token does not allow to ${action} ${name.path}`);
  }

  #wrong({ address }: Visit, reason: string): Refused {
    return refused(this.#failures.add(address, this.#options.clock()) ? TOO_MANY : reason);
  }

  #read(settings: AccessSettings): Rules {
    const { clock, fetch, onProblem } = this.#options;
    return {
      settings,
      allow: { publish: read(settings.allowPublish), play: read(settings.allowPlay) },
      deny: { publish: read(settings.denyPublish), play: read(settings.denyPlay) },
      origins: origins(settings.origins),
      tokens: new TokenReader({
        settings,
        clock,
        fetch,
        onProblem: (reason) =>
          onProblem(`the key set of tokens (access.jwtJwks) cannot be fetched: ${reason}`),
      }),
    };
  }
}

const NO_PUBLISH_KEY =
  'publishing needs a stream key: enter it as the Stream Key, in place of a name, or add ?key=… behind the name';
const NO_PLAY_KEY = 'watching needs a key, a signed link or a token: add ?key=… to the address';
const TOO_MANY = 'too many wrong keys from this address: check the key and wait a minute';

const refused = (reason: string): Refused => ({ allowed: false, reason });

function read(texts: readonly string[]): Networks {
  const list = networks(texts);
  if ('refused' in list) throw new RangeError(list.refused);
  return list;
}
