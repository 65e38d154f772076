import * as z from 'zod';
import { isNetwork } from '../../servers/networks.ts';
import { secret, setting } from '../setting.ts';

const networks = z.array(z.string().refine(isNetwork, 'not a network such as 192.0.2.0/24')).default([]);

const site = z
  .string()
  .regex(
    /^(https?:\/\/)?(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?$|^(https?:\/\/)?\[[0-9A-Fa-f:]+\](:\d{1,5})?$/,
    'not a site such as https://example.org',
  );

/**
 * Whoever has seen one signed URL or token can try secrets at home, as fast as his machines can, so they must not be words.
 * For tokens RFC 7518 §3.2 asks for as many bits as the hash has.
 */
const hmacSecret = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^(.{${length},})?$`, 's'))
    .default('')
    .meta({ allowed: `text of at least ${length} characters, or empty` });

const keySet = z
  .string()
  .regex(/^(https?:\/\/[^\s/]+\S*)?$/)
  .default('')
  .meta({ allowed: 'an http:// or https:// address, or empty' });

/** Who may publish and who may watch. */
export const accessSection = z
  .strictObject({
    publish: setting(
      z.enum(['keys', 'loopback', 'open']).default('keys'),
      'Who may publish: whoever has a key, a signed URL or a token (`keys`); only this machine (`loopback`); or anyone who can reach the port (`open`).',
    ),
    play: setting(
      z.enum(['open', 'keys']).default('open'),
      'Who may watch: everybody (`open`), or whoever has a key, a signed URL or a token (`keys`).',
    ),
    trustLoopback: setting(
      z.boolean().default(true),
      'This machine publishes and watches without a key. Turn it off behind a proxy that hides where its clients come from.',
    ),
    publishSecret: setting(
      secret(hmacSecret(16)),
      'Secret of signed publish URLs; empty: none are accepted.',
    ),
    playSecret: setting(secret(hmacSecret(16)), 'Secret of signed play URLs; empty: none are accepted.'),
    jwtSecret: setting(secret(hmacSecret(32)), 'Secret of JSON Web Tokens signed with HMAC; empty: none.'),
    jwtJwks: setting(keySet, 'URL of the key set (JWKS) that JSON Web Tokens are signed with.'),
    jwtIssuer: setting(z.string().default(''), 'What a JSON Web Token must name as `iss`; empty: anything.'),
    jwtAudience: setting(
      z.string().default(''),
      'What a JSON Web Token must name as `aud`; empty: anything.',
    ),
    allowPublish: setting(networks, 'Networks (CIDR) that may publish; empty: all.'),
    denyPublish: setting(networks, 'Networks that may not publish; beats `allowPublish`.'),
    allowPlay: setting(networks, 'Networks that may watch; empty: all.'),
    denyPlay: setting(networks, 'Networks that may not watch; beats `allowPlay`.'),
    origins: setting(
      z.array(site).default([]),
      'Web sites (`https://example.org`, `*.example.org`) whose pages may play; empty: all.',
    ),
  })
  .prefault({});
