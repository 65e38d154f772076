import * as z from 'zod';
import { accessSection } from './sections/access.ts';
import { apiSection } from './sections/api.ts';
import { hlsSection } from './sections/hls.ts';
import { hooksSection } from './sections/hooks.ts';
import { ladderSection } from './sections/ladder.ts';
import { recordSection } from './sections/record.ts';
import { relaySection } from './sections/relay.ts';
import { tlsSection } from './sections/tls.ts';
import { isNetwork } from '../servers/networks.ts';
import { rtmpServer, setting } from './setting.ts';

const proxies = z.array(z.string().refine(isNetwork, 'not a network such as 192.0.2.0/24')).default([]);
const port = z
  .union([z.number().int().min(0).max(65_535), z.literal('off')])
  .meta({ allowed: 'a whole number, 0 to 65535, or off' });
/** Who has set up a certificate wants to be reached by TLS: so that is what `auto` means. */
const tlsPort = z
  .union([port, z.literal('auto')])
  .meta({ allowed: 'a whole number, 0 to 65535, off, or auto' })
  .default('auto');
const tlsHost = z.string().default('');

/** Every setting with its default. Adding one here is all it takes: file, environment, `check-config` and README follow. */
export const settingsSchema = z.strictObject({
  rtmp: z
    .strictObject({
      host: setting(z.string().min(1).default('*'), 'Address to listen on for RTMP; `*` is all.'),
      port: setting(port.default(1935), 'TCP port for RTMP; 0 is any free port, `off` none.'),
      tlsPort: setting(
        tlsPort,
        'TCP port for RTMPS; `auto`: 1936 if there is a certificate (`tls`), else none; 0 is any free port, `off` none.',
      ),
      tlsHost: setting(tlsHost, 'Address to listen on for RTMPS; empty: that of `host`.'),
      proxyProtocol: setting(
        z.boolean().default(false),
        'Connections come through a proxy that says where its client is (PROXY protocol 1 or 2: HAProxy `send-proxy`, nginx `proxy_protocol on`, cloud balancers).',
      ),
      trustedProxies: setting(
        proxies,
        'Networks (CIDR) of these proxies; with `proxyProtocol` on, all other connections are closed.',
      ),
    })
    .prefault({}),
  http: z
    .strictObject({
      host: setting(
        z.string().min(1).default('*'),
        'Address to listen on for HTTP and WebSocket; `*` is all.',
      ),
      port: setting(
        port.default(8080),
        'TCP port for pages, API, HLS, HTTP-FLV and WebSocket-FLV; 0 is any free port, `off` none.',
      ),
      tlsPort: setting(
        tlsPort,
        'TCP port for the same by HTTPS (HTTP/2 and HTTP/1.1) and WSS; `auto`: 8443 if there is a certificate (`tls`), else none; 0 is any free port, `off` none.',
      ),
      tlsHost: setting(tlsHost, 'Address to listen on for HTTPS; empty: that of `host`.'),
      redirectToTls: setting(
        z.boolean().default(false),
        'Browsers that ask for a page by plain HTTP are sent to HTTPS; streams, playlists and the API are answered as before.',
      ),
      trustedProxies: setting(
        proxies,
        'Networks (CIDR) of reverse proxies whose word on where their clients are is taken; empty: of none.',
      ),
      proxyHeader: setting(
        z.enum(['x-forwarded-for', 'forwarded']).default('x-forwarded-for'),
        'The header in which these proxies say it; the other one may come from anybody.',
      ),
      gzip: setting(z.boolean().default(true), 'Compress playlists for clients that accept it.'),
    })
    .prefault({}),
  access: accessSection,
  hooks: hooksSection,
  record: recordSection,
  relay: relaySection,
  api: apiSection,
  tls: tlsSection,
  publish: z
    .strictObject({
      graceSeconds: setting(
        z.number().min(0).max(600).default(10),
        'How long a stream, its viewers and playlists stay when its publisher goes away.',
      ),
      idleSeconds: setting(
        z.number().min(1).max(3600).default(30),
        'A publisher that sends nothing for this long is closed.',
      ),
    })
    .prefault({}),
  play: z
    .strictObject({
      waitSeconds: setting(
        z.number().min(0).max(600).default(10),
        'How long an RTMP player waits for a stream that is not there yet.',
      ),
    })
    .prefault({}),
  limits: z
    .strictObject({
      connections: setting(
        z.number().int().min(1).max(1_000_000).default(16_000),
        'Connections of all kinds that may be open at a time; fewer where the system allows fewer open files (`ulimit -n`).',
      ),
      connectionsPerAddress: setting(
        z.number().int().min(1).max(1_000_000).default(8_000),
        'Of these, from one address (IPv6: one /64); a proxy in front is one address.',
      ),
    })
    .prefault({}),
  delivery: z
    .strictObject({
      batchMs: setting(
        z.number().int().min(0).max(1000).default(0),
        'Frames are written to viewers in batches of this many milliseconds; 0 writes with each video frame.',
      ),
      viewerQueueBytes: setting(
        z.number().int().min(65_536).max(1_073_741_824).default(4_194_304),
        'A viewer with more bytes than this waiting to be sent, or more than 10 s of the stream, skips to a later key frame.',
      ),
      viewerLagSeconds: setting(
        z.number().min(1).max(3600).default(90),
        'A viewer that falls behind and does not get to another key frame within this time is closed.',
      ),
    })
    .prefault({}),
  hls: hlsSection,
  ladder: ladderSection,
  log: z
    .strictObject({
      level: setting(
        z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
        'The least important kind of message that is logged.',
      ),
      format: setting(
        z.enum(['auto', 'pretty', 'json']).default('auto'),
        'Log lines for people, for programs, or as the terminal suggests (`auto`).',
      ),
    })
    .prefault({}),
  stop: z
    .strictObject({
      drainSeconds: setting(
        z.number().min(0).max(86_400).default(0),
        'How long, after the signal to stop, those who publish and watch may go on while nobody new is let in; 0: everybody is told goodbye at once.',
      ),
      reconnectTo: setting(
        rtmpServer.default(''),
        'Server (`rtmp://HOST[:PORT]`) where encoders, players and relays of Enhanced RTMP are asked to go on when this one stops; empty: the same again.',
      ),
    })
    .prefault({}),
  data: z
    .strictObject({
      dir: setting(
        z.string().min(1).default('./data'),
        'Directory for what outlives the process; made if missing.',
      ),
    })
    .prefault({}),
});

/** All settings, checked and complete. */
export type Settings = z.infer<typeof settingsSchema>;

/** One setting, as the README's table and the environment know it. */
export interface SettingInfo {
  /** `section.name`. */
  readonly key: string;
  /** `MILLRACE_SECTION_NAME`. */
  readonly variable: string;
  /** A list is written in the environment as YAML or JSON. */
  readonly kind: 'number' | 'boolean' | 'text' | 'list';
  readonly allowed: string;
  readonly fallback: unknown;
  /** Never shown; `MILLRACE_SECTION_NAME_FILE` in the environment names a file that holds it. */
  readonly isSecret: boolean;
  /** The name of a file; `MILLRACE_SECTION_NAME_FILE` is the same as `MILLRACE_SECTION_NAME`. */
  readonly isFile: boolean;
  readonly help: string;
}

interface JsonSchema {
  readonly type?: string;
  readonly secret?: boolean;
  readonly file?: boolean;
  readonly anyOf?: readonly JsonSchema[];
  /** In words, where the rest does not say it. */
  readonly allowed?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** `graceSeconds` → `GRACE_SECONDS`. */
const upperSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** Every setting, in the order of the schema. */
export function describeSettings(): SettingInfo[] {
  const root = z.toJSONSchema(settingsSchema, { io: 'input' }) as JsonSchema;
  return Object.entries(root.properties ?? {}).flatMap(([section, group]) =>
    Object.entries(group.properties ?? {}).map(([name, schema]) => ({
      key: `${section}.${name}`,
      variable: `MILLRACE_${upperSnake(section)}_${upperSnake(name)}`,
      kind: kindOf(schema),
      allowed: allowedIn(schema),
      fallback: schema.default,
      isSecret: schema.secret === true,
      isFile: schema.file === true,
      help: schema.description ?? '',
    })),
  );
}

function kindOf(schema: JsonSchema): SettingInfo['kind'] {
  if (schema.type === 'number' || schema.type === 'integer') return 'number';
  if (schema.anyOf?.some((one) => kindOf(one) === 'number') === true) return 'number';
  if (schema.type === 'array') return 'list';
  return schema.type === 'boolean' ? 'boolean' : 'text';
}

function allowedIn(schema: JsonSchema): string {
  if (schema.allowed !== undefined) return schema.allowed;
  if (schema.enum) return schema.enum.join(', ');
  if (schema.type === 'boolean') return 'true, false';
  if (schema.type === 'array') return allowedInList(schema.items);
  if (schema.minimum !== undefined && schema.maximum !== undefined) {
    return `${schema.type === 'integer' ? 'a whole number, ' : ''}${schema.minimum} to ${schema.maximum}`;
  }
  if (schema.minimum !== undefined) return `a number, ${schema.minimum} or more`;
  return schema.minLength === undefined ? 'text' : 'text, not empty';
}

/** What each entry of a list may hold: its own settings by name, or one value. */
function allowedInList(items: JsonSchema | undefined): string {
  const names = Object.keys(items?.properties ?? {});
  if (names.length > 0) return `a list, each with ${names.join(', ')}`;
  return items?.enum ? `a list of ${items.enum.join(', ')}` : 'a list';
}
